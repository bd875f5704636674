//! For tests: the program ends as by `kill -9` at the point that the environment's
//! `MYAI_WORKER_CRASH_AT` names, `before-inference`, `before-attest` or `after-attest`.

/// The environment's name of the point.
pub const CRASH_AT: &str = "MYAI_WORKER_CRASH_AT";

/// Ends the program if this is the point.
pub fn point(name: &str) {
    if std::env::var(CRASH_AT).is_ok_and(|at| at == name) {
        eprintln!("{CRASH_AT}={name}: ending without any order");
        std::process::abort();
    }
}
