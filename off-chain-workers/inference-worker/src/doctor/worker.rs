//! The worker as the chain knows it: registered, with money, and reached with the right keys.

use super::{no_node, Finding, PATIENCE};
use crate::{admin, Failure};
use myai_chain_client::{AccountId, Chain, Hop};
use myai_inference_worker::{config::Config, error_chain, keyring::Keyring};
use myai_primitives::{Asset, Subject, SuspensionView, WorkerView};

pub(super) async fn findings(
    config: &Config,
    chain: &Chain,
    worker: &WorkerView<AccountId>,
) -> [Finding; 4] {
    [
        registered(chain, worker).await,
        money(config, chain, &worker.signer).await,
        sealing_key(config, worker),
        mailbox(config, worker).await,
    ]
}

async fn registered(chain: &Chain, worker: &WorkerView<AccountId>) -> Finding {
    let asked = async {
        let best = chain.best().await?;
        let subject = Subject::Worker(worker.id.clone());
        chain.at(best.hash).suspended(&subject).await
    };
    match asked.await {
        Ok(suspended) => takes_jobs(worker, suspended),
        Err(error) => no_node(Failure::from(error)),
    }
}

fn takes_jobs(worker: &WorkerView<AccountId>, suspended: Option<SuspensionView>) -> Finding {
    let id = &worker.id;
    if let Some(SuspensionView { since, until, .. }) = suspended {
        let found = format!("{id} is suspended since tick {since}, until tick {until}");
        let advice = "moderation alone lifts it before; open jobs are answered and paid";
        Finding::warning("worker", found, advice)
    } else if worker.paused {
        let advice = "`myai-worker resume` lets it take jobs";
        Finding::warning("worker", format!("{id} is paused"), advice)
    } else {
        Finding::ok("worker", id)
    }
}

async fn money(config: &Config, chain: &Chain, signer: &AccountId) -> Finding {
    match chain.balance(signer, Asset::Native).await {
        Ok(holding) => enough(holding.free, config.worker.signer_low, signer),
        Err(error) => no_node(Failure::from(error)),
    }
}

fn enough(free: u128, low: u128, signer: &AccountId) -> Finding {
    let found = format!("the signer {signer} has {}", admin::mai(free));
    let advice = format!(
        "`myai-worker setup` fills it up: with less than {} it soon can neither answer nor decline",
        admin::mai(low)
    );
    match free {
        0 => Finding::failed("money", found, advice),
        free if free < low => Finding::warning("money", found, advice),
        _ => Finding::ok("money", found),
    }
}

fn sealing_key(config: &Config, worker: &WorkerView<AccountId>) -> Finding {
    let key = worker.details.sealing_key;
    let advice = "put the worker's own `data` folder back, or run `myai-worker setup`";
    match Keyring::open(&config.sealing_keys()) {
        Ok(keyring) if keyring.has(&key) => {
            Finding::ok("sealing key", "the one that the chain names is here")
        }
        Ok(_) => Finding::failed(
            "sealing key",
            format!(
                "inputs are sealed to 0x{}, whose key is not in {}",
                hex::encode(key),
                config.sealing_keys().display()
            ),
            advice,
        ),
        Err(error) => Finding::failed("sealing key", Failure::from(error), advice),
    }
}

async fn mailbox(config: &Config, worker: &WorkerView<AccountId>) -> Finding {
    let named = String::from_utf8_lossy(&worker.details.mailbox).into_owned();
    if named != config.mailbox() {
        return Finding::failed(
            "mailbox",
            format!("the chain shows {named}, and the settings have another one"),
            "run `myai-worker setup`",
        );
    }
    let asked = async { Hop::at(&named)?.status().await };
    let status = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            let why = error_chain(&error);
            let advice = "clients leave their inputs there: start its node with `--enable-hop`";
            return Finding::failed("mailbox", format!("{named}: {why}"), advice);
        }
        Err(_) => {
            let found = format!("{named} did not answer in {} s", PATIENCE.as_secs());
            return Finding::failed("mailbox", found, "clients leave their inputs there");
        }
    };
    let found = format!(
        "{named} answers; its pool has {} of {} MiB",
        status.total_bytes >> 20,
        status.max_bytes >> 20
    );
    if let Some(who) = admin::reach(&named) {
        let advice = "set `worker.mailbox` to the node's address as all clients reach it";
        let found = format!("only clients {who} reach {named}");
        Finding::warning("mailbox", found, advice)
    } else if status.total_bytes > status.max_bytes / 10 * 9 {
        Finding::warning("mailbox", found, "give the node's pool more room")
    } else {
        Finding::ok("mailbox", found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use myai_chain_client::testing::views;

    #[test]
    fn worker_that_gets_no_jobs_is_a_warning() {
        let worker = |paused| WorkerView {
            paused,
            ..views::worker()
        };
        let suspended = Some(SuspensionView {
            since: 1,
            until: 9,
            rests_until: 17,
        });
        assert_eq!(takes_jobs(&worker(false), None).state, State::Ok);
        assert_eq!(takes_jobs(&worker(true), None).state, State::Warning);
        let found = takes_jobs(&worker(false), suspended);
        assert_eq!(found.state, State::Warning);
        assert!(found.found.ends_with("until tick 9"), "{found}");
    }

    #[test]
    fn signer_without_money_fails() {
        let signer = AccountId::new([1; 32]);
        let state = |free| enough(free, 10, &signer).state;
        assert_eq!(
            [0, 9, 10].map(state),
            [State::Failed, State::Warning, State::Ok]
        );
    }
}
