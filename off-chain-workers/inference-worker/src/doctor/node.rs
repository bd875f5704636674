//! The node: whether it follows the chain, and whether this machine's clock does.

use super::{no_node, Finding};
use crate::Failure;
use myai_chain_client::{Chain, ChainError, Connection};
use myai_inference_worker::config::Config;
use std::time::{Duration, SystemTime};

/// The last block may be so much older than now, or newer, before the clock is doubted.
const OLD_BLOCK: Duration = Duration::from_secs(60);
const EARLY_BLOCK: Duration = Duration::from_secs(15);

pub(super) async fn findings(config: &Config, chain: &Chain) -> Vec<Finding> {
    match node(config).await {
        Ok(node) => vec![node.finding(chain), clock(chain, &node).await],
        Err(error) => vec![no_node(Failure::from(error))],
    }
}

/// A node as it describes itself.
struct Node {
    chain: String,
    release: String,
    is_development: bool,
    is_syncing: bool,
    peers: u64,
}

async fn node(config: &Config) -> Result<Node, ChainError> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Health {
        is_syncing: bool,
        peers: u64,
    }
    let connection = Connection::connect(&config.node).await?;
    let kind: serde_json::Value = connection.request("system_chainType", ()).await?;
    let health: Health = connection.request("system_health", ()).await?;
    Ok(Node {
        chain: connection.request("system_chain", ()).await?,
        release: connection.request("system_version", ()).await?,
        is_development: kind == "Development",
        is_syncing: health.is_syncing,
        peers: health.peers,
    })
}

impl Node {
    fn finding(&self, chain: &Chain) -> Finding {
        let found = format!(
            "{} of release {}, on {}, genesis 0x{}, with {} peers",
            chain.url(),
            self.release,
            self.chain,
            hex::encode(chain.genesis_hash()),
            self.peers
        );
        if self.is_syncing {
            let advice = "wait until it has: until then jobs are seen late or not at all";
            Finding::warning("node", format!("{found}, has not caught up"), advice)
        } else {
            Finding::ok("node", found)
        }
    }
}

async fn clock(chain: &Chain, node: &Node) -> Finding {
    if node.is_development {
        return Finding::ok(
            "clock",
            "not compared: a development chain has a time of its own",
        );
    }
    match chain.time().await {
        Ok(Some(block)) => compare_clocks(SystemTime::now(), block),
        Ok(None) => Finding::warning(
            "clock",
            "the node's last block has no time",
            "compare this machine's clock by hand",
        ),
        Err(error) => no_node(Failure::from(error)),
    }
}

fn compare_clocks(here: SystemTime, block: SystemTime) -> Finding {
    match here.duration_since(block) {
        Ok(age) if age > OLD_BLOCK => Finding::warning(
            "clock",
            format!(
                "by this machine's clock the node's last block is {} s old",
                age.as_secs()
            ),
            "the clock is fast, or the node does not follow the chain: look at both",
        ),
        Ok(age) => Finding::ok(
            "clock",
            format!("the last block is {} s old", age.as_secs()),
        ),
        Err(early) if early.duration() > EARLY_BLOCK => Finding::warning(
            "clock",
            format!(
                "by this machine's clock the node's last block comes in {} s",
                early.duration().as_secs()
            ),
            "the clock is slow: let it be set from the network",
        ),
        Err(_) => Finding::ok("clock", "it goes with the chain's"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn clock_that_differs_from_the_chains_is_a_warning() {
        let now = SystemTime::now();
        let differs = |ahead: i64| {
            let by = Duration::from_secs(ahead.unsigned_abs());
            let block = if ahead > 0 { now + by } else { now - by };
            compare_clocks(now, block).state
        };
        for (ahead, state) in [
            (-61, State::Warning),
            (-60, State::Ok),
            (0, State::Ok),
            (15, State::Ok),
            (16, State::Warning),
        ] {
            assert_eq!(differs(ahead), state, "{ahead}");
        }
    }
}
