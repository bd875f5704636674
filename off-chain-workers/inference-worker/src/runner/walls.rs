//! The walls around a runner: the rights that it gives up before it reads the first byte of a
//! stranger.
//!
//! Limits on its memory, files and threads' stacks; Landlock, so that no path and no socket can be
//! reached; and a filter of the kernel's calls, so that hardly any is left. The kernel takes none
//! of them down again.

use crate::protocol::{Landlock, Locked};
use landlock::{Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope, ABI};
use rustix::process::{getrlimit, setrlimit, Resource, Rlimit, Signal};
use seccompiler::{
    apply_filter_all_threads, BpfProgram, SeccompAction,
    SeccompCmpArgLen::{Dword, Qword},
    SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use std::{collections::BTreeMap, io, os::fd::RawFd};

/// Address space that a thread takes besides what it computes: its stack of 8 MiB and some more.
const MEMORY_OF_A_THREAD: u64 = 10 << 20;
/// What a runner has in memory before there is a model: itself and ONNX Runtime.
const MEMORY_OF_THE_PROGRAM: u64 = 40 << 20;
/// Processes and threads that a user may have for a runner to start one more thread.
const MAX_TASKS: u64 = 4096;
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
    #[error("read what the process has: {0}")]
    Own(io::Error),
    #[error("{0} threads run before the walls stand: something has started one")]
    Threads(u64),
}

/// Bytes that a runner of so many threads can take besides those that its model and its runs may.
pub fn memory_besides(threads: u16) -> u64 {
    MEMORY_OF_THE_PROGRAM.saturating_add(memory_of_threads(threads))
}

fn memory_of_threads(threads: u16) -> u64 {
    // One more than a run has: whatever else the library starts.
    let threads = u64::from(threads).saturating_add(1);
    threads.saturating_mul(MEMORY_OF_A_THREAD)
}

/// How many threads there are.
pub fn threads() -> Result<u64, WallError> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(WallError::Own)?;
    let threads = status.lines().find_map(|l| l.strip_prefix("Threads:"));
    let threads = threads.and_then(|n| n.trim().parse().ok());
    threads.ok_or_else(|| WallError::Own(io::ErrorKind::InvalidData.into()))
}

/// Sets the limits that can stand before ONNX Runtime's library is there. A dead parent ends the
/// process.
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
    // Never above the limits of the process that started the worker.
    let most = getrlimit(resource).maximum.map_or(most, |m| m.min(most));
    let (current, maximum) = (Some(most), Some(most));
    Ok(setrlimit(resource, Rlimit { current, maximum })?)
}

/// Puts up the other walls: from here on the process may take `memory` bytes more than it has now,
/// and what threads need besides. Where a run has one thread there can be no other; more of them
/// start their own while a model is loaded.
pub fn lock(memory: u64, threads: u16, keeper: RawFd) -> Result<Locked, WallError> {
    let pages = std::fs::read_to_string("/proc/self/statm").map_err(WallError::Memory)?;
    let pages = pages.split(' ').next().and_then(|n| n.parse::<u64>().ok());
    let pages = pages.ok_or_else(|| WallError::Memory(io::ErrorKind::InvalidData.into()))?;
    let now = pages.saturating_mul(rustix::param::page_size() as u64);
    let memory = memory.saturating_add(memory_of_threads(threads));
    set(Resource::As, now.saturating_add(memory))?;
    // It counts all that the user has, and not for root.
    set(Resource::Nproc, MAX_TASKS)?;
    // An old kernel without it, or one that was started without: the filter below stands alone.
    let landlock = landlock();
    if let Err(error) = &landlock {
        eprintln!("Landlock is not there: {error}");
    }
    let seccomp = seccomp(keeper, threads > 1);
    if let Err(error) = &seccomp {
        eprintln!("{error}");
    }
    Ok(Locked {
        seccomp: seccomp.is_ok(),
        landlock: landlock.map_or(Landlock::No, stands),
    })
}

fn stands(status: RulesetStatus) -> Landlock {
    match status {
        RulesetStatus::FullyEnforced => Landlock::Wholly,
        RulesetStatus::PartiallyEnforced => Landlock::Partly,
        RulesetStatus::NotEnforced => Landlock::No,
    }
}

