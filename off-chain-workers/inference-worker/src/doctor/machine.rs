//! The machine: the library, its cores and memory, and how fast it seals.

use super::Finding;
use myai_chain_client::{
    hop::MAX_BLOB,
    sealing::{seal, SEALED_EXTRA},
    SealingKey,
};
use myai_inference_worker::config::{Config, ONNX_RUNTIME};
use std::{
    fs,
    io::{self, Read},
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// Sealing the longest answer is slow if it takes longer.
const SLOW_SEALING: Duration = Duration::from_millis(20);

pub(super) fn findings(config: &Config) -> [Finding; 4] {
    let count = thread::available_parallelism().ok().map(Into::into);
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    [
        library(&config.engine.library()),
        cores(config, count),
        memory(config, &meminfo),
        speed(),
    ]
}

fn library(path: &Path) -> Finding {
    let advice = format!(
        "install version {ONNX_RUNTIME} and name it as `engine.library` or in ORT_DYLIB_PATH; \
         scripts/setup.sh fetches it"
    );
    // The version's name as the linker sees it.
    match contains(path, format!("VERS_{ONNX_RUNTIME}\0").as_bytes()) {
        Ok(true) => Finding::ok("library", format!("ONNX Runtime {ONNX_RUNTIME}")),
        Ok(false) => Finding::failed(
            "library",
            format!("{} is no ONNX Runtime {ONNX_RUNTIME}", path.display()),
            advice,
        ),
        Err(error) => Finding::failed(
            "library",
            format!("{} cannot be read: {error}", path.display()),
            advice,
        ),
    }
}

/// Whether the bytes are in the file.
fn contains(path: &Path, wanted: &[u8]) -> io::Result<bool> {
    let mut file = fs::File::open(path)?;
    let mut window = Vec::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        let got = file.read(&mut piece)?;
        if got == 0 {
            return Ok(false);
        }
        window.extend_from_slice(&piece[..got]);
        if window.windows(wanted.len()).any(|w| w == wanted) {
            return Ok(true);
        }
        // They may begin in one piece and end in the next.
        let kept = window.len().saturating_sub(wanted.len());
        window.drain(..kept);
    }
}

fn cores(config: &Config, cores: Option<usize>) -> Finding {
    let engine = &config.engine;
    let threads = engine
        .parallel()
        .saturating_mul(engine.intra_threads.into());
    match cores {
        // One run more than there are cores is the default.
        Some(cores) if threads > cores + usize::from(engine.intra_threads) => Finding::warning(
            "cores",
            format!("runs may use {threads} threads, and there are {cores} cores"),
            "lower `engine.parallel` or `engine.intra_threads`",
        ),
        Some(cores) => Finding::ok(
            "cores",
            format!("runs may use {threads} threads on {cores} cores"),
        ),
        None => Finding::warning("cores", "their number is not known", "check the settings"),
    }
}

/// `meminfo` as Linux has it in `/proc`.
fn memory(config: &Config, meminfo: &str) -> Finding {
    let total_mib = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse::<u64>().ok())
        .map(|kib| kib >> 10);
    let wanted = config.engine.memory() >> 20;
    match total_mib {
        // The unit's limit is 80 %.
        Some(total) if wanted > total / 5 * 4 => Finding::warning(
            "memory",
            format!("models may have {wanted} MiB of the machine's {total}"),
            format!("lower `engine.memory_mib` to {} or less", total / 5 * 4),
        ),
        Some(total) => Finding::ok("memory", format!("models may have {wanted} of {total} MiB")),
        None => Finding::warning(
            "memory",
            "its size is not known",
            "check `engine.memory_mib`",
        ),
    }
}

/// How long the longest blob takes to be sealed.
fn speed() -> Finding {
    let key = SealingKey::generate();
    let plain = vec![0; MAX_BLOB - SEALED_EXTRA];
    let begun = Instant::now();
    match seal(&key.public(), b"", &plain) {
        Ok(_) => sealed(begun.elapsed()),
        Err(error) => Finding::failed("speed", error, "this program is broken: build it again"),
    }
}

fn sealed(took: Duration) -> Finding {
    let found = format!("the longest answer is sealed in {} ms", took.as_millis());
    if took > SLOW_SEALING {
        Finding::warning("speed", found, "build the worker with `--release`")
    } else {
        Finding::ok("speed", found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{tests::config, State};

    #[test]
    fn library_of_another_version_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.so");
        assert_eq!(library(&path).state, State::Failed);
        for (text, state) in [
            (format!("VERS_{ONNX_RUNTIME}\0"), State::Ok),
            (format!("VERS_{ONNX_RUNTIME}0\0"), State::Failed),
            (String::new(), State::Failed),
        ] {
            // Over the end of a piece that is read at once.
            let mut bytes = vec![0; (1 << 20) - 3];
            bytes.extend(text.as_bytes());
            fs::write(&path, bytes).unwrap();
            assert_eq!(library(&path).state, state, "{text}");
        }
    }

    #[test]
    fn more_threads_or_memory_than_there_are_is_a_warning() {
        let config = config("[engine]\nparallel = 1\nmemory_mib = 4096");
        assert_eq!(cores(&config, Some(1)).state, State::Ok);
        let four = self::config("[engine]\nparallel = 2\nintra_threads = 2");
        assert_eq!(cores(&four, Some(2)).state, State::Ok);
        assert_eq!(cores(&four, Some(1)).state, State::Warning);
        let memory_of = |kib| memory(&config, &format!("MemTotal:  {kib} kB\n"));
        assert_eq!(memory_of(5130 << 10).state, State::Ok);
        let little = memory_of(5110 << 10);
        assert_eq!(little.state, State::Warning);
        assert_eq!(
            little.advice.unwrap(),
            "lower `engine.memory_mib` to 4088 or less"
        );
        assert_eq!(memory(&config, "").state, State::Warning);
    }

    #[test]
    fn slow_program_is_a_warning() {
        let millis = Duration::from_millis;
        assert_eq!(sealed(millis(20)).state, State::Ok);
        assert_eq!(sealed(millis(21)).state, State::Warning);
        assert!(speed().state != State::Failed);
    }
}
