//! The walls around a runner: what it gives up before it reads the first byte of a stranger.
//!
//! Limits on its memory, files and threads' stacks; Landlock, so that no path and no socket can be
//! reached; and a filter of the kernel's calls, so that hardly any is left. They stand for ever: the
//! kernel gives nothing of it back.

use crate::protocol::Locked;
use landlock::{Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope, ABI};
use rustix::process::{getrlimit, setrlimit, Resource, Rlimit, Signal};
use seccompiler::{
    apply_filter_all_threads, BpfProgram, SeccompAction, SeccompCmpArgLen::Qword, SeccompCmpOp,
    SeccompCondition, SeccompFilter, SeccompRule,
};
use std::{collections::BTreeMap, io};

/// Address space that a thread takes besides what it computes: its stack and its arena.
pub const MEMORY_OF_A_THREAD: u64 = 72 << 20;
/// Most open files: the socket, the standard ones, the library.
const MAX_FILES: u64 = 16;

/// Why a wall does not stand.
#[derive(Debug, thiserror::Error)]
pub enum WallError {
    #[error("limit the process: {0}")]
    Limit(#[from] rustix::io::Errno),
    #[error("read /proc/self/statm: {0}")]
    Memory(io::Error),
    #[error("filter the calls of the kernel: {0}")]
    Filter(String),
}

/// What can be limited before ONNX Runtime's library is there. A dead parent ends the process.
pub fn limit() -> Result<(), WallError> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Memlock, 0),
        (Resource::Nofile, MAX_FILES),
    ] {
        set(resource, most)?;
    }
    // The first one to go when the machine has no memory left. Where it may not be written the
    // limit on the address space still stands.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    Ok(())
}

fn set(resource: Resource, most: u64) -> Result<(), WallError> {
    // Never above what whoever started the worker allows.
    let most = getrlimit(resource).maximum.map_or(most, |m| m.min(most));
    let (current, maximum) = (Some(most), Some(most));
    Ok(setrlimit(resource, Rlimit { current, maximum })?)
}

/// Puts up what is left, around all threads: from here on the process may take `memory` bytes more
/// than it has now.
pub fn lock(memory: u64) -> Result<Locked, WallError> {
    let pages = std::fs::read_to_string("/proc/self/statm").map_err(WallError::Memory)?;
    let pages = pages.split(' ').next().and_then(|n| n.parse::<u64>().ok());
    let pages = pages.ok_or_else(|| WallError::Memory(io::ErrorKind::InvalidData.into()))?;
    let now = pages.saturating_mul(rustix::param::page_size() as u64);
    set(Resource::As, now.saturating_add(memory))?;
    // An old kernel without it, or one that was started without: the filter below stands alone.
    let landlock = landlock();
    if let Err(error) = &landlock {
        eprintln!("Landlock is not there: {error}");
    }
    let seccomp = seccomp();
    if let Err(error) = &seccomp {
        eprintln!("{error}");
    }
    Ok(Locked {
        seccomp: seccomp.is_ok(),
        landlock: landlock.is_ok_and(|stands| stands),
    })
}

/// Takes away every path, every port, and other processes' abstract sockets and signals, as far as
/// the kernel knows these.
fn landlock() -> Result<bool, landlock::RulesetError> {
    let abi = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// Three filters, since each has one thing to do with what it names. The strictest wins.
fn seccomp() -> Result<(), WallError> {
    // The C library then falls back to `clone`, whose flags can be looked at.
    let unknown = only(&[libc::SYS_clone3], libc::ENOSYS)?;
    // ONNX Runtime's log asks for the time zone with its first line: a bad model is no attack.
    let refused = only(PATHS, libc::EACCES)?;
    let allowed = filter(rules()?, SeccompAction::KillProcess, SeccompAction::Allow)?;
    for program in [unknown, refused, allowed] {
        apply_filter_all_threads(&program).map_err(|e| WallError::Filter(e.to_string()))?;
    }
    Ok(())
}

/// Calls that name a path, or the machine; and the one that would keep other processes of the same
/// user to one processor.
const PATHS: &[libc::c_long] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_readlinkat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_uname,
    libc::SYS_sched_setaffinity,
];

/// Memory, threads, the socket that is open already, and the time.
const ALLOWED: &[libc::c_long] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_clone3,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getcpu,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mincore,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_pread64,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_write,
    libc::SYS_writev,
];

type Rules = BTreeMap<libc::c_long, Vec<SeccompRule>>;

/// Every call that does not end the process.
fn rules() -> Result<Rules, WallError> {
    let masked = |argument, mask: u64, value: u64| {
        let compare = SeccompCmpOp::MaskedEq(mask);
        SeccompCondition::new(argument, Qword, compare, value)
    };
    let equal = |argument, value| SeccompCondition::new(argument, Qword, SeccompCmpOp::Eq, value);
    let whole = u64::MAX;
    let thread = (libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND) as u64;
    let executable = libc::PROT_EXEC as u64;
    let out_of_band = libc::MSG_OOB as u64;
    let own = u64::from(std::process::id());
    let alternatives = [
        (libc::SYS_clone, vec![masked(0, thread, thread)]),
        (libc::SYS_mmap, vec![masked(2, executable, 0)]),
        (libc::SYS_mprotect, vec![masked(2, executable, 0)]),
        (libc::SYS_tgkill, vec![equal(0, own)]),
        (libc::SYS_prctl, vec![equal(0, libc::PR_SET_NAME as u64)]),
        (libc::SYS_prctl, vec![equal(0, libc::PR_SET_VMA as u64)]),
        // The socket as a stream: out-of-band bytes have led into the kernel before.
        (libc::SYS_sendto, vec![masked(3, out_of_band, 0)]),
        (libc::SYS_recvfrom, vec![masked(3, out_of_band, 0)]),
        // Its own limits, to read them.
        (libc::SYS_prlimit64, vec![equal(0, 0), masked(2, whole, 0)]),
    ];
    let mut rules: Rules = PATHS.iter().chain(ALLOWED).map(|n| (*n, vec![])).collect();
    for (call, conditions) in alternatives {
        let wrong = |e: seccompiler::BackendError| WallError::Filter(e.to_string());
        let conditions: Result<Vec<_>, _> = conditions.into_iter().collect();
        let rule = SeccompRule::new(conditions.map_err(wrong)?).map_err(wrong)?;
        rules.entry(call).or_default().push(rule);
    }
    Ok(rules)
}

/// Answers these calls with that error, and leaves all others alone.
fn only(calls: &[libc::c_long], error: i32) -> Result<BpfProgram, WallError> {
    let rules = calls.iter().map(|n| (*n, vec![])).collect();
    filter(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(error as u32),
    )
}

fn filter(
    rules: Rules,
    others: SeccompAction,
    named: SeccompAction,
) -> Result<BpfProgram, WallError> {
    let failed = |e: seccompiler::BackendError| WallError::Filter(e.to_string());
    let machine = std::env::consts::ARCH.try_into().map_err(failed)?;
    let filter = SeccompFilter::new(rules, others, named, machine).map_err(failed)?;
    filter.try_into().map_err(failed)
}