/// Takes away every path, every port, and other processes' abstract sockets and signals, as far as
/// the kernel knows these.
fn landlock() -> Result<RulesetStatus, landlock::RulesetError> {
    let abi = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// Several filters, since each has one action for the calls that it names. The strictest wins.
fn seccomp(keeper: RawFd, may_start_threads: bool) -> Result<(), WallError> {
    let mut filters = vec![
        // The C library then falls back to `clone`, whose flags can be looked at.
        only(every(&[libc::SYS_clone3]), libc::ENOSYS)?,
        // ONNX Runtime's log asks for the time zone with its first line: a bad model is no attack.
        only(every(PATHS), libc::EACCES)?,
    ];
    if !may_start_threads {
        // All that are needed are there. Memory bounds them badly: the kernel's part is not
        // counted.
        let thread = SeccompRule::new(vec![masked(0, THREAD, THREAD)?]).map_err(wrong)?;
        let threads = Rules::from([(libc::SYS_clone, vec![thread])]);
        filters.push(only(threads, libc::EAGAIN)?);
    }
    filters.push(filter(
        rules(keeper)?,
        SeccompAction::KillProcess,
        SeccompAction::Allow,
    )?);
    for program in filters {
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
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
];

type Rules = BTreeMap<libc::c_long, Vec<SeccompRule>>;

/// What makes a new thread of `clone`, and no process.
const THREAD: u64 = (libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND) as u64;

fn wrong(error: seccompiler::BackendError) -> WallError {
    WallError::Filter(error.to_string())
}

fn masked(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, WallError> {
    let compare = SeccompCmpOp::MaskedEq(mask);
    SeccompCondition::new(argument, Qword, compare, value).map_err(wrong)
}

fn equal(argument: u8, value: u64) -> Result<SeccompCondition, WallError> {
    SeccompCondition::new(argument, Qword, SeccompCmpOp::Eq, value).map_err(wrong)
}

/// Descriptors are numbers of 32 bits.
fn same_descriptor(descriptor: RawFd) -> Result<SeccompCondition, WallError> {
    let number = u64::from(descriptor.unsigned_abs());
    SeccompCondition::new(0, Dword, SeccompCmpOp::Eq, number).map_err(wrong)
}

fn every(calls: &[libc::c_long]) -> Rules {
    calls.iter().map(|n| (*n, vec![])).collect()
}

/// Calls that read from a descriptor, and those that write to one.
const READING: &[libc::c_long] = &[
    libc::SYS_pread64,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvfrom,
];
const WRITING: &[libc::c_long] = &[libc::SYS_sendto, libc::SYS_write, libc::SYS_writev];

/// Every call that does not end the process. Of open descriptors, the `keeper`'s socket can be
/// read, and be written to like the standard output and error. Others may be open: the program that
/// started the worker may have left them.
fn rules(keeper: RawFd) -> Result<Rules, WallError> {
    let whole = u64::MAX;
    let executable = libc::PROT_EXEC as u64;
    let anonymous = libc::MAP_ANONYMOUS as u64;
    let out_of_band = libc::MSG_OOB as u64;
    let own = u64::from(std::process::id());
    let alternatives = [
        (libc::SYS_clone, vec![masked(0, THREAD, THREAD)?]),
        // Of no file.
        (
            libc::SYS_mmap,
            vec![masked(2, executable, 0)?, masked(3, anonymous, anonymous)?],
        ),
        (libc::SYS_mprotect, vec![masked(2, executable, 0)?]),
        (libc::SYS_tgkill, vec![equal(0, own)?]),
        (libc::SYS_prctl, vec![equal(0, libc::PR_SET_NAME as u64)?]),
        (libc::SYS_prctl, vec![equal(0, libc::PR_SET_VMA as u64)?]),
        // Its own limits, to read them.
        (
            libc::SYS_prlimit64,
            vec![equal(0, 0)?, masked(2, whole, 0)?],
        ),
    ];
    let mut descriptors = vec![];
    let open = [keeper, 1, 2];
    for (calls, allowed) in [(READING, &open[..1]), (WRITING, &open)] {
        for (call, descriptor) in calls.iter().flat_map(|c| allowed.iter().map(|d| (*c, *d))) {
            let mut conditions = vec![same_descriptor(descriptor)?];
            if [libc::SYS_recvfrom, libc::SYS_sendto].contains(&call) {
                // The socket as a stream: out-of-band bytes have led into the kernel before.
                conditions.push(masked(3, out_of_band, 0)?);
            }
            descriptors.push((call, conditions));
        }
    }
    let mut rules = every(PATHS);
    rules.append(&mut every(ALLOWED));
    for (call, conditions) in alternatives.into_iter().chain(descriptors) {
        let rule = SeccompRule::new(conditions).map_err(wrong)?;
        rules.entry(call).or_default().push(rule);
    }
    Ok(rules)
}

/// Answers these calls with that error, and leaves all others alone.
fn only(calls: Rules, error: i32) -> Result<BpfProgram, WallError> {
    filter(
        calls,
        SeccompAction::Allow,
        SeccompAction::Errno(error as u32),
    )
}

fn filter(
    rules: Rules,
    others: SeccompAction,
    named: SeccompAction,
) -> Result<BpfProgram, WallError> {
    let machine = std::env::consts::ARCH.try_into().map_err(wrong)?;
    let filter = SeccompFilter::new(rules, others, named, machine).map_err(wrong)?;
    filter.try_into().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_landlock_is_not_reported_as_whole() {
        assert_eq!(stands(RulesetStatus::FullyEnforced), Landlock::Wholly);
        assert_eq!(stands(RulesetStatus::PartiallyEnforced), Landlock::Partly);
        assert_eq!(stands(RulesetStatus::NotEnforced), Landlock::No);
    }
}
