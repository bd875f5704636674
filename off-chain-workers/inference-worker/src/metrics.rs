//! Numbers for Prometheus. Every one is there from the start, at zero.

use axum::{extract::State, http::header::CONTENT_TYPE, routing::get, Router};
use myai_primitives::{Balance, DeclineReason};
use prometheus::{
    Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};
use std::sync::Arc;
use tokio::net::TcpListener;

/// The worker's counters and gauges.
pub struct Metrics {
    registry: Registry,
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
    /// How long runs of models take, in seconds.
    pub run: Histogram,
    pub models: IntGauge,
    pub model_bytes: IntGauge,
    /// Bytes of files on the disk, for [`crate::artifacts::FetchOptions::on_disk`].
    pub files_bytes: IntGauge,
    /// The last best block that was looked at.
    pub block: IntGauge,
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
        let declined = register!(IntCounterVec::new(
            Opts::new("myai_worker_jobs_declined_total", "Jobs given back"),
            &["reason"]
        ));
        for reason in DeclineReason::ALL {
            declined.with_label_values(&[&format!("{reason:?}")]);
        }
        let run = HistogramOpts::new("myai_worker_run_seconds", "How long runs of models take")
            .buckets(vec![0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0]);
        Ok(Self {
            taken: register!(IntCounter::new(
                "myai_worker_jobs_taken_total",
                "Jobs taken"
            )),
            settled: register!(IntCounter::new(
                "myai_worker_jobs_settled_total",
                "Jobs whose attestation is in a block"
            )),
            declined,
            lost: register!(IntCounter::new(
                "myai_worker_jobs_lost_total",
                "Jobs that ended without an answer or a refusal"
            )),
            open: register!(IntGauge::new(
                "myai_worker_jobs_open",
                "Jobs that wait or run"
            )),
            run: register!(Histogram::with_opts(run)),
            models: register!(IntGauge::new(
                "myai_worker_models_loaded",
                "Models in memory"
            )),
            model_bytes: register!(IntGauge::new(
                "myai_worker_models_bytes",
                "Estimated memory of loaded models"
            )),
            files_bytes: register!(IntGauge::new(
                "myai_worker_files_bytes",
                "Fetched files on the disk"
            )),
            block: register!(IntGauge::new(
                "myai_worker_best_block",
                "Last best block looked at"
            )),
            signer_balance: register!(Gauge::new(
                "myai_worker_signer_balance_mai",
                "What the signer can spend"
            )),
            retries: register!(IntCounter::new(
                "myai_worker_retries_total",
                "Failed attempts that are made again"
            )),
            registry,
        })
    }

    pub fn declined(&self, reason: DeclineReason) {
        self.declined
            .with_label_values(&[&format!("{reason:?}")])
            .inc();
    }

    pub fn signer_balance(&self, balance: Balance) {
        self.signer_balance
            .set(balance as f64 / crate::config::MAI as f64);
    }

    /// In Prometheus' text format.
    pub fn text(&self) -> String {
        // Fails for metrics without a name only.
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_default()
    }

    /// Serves `/metrics` and `/health` until the program ends.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        axum::serve(listener, self.router()).await
    }

    fn router(self: Arc<Self>) -> Router {
        let text = |State(metrics): State<Arc<Metrics>>| async move {
            ([(CONTENT_TYPE, prometheus::TEXT_FORMAT)], metrics.text())
        };
        Router::new()
            .route("/metrics", get(text))
            .route("/health", get(|| async { "ok\n" }))
            .with_state(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_there_from_the_start_at_zero() {
        let metrics = Metrics::new().unwrap();
        let text = metrics.text();
        for name in [
            "myai_worker_jobs_taken_total 0",
            "myai_worker_jobs_settled_total 0",
            "myai_worker_jobs_declined_total{reason=\"BadInput\"} 0",
            "myai_worker_jobs_declined_total{reason=\"Overloaded\"} 0",
            "myai_worker_run_seconds_count 0",
            "myai_worker_signer_balance_mai 0",
        ] {
            assert!(text.contains(name), "{name} is missing in\n{text}");
        }
        metrics.declined(DeclineReason::BadInput);
        assert!(metrics.text().contains("{reason=\"BadInput\"} 1"));
    }
}
