//! Having what is served ready, so that the first job does not wait for it.

use crate::{in_full, job::Context, models::Files, network::Network};
use myai_primitives::VersionId;
use std::time::Duration;

/// Between two rounds for what could not be had: at first, and at most.
const PAUSE_FIRST: Duration = Duration::from_secs(2);
const PAUSE_MOST: Duration = Duration::from_secs(300);
/// How long one model is waited for before the next one is loaded; it goes on loading.
const LOAD_MOST: Duration = Duration::from_secs(600);

/// Fetches and loads the versions. Those that cannot be had now are tried again and again, less
/// and less often; those that never can be are left to the log, and to the jobs that ask for them.
pub async fn warm<N: Network>(context: &Context<N>, served: Vec<VersionId>) {
    let mut pause = PAUSE_FIRST;
    let mut missing = served;
    loop {
        let mut here = Vec::new();
        let mut later = Vec::new();
        for id in missing {
            match fetch(context, id).await {
                Fetched::Here(files) => here.push((id, files)),
                Fetched::Later => later.push(id),
                Fetched::Never => (),
            }
        }
        // The first ones of the list stay, should there not be room for all.
        for (id, files) in here.iter().rev() {
            load(context, *id, files).await;
        }
        if later.is_empty() {
            return;
        }
        context.metrics.retries.inc();
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MOST);
        missing = later;
    }
}

enum Fetched {
    Here(Files),
    Later,
    Never,
}

async fn fetch<N: Network>(context: &Context<N>, id: VersionId) -> Fetched {
    let files = match context.network.version(id).await {
        Ok(Some(version)) => Files::of(&version.spec),
        Ok(None) => {
            tracing::warn!(version = %id, "there is no such version");
            return Fetched::Never;
        }
        Err(error) => {
            tracing::warn!(version = %id, %error, "failed to read the version; trying again");
            return Fetched::Later;
        }
    };
    match context.models.fetch(&files).await {
        Ok(()) => {
            tracing::info!(version = %id, "its files are here");
            Fetched::Here(files)
        }
        Err(error) => {
            let passing = error.is_passing();
            let error = in_full(&error);
            if passing {
                tracing::warn!(version = %id, error, "failed to fetch its files; trying again");
                return Fetched::Later;
            }
            tracing::error!(version = %id, error, "failed to fetch its files");
            Fetched::Never
        }
    }
}

async fn load<N: Network>(context: &Context<N>, id: VersionId, files: &Files) {
    match tokio::time::timeout(LOAD_MOST, context.models.get(id, files)).await {
        Ok(Ok(_)) => tracing::info!(version = %id, "it is loaded"),
        Ok(Err(error)) => {
            let error = in_full(&*error);
            tracing::error!(version = %id, error, "failed to load it");
        }
        Err(_) => {
            let seconds = LOAD_MOST.as_secs();
            tracing::error!(version = %id, seconds, "it is not loaded yet");
        }
    }
}
