//! `myai-worker doctor`: looks at everything that the worker needs, and advises how to mend it.
//! Changes nothing. Each file has one group of checks.

mod disk;
mod machine;
mod node;
mod offers;
mod runner;
mod worker;

use crate::{admin, Failure};
use myai_chain_client::{shown_address, Chain, ChainError, Key};
use myai_inference_worker::config::Config;
use serde::Serialize;
use std::{
    fmt::{self, Display},
    time::Duration,
};

/// How long the node, the mailbox and a runner are waited for.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Failed,
}

/// The result of one check.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    /// How it is.
    found: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Display) -> Self {
        Self {
            check,
            state: State::Ok,
            found: found.to_string(),
            advice: None,
        }
    }

    fn warning(check: &'static str, found: impl Display, advice: impl Display) -> Self {
        Self {
            check,
            state: State::Warning,
            found: found.to_string(),
            advice: Some(advice.to_string()),
        }
    }

    fn failed(check: &'static str, found: impl Display, advice: impl Display) -> Self {
        Self {
            state: State::Failed,
            ..Self::warning(check, found, advice)
        }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "failed",
        };
        write!(f, "{state:8} {:12} {}", self.check, self.found)?;
        match &self.advice {
            Some(advice) => write!(f, ": {advice}"),
            None => Ok(()),
        }
    }
}

/// Prints a line for each check, or all of them as one JSON array. Fails where one did.
pub async fn doctor(config: &Config, json: bool) -> Result<(), Failure> {
    let findings = examine(config).await;
    if json {
        let text = serde_json::to_string_pretty(&findings)
            .map_err(|e| Failure::Unexpected(e.to_string()))?;
        println!("{text}");
    } else {
        for finding in &findings {
            println!("{finding}");
        }
    }
    match findings.iter().filter(|f| f.state == State::Failed).count() {
        0 => Ok(()),
        failed => Err(Failure::Unexpected(format!(
            "{failed} of {} checks failed",
            findings.len()
        ))),
    }
}

async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = runner::findings(config).await;
    findings.extend(machine::findings(config));
    findings.extend(disk::findings(config));
    let connecting = async {
        let chain = Chain::connect(&config.node).await?;
        chain.prepare_to_sign().await?;
        Ok::<_, ChainError>(chain)
    };
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(chain)) => of_chain(config, &chain, &mut findings).await,
        Ok(Err(error)) => findings.push(no_node(Failure::from(error))),
        Err(_) => {
            let url = shown_address(&config.node);
            let seconds = PATIENCE.as_secs();
            findings.push(no_node(format!("{url} did not answer in {seconds} s")));
        }
    }
    findings
}

fn no_node(why: impl Display) -> Finding {
    let advice = "start the node, or name another one as `node`; nothing on the chain was \
                  looked at";
    Finding::failed("node", why, advice)
}

/// Everything that only the chain knows.
async fn of_chain(config: &Config, chain: &Chain, findings: &mut Vec<Finding>) {
    findings.extend(node::findings(config, chain).await);
    let signer = match Key::from_file(&config.signer_file()) {
        Ok(signer) => signer,
        Err(error) => {
            let why = Failure::from(error);
            findings.push(Finding::failed("signer", why, "run `myai-worker setup`"));
            return;
        }
    };
    let worker = match admin::registered(chain, &signer).await {
        Ok(worker) => worker,
        Err(why) => {
            findings.push(Finding::failed("worker", why, "the rest was not looked at"));
            return;
        }
    };
    findings.extend(worker::findings(config, chain, &worker).await);
    findings.extend(offers::findings(config, chain, &worker).await);
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_chain_client::exit::Exit;
    use std::fs;

    /// Settings with these lines more.
    pub fn config(more: &str) -> Config {
        toml::from_str(&format!(
            "node = \"ws://127.0.0.1:1\"\ndata = \"data\"\nsigner = \"signer.key\"\n{more}\n\
             [worker]\nbond = \"100 MAI\"\n"
        ))
        .unwrap()
    }

    #[tokio::test]
    async fn doctor_without_node_reports_the_rest_and_fails() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config("");
        config.data = folder.path().into();
        let findings = examine(&config).await;
        let of = |check| findings.iter().find(|f| f.check == check).unwrap();
        assert_eq!(of("data").state, State::Ok);
        assert_eq!(of("node").state, State::Failed);
        assert!(findings
            .iter()
            .all(|f| f.advice.is_some() == (f.state != State::Ok)));
        // Nothing is left behind.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let failure = doctor(&config, true).await.unwrap_err();
        assert_eq!(failure.exit(), Exit::Unexpected);
    }
}
