//! A runner: whether it starts, its walls, and whether its arithmetic is exact.

use super::{Finding, PATIENCE};
use myai_inference_worker::{
    artifacts::{Artifacts, FetchOptions, FileRef},
    config::Config,
    error_chain,
    executor::{files::Files, Executor, ModelError},
    metrics::Metrics,
    protocol::{Landlock, Locked},
    runner::exactness,
};
use myai_primitives::Numerics;
use sha2::{Digest, Sha256};
use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

/// Starts a runner as the worker does, and has it load a model whose bits must be exact.
pub(super) async fn findings(config: &Config) -> Vec<Finding> {
    match try_runner(config).await {
        Ok(findings) => findings,
        Err(why) => {
            let advice = "models run in processes of their own; this machine starts none";
            vec![Finding::failed("walls", why, advice)]
        }
    }
}

async fn try_runner(config: &Config) -> Result<Vec<Finding>, String> {
    let said = |error: &dyn std::error::Error| error_chain(error);
    let folder = tempfile::tempdir().map_err(|e| said(&e))?;
    let artifacts = Artifacts::open(folder.path(), FetchOptions::default());
    let artifacts = artifacts.map_err(|e| said(&e))?;
    let metrics = Arc::new(Metrics::new().map_err(|e| said(&e))?);
    let options = config.engine.options(false);
    let executor = Executor::new(options, artifacts.clone(), metrics).map_err(|e| said(&e))?;
    let locked = executor.probe().await.map_err(|e| said(&e))?;

    let place = |bytes: &[u8]| {
        let sha256 = Sha256::digest(bytes).into();
        fs::write(artifacts.path(&sha256), bytes).map_err(|e| said(&e))?;
        let (length, uris) = (bytes.len() as u64, vec![]);
        Ok::<_, String>(FileRef {
            sha256,
            length,
            uris,
        })
    };
    let files = Files {
        artifact: place(&exactness::product_of_bytes())?,
        manifest: place(exactness::MANIFEST.as_bytes())?,
        numerics: Numerics::IntV1,
    };
    let begun = Instant::now();
    let loaded = executor.load(&files, begun + PATIENCE).await;
    Ok(vec![walls(locked), exact(loaded, begun.elapsed())])
}

fn walls(locked: Locked) -> Finding {
    match (locked.seccomp, locked.landlock) {
        (true, Landlock::Wholly) => {
            Finding::ok("walls", "a runner reaches no file, socket or process")
        }
        (true, Landlock::Partly) => Finding::warning(
            "walls",
            "a runner has one wall of two, and a part of the other",
            "use a kernel from 6.12 on: this one's Landlock does not know all of it",
        ),
        (true, Landlock::No) => Finding::warning(
            "walls",
            "a runner has one wall of two",
            "use a kernel from 5.13 on with `landlock` among its `lsm=`",
        ),
        (false, _) => Finding::failed(
            "walls",
            "the kernel has no filters for system calls",
            "use a kernel from 4.14 on, built with seccomp: models are strangers' programs",
        ),
    }
}

fn exact(loaded: Result<(), Arc<ModelError>>, took: Duration) -> Finding {
    match loaded {
        Ok(()) => Finding::ok(
            "exactness",
            format!(
                "products of bytes are exact here; a small model is ready in {} ms",
                took.as_millis()
            ),
        ),
        Err(error) => Finding::failed(
            "exactness",
            error_chain(&*error),
            "this machine must not serve `IntV1` versions; name the library of the right version",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn kernel_without_walls_is_reported() {
        let state = |seccomp, landlock| {
            let locked = Locked { seccomp, landlock };
            walls(locked).state
        };
        assert_eq!(state(true, Landlock::Wholly), State::Ok);
        assert_eq!(state(true, Landlock::Partly), State::Warning);
        assert_eq!(state(true, Landlock::No), State::Warning);
        assert_eq!(state(false, Landlock::Wholly), State::Failed);
    }

    #[test]
    fn machine_that_is_not_exact_is_reported() {
        assert_eq!(exact(Ok(()), Duration::ZERO).state, State::Ok);
        let lost = Err(Arc::new(ModelError::Lost));
        assert_eq!(exact(lost, Duration::ZERO).state, State::Failed);
    }
}
