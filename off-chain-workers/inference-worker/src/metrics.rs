//! Numbers for Prometheus. Every one is there from the start, at zero.

use crate::health::Health;
use axum::{
    extract::State,
    http::{header::CONTENT_TYPE, StatusCode},
    routing::get,
    Router,
};
use myai_primitives::{Balance, DeclineReason, MAI};
use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, TextEncoder,
};
use std::{sync::Arc, time::Instant};
use tokio::net::TcpListener;

/// Upper bounds of the buckets of times, in seconds.
const SECONDS: [f64; 10] = [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 300.0];
/// And of delays, in blocks.
const BLOCKS: [f64; 8] = [1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0, 64.0];

/// The stages of a job, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Until the sealed input is here.
    FetchInput,
    /// Opening the input, and checking it against its commitment.
    Open,
    /// Until a runner with the model is free.
    WaitForRunner,
    /// From the raw input to the answer, in the runner.
    Run,
    Seal,
    /// Until the answer is on the disk.
    Journal,
    /// Until the sealed answer is in the pool.
    Upload,
    /// From handing the attestation over until it is in a block.
    Inclusion,
}

impl Stage {
    pub const ALL: [Self; 8] = [
        Self::FetchInput,
        Self::Open,
        Self::WaitForRunner,
        Self::Run,
        Self::Seal,
        Self::Journal,
        Self::Upload,
        Self::Inclusion,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::FetchInput => "fetch_input",
            Self::Open => "open",
            Self::WaitForRunner => "wait_for_runner",
            Self::Run => "run",
            Self::Seal => "seal",
            Self::Journal => "journal",
            Self::Upload => "upload",
            Self::Inclusion => "inclusion",
        }
    }
}

/// The worker's counters and gauges, and its health.
pub struct Metrics {
    registry: Registry,
    pub health: Health,
    /// Jobs that were taken.
    pub taken: IntCounter,
    /// Jobs whose attestation is in a block.
    pub settled: IntCounter,
    /// Jobs given back, by reason.
    declined: IntCounterVec,
    /// Jobs that ended without an answer or a refusal of ours.
    pub lost: IntCounter,
    /// Jobs that wait or run.
    pub open: IntGauge,
    /// Jobs that wait for their model to run.
    pub queue: IntGauge,
    /// In the order of [`Stage::ALL`].
    stages: [Histogram; Stage::ALL.len()],
    /// Blocks from handing an attestation over until it is in one.
    pub inclusion_blocks: Histogram,
    /// Runners that live.
    pub runners: IntGauge,
    /// Runners that were killed because their time was up.
    pub runners_killed: IntCounter,
    /// Runners that ended by themselves.
    pub runners_died: IntCounter,
    pub models: IntGauge,
    pub model_bytes: IntGauge,
    /// Bytes of files on the disk, for [`crate::artifacts::FetchOptions::on_disk`].
    pub files_bytes: IntGauge,
    block: IntGauge,
    block_age: Gauge,
    /// What the signer can spend, in MAI.
    signer_balance: Gauge,
    /// Attempts to reach the chain or the pool that failed and are made again.
    pub retries: IntCounter,
}

