//! Tells systemd, where it runs the worker, that it is ready, how it is, and that it stops.
//! Without systemd all of this does nothing.

use crate::metrics::Metrics;
use sd_notify::NotifyState;
use std::{sync::Arc, time::Duration};

/// Between two reports where no watchdog is asked for.
const REPORT_EVERY: Duration = Duration::from_secs(30);

/// Settings and disk are in order, and work begins as soon as the node is there.
pub fn ready() {
    say(&[NotifyState::Ready]);
}

/// No more jobs are taken; those that were begun are finished.
pub fn stopping() {
    say(&[NotifyState::Stopping]);
}

/// Reports to systemd again and again how the worker is, and feeds the watchdog while it is
/// healthy: after the unit's `WatchdogSec` without that, systemd restarts it. Returns at once where
/// nobody listens, else never.
pub async fn watchdog(metrics: Arc<Metrics>) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let every = sd_notify::watchdog_enabled().map_or(REPORT_EVERY, |limit| limit / 3);
    let mut ticks = tokio::time::interval(every.max(Duration::from_millis(10)));
    loop {
        ticks.tick().await;
        let trouble = metrics.health.check().err().map(|t| t.to_string());
        // A socket that is full would block.
        let said = tokio::task::spawn_blocking(move || say(&report(trouble.as_deref())));
        if said.await.is_err() {
            return;
        }
    }
}

fn report(trouble: Option<&str>) -> Vec<NotifyState<'_>> {
    match trouble {
        None => vec![NotifyState::Watchdog, NotifyState::Status("healthy")],
        Some(trouble) => vec![NotifyState::Status(trouble)],
    }
}

fn say(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "failed to tell systemd how it is");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unhealthy_worker_does_not_feed_the_watchdog() {
        let well = report(None);
        let sick = report(Some("no node"));
        assert!(matches!(
            well[..],
            [NotifyState::Watchdog, NotifyState::Status("healthy")]
        ));
        assert!(matches!(sick[..], [NotifyState::Status("no node")]));
    }
}
