//! `myai-worker run`: puts the parts of the worker together and runs them.

use crate::{admin, Failure};
use backon::{ConstantBuilder, Retryable};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use myai_chain_client::{shown_address, Chain, ChainError, Key};
use myai_inference_worker::{
    artifacts::{Artifacts, FetchOptions, Progress},
    backend::OnChain,
    config::Config,
    dispatcher::{Dispatcher, Exit},
    error_chain,
    estimate::Estimator,
    executor::Executor,
    job::{Context, Specs},
    journal::Journal,
    keyring::Keyring,
    metrics::Metrics,
    notify,
    preload::preload,
    protocol::Landlock,
};
use myai_primitives::VersionId;
use std::{
    collections::HashMap,
    io::IsTerminal,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::signal::unix::{signal, SignalKind};
use tokio_util::sync::CancellationToken;

/// Between two attempts to reach the node at the start.
const PAUSES: ConstantBuilder = ConstantBuilder::new()
    .with_delay(Duration::from_secs(3))
    .without_max_times();

/// Works until a signal stops it.
pub async fn run(config: Config, allow_unsandboxed: bool) -> Result<(), Failure> {
    let stop = stop_signal()?;
    let signer = Key::from_file(&config.signer_file())?;
    let keyring = Keyring::open(&config.sealing_keys())?;
    keyring.current()?;
    let journal = Journal::open(&config.data)?;
    // Runners cannot look into it: it has the keys.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(|e| Failure::Unexpected(format!("failed to hide the memory: {e}")))?;
    let mut metrics = Metrics::new().map_err(|e| Failure::Unexpected(e.to_string()))?;
    metrics.health.max_block_age = config.limits.block();
    let metrics = Arc::new(metrics);
    let options = FetchOptions {
        progress: progress(),
        ..config.fetch_options(metrics.files_bytes.clone())
    };
    let files = Artifacts::open(&config.files(), options)?;
    let executor = executor(&config, allow_unsandboxed, files, metrics.clone()).await?;
    if let Some(at) = config.metrics {
        let listener = tokio::net::TcpListener::bind(at)
            .await
            .map_err(|e| Failure::Here(format!("failed to listen at `metrics` {at}: {e}")))?;
        tokio::spawn(metrics.clone().serve(listener));
    }
    notify::ready();
    tokio::spawn(notify::watchdog(metrics.clone()));

    let Some(chain) = connect(&config.node, &stop).await? else {
        return Ok(());
    };
    chain.prepare_to_sign().await?;
    let worker = admin::registered(&chain, &signer).await?;
    if !keyring.has(&worker.details.sealing_key) {
        return Err(Failure::NotAsKnown(format!(
            "inputs are sealed to 0x{}, whose key is not in {}: run `myai-worker setup`",
            hex::encode(worker.details.sealing_key),
            config.sealing_keys().display()
        )));
    }
    tracing::info!(worker = %worker.id, signer = %worker.signer, node = chain.url(), "works");
    if worker.paused {
        tracing::warn!("the worker is paused and gets no new jobs: `myai-worker resume`");
    }

    let offers = admin::offers(&chain, &worker.id).await?;
    let offered: Vec<VersionId> = offers.iter().map(|o| o.version).collect();
    let context = Arc::new(Context {
        backend: OnChain::new(chain.clone(), signer, worker.id),
        journal,
        keyring,
        executor,
        metrics,
        limits: config.limits.clone(),
        estimates: Estimator::default(),
        specs: Specs::default(),
    });
    let preloading = tokio::spawn({
        let context = context.clone();
        async move { preload(&context, offered).await }
    });
    let exit = Dispatcher::new(context, config.worker.signer_low)
        .run(chain.heads(), stop)
        .await;
    preloading.abort();
    match exit {
        Exit::Stopped => Ok(()),
        Exit::NotItsSigner => Err(Failure::NotAsKnown(format!(
            "the worker has another signer than the key in {} now: start again if that file is \
             new, else run `myai-worker setup`",
            config.signer_file().display()
        ))),
    }
}

/// The executor, after a first runner showed which walls it has.
async fn executor(
    config: &Config,
    allow_unsandboxed: bool,
    files: Artifacts,
    metrics: Arc<Metrics>,
) -> Result<Executor, Failure> {
    let options = config.engine.options(allow_unsandboxed);
    let executor = Executor::new(options, files, metrics)
        .map_err(|e| Failure::Unexpected(format!("failed to start a thread: {e}")))?;
    let walls = executor.probe().await.map_err(|error| {
        let library = config.engine.library();
        let (error, library) = (error_chain(&error), library.display());
        Failure::Here(format!("failed to run models with {library}: {error}"))
    })?;
    match (walls.seccomp, walls.landlock) {
        (false, _) => tracing::error!("runners have no walls: models can do what the worker can"),
        (_, Landlock::No) => {
            tracing::warn!("the kernel has no Landlock: one of two walls stands");
        }
        (_, Landlock::Partly) => {
            tracing::warn!(
                "the kernel's Landlock does not know all of it: of two walls one stands \
                in part"
            );
        }
        _ => tracing::info!("runners have their walls"),
    }
    Ok(executor)
}

/// Cancelled by SIGTERM or SIGINT.
fn stop_signal() -> Result<CancellationToken, Failure> {
    let failed =
        |e: std::io::Error| Failure::Unexpected(format!("failed to wait for signals: {e}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        token.cancel();
        notify::stopping();
        // A second signal: end without waiting.
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        std::process::exit(0);
    });
    Ok(stop)
}

/// Connects, and tries until the node is there; `None` where the worker is stopped before.
async fn connect(url: &str, stop: &CancellationToken) -> Result<Option<Chain>, Failure> {
    let connecting = (|| Chain::connect(url))
        .retry(PAUSES)
        .when(|error| error.is_transient() || matches!(error, ChainError::Rpc(_)))
        .notify(|error, _| {
            let (error, node) = (error_chain(error), shown_address(url));
            tracing::warn!(error, node, "failed to reach the node; trying again");
        });
    tokio::select! {
        () = stop.cancelled() => Ok(None),
        connected = connecting => Ok(Some(connected?)),
    }
}

/// Bars on a terminal, lines in the log elsewhere.
fn progress() -> Progress {
    if !std::io::stderr().is_terminal() {
        let tenths: Mutex<HashMap<String, u64>> = Mutex::default();
        return Arc::new(move |uri, done, total| {
            let tenth = done * 10 / total.max(1);
            let mut tenths = tenths.lock().unwrap_or_else(|e| e.into_inner());
            if tenths.insert(uri.into(), tenth) != Some(tenth) {
                tracing::info!(uri, done, total, "fetching");
            }
        });
    }
    let bars = MultiProgress::new();
    let known: Mutex<HashMap<String, ProgressBar>> = Mutex::default();
    Arc::new(move |uri, done, total| {
        let mut known = known.lock().unwrap_or_else(|e| e.into_inner());
        let bar = known.entry(uri.into()).or_insert_with(|| {
            let style = ProgressStyle::with_template(
                "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            );
            let bar = ProgressBar::new(total)
                .with_message(uri.to_string())
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bars.add(bar)
        });
        bar.set_position(done);
        if done >= total {
            bar.finish();
            known.remove(uri);
        }
    })
}
