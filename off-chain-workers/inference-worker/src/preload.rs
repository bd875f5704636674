//! Fetches and loads the offered versions, so that the first job does not wait for them.

use crate::{
    backend::Backend,
    error_chain,
    executor::{files::Files, ModelError},
    job::Context,
};
use backon::{BackoffBuilder, ExponentialBuilder};
use myai_primitives::VersionId;
use std::time::{Duration, Instant};

const MAX_PAUSE: Duration = Duration::from_secs(300);
/// Between two rounds for what could not be had.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_secs(2))
    .with_max_delay(MAX_PAUSE)
    .without_max_times();
/// How long one version's files are waited for before the next one's: in the first round, so that a
/// slow server does not keep the others away, and at most, for files that can only be had in one
/// go.
const FIRST_FETCH: Duration = Duration::from_secs(60);
const MAX_FETCH: Duration = Duration::from_secs(3600);
/// How long one model is waited for before the next one is loaded.
const MAX_LOAD: Duration = Duration::from_secs(600);

/// Fetches and loads the versions. Those that cannot be had now are tried again and again, less
/// and less often; those that never can be are left to the log, and to the jobs that ask for them.
pub async fn preload<B: Backend>(context: &Context<B>, offered: Vec<VersionId>) {
    let mut pauses = PAUSES.build();
    let mut longest = FIRST_FETCH;
    let mut missing = offered;
    loop {
        let mut later = Vec::new();
        // The first ones of the list are loaded last and so stay, should there not be room for all.
        for id in missing.into_iter().rev() {
            match fetch(context, id, longest).await {
                Fetched::Here(files) => load(context, id, &files).await,
                Fetched::Later => later.push(id),
                Fetched::Never => (),
            }
        }
        later.reverse();
        if later.is_empty() {
            return;
        }
        context.metrics.retries.inc();
        tokio::time::sleep(pauses.next().unwrap_or(MAX_PAUSE)).await;
        longest = (longest * 2).min(MAX_FETCH);
        missing = later;
    }
}

enum Fetched {
    Here(Files),
    Later,
    Never,
}

async fn fetch<B: Backend>(context: &Context<B>, id: VersionId, longest: Duration) -> Fetched {
    let files = match context.spec(id).await {
        Ok(Some(spec)) => Files::of(&*spec),
        Ok(None) => {
            tracing::warn!(version = %id, "there is no such version");
            return Fetched::Never;
        }
        Err(error) => {
            tracing::warn!(version = %id, %error, "failed to read the version; trying again");
            return Fetched::Later;
        }
    };
    let fetched = tokio::time::timeout(longest, context.executor.fetch(&files)).await;
    match fetched.unwrap_or(Err(ModelError::Late)) {
        Ok(()) => {
            tracing::info!(version = %id, "its files are here");
            Fetched::Here(files)
        }
        Err(error) => {
            let is_transient = error.is_transient() || matches!(error, ModelError::Late);
            let error = error_chain(&error);
            if is_transient {
                tracing::warn!(version = %id, error, "failed to fetch its files; trying again");
                return Fetched::Later;
            }
            tracing::error!(version = %id, error, "failed to fetch its files");
            Fetched::Never
        }
    }
}

async fn load<B: Backend>(context: &Context<B>, id: VersionId, files: &Files) {
    match context
        .executor
        .load(files, Instant::now() + MAX_LOAD)
        .await
    {
        Ok(()) => tracing::info!(version = %id, "it is loaded"),
        Err(error) => {
            let error = error_chain(&*error);
            tracing::error!(version = %id, error, "failed to load it");
        }
    }
}