impl Metrics {
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        macro_rules! register {
            ($made:expr) => {{
                let made = $made?;
                registry.register(Box::new(made.clone()))?;
                made
            }};
        }
        macro_rules! counter {
            ($name:literal, $help:literal) => {
                register!(IntCounter::new(concat!("myai_worker_", $name), $help))
            };
        }
        macro_rules! gauge {
            ($name:literal, $help:literal) => {
                register!(IntGauge::new(concat!("myai_worker_", $name), $help))
            };
        }
        let declined = register!(IntCounterVec::new(
            Opts::new("myai_worker_jobs_declined_total", "Jobs given back"),
            &["reason"]
        ));
        for reason in DeclineReason::ALL {
            declined.with_label_values(&[&format!("{reason:?}")]);
        }
        let seconds = HistogramOpts::new(
            "myai_worker_stage_seconds",
            "How long the stages of jobs take",
        );
        let seconds = register!(HistogramVec::new(
            seconds.buckets(SECONDS.to_vec()),
            &["stage"]
        ));
        let blocks = HistogramOpts::new(
            "myai_worker_inclusion_blocks",
            "Blocks from handing an attestation over until it is in one",
        );
        Ok(Self {
            health: Health::default(),
            taken: counter!("jobs_taken_total", "Jobs taken"),
            settled: counter!("jobs_settled_total", "Jobs whose attestation is in a block"),
            declined,
            lost: counter!(
                "jobs_lost_total",
                "Jobs that ended without an answer or a refusal"
            ),
            open: gauge!("jobs_open", "Jobs that wait or run"),
            queue: gauge!("queue_length", "Jobs that wait for their model to run"),
            stages: Stage::ALL.map(|stage| seconds.with_label_values(&[stage.label()])),
            inclusion_blocks: register!(Histogram::with_opts(blocks.buckets(BLOCKS.to_vec()))),
            runners: gauge!("runners", "Runners that live"),
            runners_killed: counter!(
                "runners_killed_total",
                "Runners killed because their time was up"
            ),
            runners_died: counter!("runners_died_total", "Runners that ended by themselves"),
            models: gauge!("models_loaded", "Models in memory"),
            model_bytes: gauge!("models_bytes", "Estimated memory of loaded models"),
            files_bytes: gauge!("files_bytes", "Fetched files on the disk"),
            block: gauge!("best_block", "Last best block looked at"),
            block_age: register!(Gauge::new(
                "myai_worker_best_block_age_seconds",
                "Since a new best block was seen, or since the start"
            )),
            signer_balance: register!(Gauge::new(
                "myai_worker_signer_balance_mai",
                "What the signer can spend"
            )),
            retries: counter!("retries_total", "Failed attempts that are made again"),
            registry,
        })
    }

    /// A stage that began then is over.
    pub fn took(&self, stage: Stage, begun: Instant) {
        self.stage(stage).observe(begun.elapsed().as_secs_f64());
    }

    pub fn declined(&self, reason: DeclineReason) {
        self.declined
            .with_label_values(&[&format!("{reason:?}")])
            .inc();
    }

    /// How long jobs are in the stage, in seconds.
    pub fn stage(&self, stage: Stage) -> &Histogram {
        &self.stages[stage as usize]
    }

    /// The best block has that number, also where it had it before.
    pub fn saw_block(&self, number: u32) {
        self.block.set(number.into());
        self.health.saw_block(number);
    }

    pub fn signer_balance(&self, balance: Balance) {
        self.signer_balance.set(balance as f64 / MAI as f64);
    }

    /// In Prometheus' text format.
    pub fn text(&self) -> String {
        self.block_age.set(self.health.block_age().as_secs_f64());
        // Fails for metrics without a name only.
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_default()
    }

    /// Serves `/metrics`, `/health` and `/live` until the program ends.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        axum::serve(listener, self.router()).await
    }

    fn router(self: Arc<Self>) -> Router {
        let text = |State(metrics): State<Arc<Metrics>>| async move {
            ([(CONTENT_TYPE, prometheus::TEXT_FORMAT)], metrics.text())
        };
        let health = |State(metrics): State<Arc<Metrics>>| async move {
            match metrics.health.check() {
                Ok(()) => (StatusCode::OK, "healthy\n".to_owned()),
                Err(trouble) => (StatusCode::SERVICE_UNAVAILABLE, format!("{trouble}\n")),
            }
        };
        Router::new()
            .route("/metrics", get(text))
            .route("/health", get(health))
            .route("/live", get(|| async { "live\n" }))
            .with_state(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everything_is_there_from_the_start_at_zero() {
        let metrics = Metrics::new().unwrap();
        let text = metrics.text();
        for name in [
            "myai_worker_jobs_taken_total 0",
            "myai_worker_jobs_settled_total 0",
            "myai_worker_jobs_declined_total{reason=\"BadInput\"} 0",
            "myai_worker_jobs_declined_total{reason=\"Overloaded\"} 0",
            "myai_worker_stage_seconds_count{stage=\"wait_for_runner\"} 0",
            "myai_worker_stage_seconds_count{stage=\"inclusion\"} 0",
            "myai_worker_inclusion_blocks_count 0",
            "myai_worker_queue_length 0",
            "myai_worker_runners_killed_total 0",
            "myai_worker_signer_balance_mai 0",
        ] {
            assert!(text.contains(name), "{name} is missing in\n{text}");
        }
        metrics.declined(DeclineReason::BadInput);
        assert!(metrics.text().contains("{reason=\"BadInput\"} 1"));
    }

    /// Names of ours in the text, without the endings of histograms.
    fn names(text: &str) -> BTreeSet<&str> {
        let ours = text
            .split(|c: char| !(c.is_ascii_lowercase() || c == '_'))
            .filter(|word| word.starts_with("myai_worker_"));
        let behind = ["_bucket", "_sum", "_count"];
        ours.map(|name| {
            behind
                .iter()
                .find_map(|b| name.strip_suffix(b))
                .unwrap_or(name)
        })
        .collect()
    }

    #[test]
    fn dashboard_and_page_name_the_metrics_that_there_are() {
        let text = Metrics::new().unwrap().text();
        let there = names(&text);
        assert!(there.len() > 15);
        let dashboard = include_str!("../../../examples/grafana-worker.json");
        let board: serde_json::Value = serde_json::from_str(dashboard).unwrap();
        assert!(!board["panels"].as_array().unwrap().is_empty());
        assert_eq!(names(dashboard), there);
        let page = include_str!("../../../docs/operating-a-worker.md");
        assert_eq!(names(page), there);
    }

    #[test]
    fn each_stage_has_a_histogram_of_its_own() {
        let metrics = Metrics::new().unwrap();
        for (n, stage) in Stage::ALL.into_iter().enumerate() {
            for _ in 0..=n {
                metrics.stage(stage).observe(0.25);
            }
        }
        let text = metrics.text();
        for (n, stage) in Stage::ALL.into_iter().enumerate() {
            let count = format!("seconds_count{{stage=\"{}\"}} {}\n", stage.label(), n + 1);
            assert!(text.contains(&count), "{count} is missing in\n{text}");
        }
    }

    #[tokio::test]
    async fn health_is_bad_until_all_is_well_and_the_process_lives_all_the_same() {
        let metrics = Arc::new(Metrics::new().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(metrics.clone().serve(listener));
        let ask = async |path: &str| {
            let answer = reqwest::get(format!("http://{at}{path}")).await.unwrap();
            let status = answer.status().as_u16();
            (status, answer.text().await.unwrap())
        };
        metrics.health.signer(true);
        let (status, why) = ask("/health").await;
        assert_eq!((status, why.lines().count()), (503, 1));
        assert!(why.contains("no best block"), "{why}");
        metrics.saw_block(3);
        assert_eq!(ask("/health").await, (200, "healthy\n".into()));
        metrics.health.journal_failed("disk full");
        assert_eq!(ask("/health").await.0, 503);
        assert_eq!(ask("/live").await.0, 200);
        assert!(ask("/metrics").await.1.contains("best_block 3\n"));
    }
}
