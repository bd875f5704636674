//! Errors of the chain as sentences, for people who read no pallets.

mod tables;

use crate::{exit::Exit, terminal::foreign};
use myai_chain_client::{error_chain, ChainError, HopError, Refusal, RpcError};
use tables::*;

/// What went wrong, as a fragment that fits after "error: ".
pub fn chain(error: &ChainError) -> String {
    match error {
        ChainError::Rpc(e) => rpc(e),
        ChainError::Dispatch { pallet, name, docs } => dispatch(pallet, name, docs),
        ChainError::Refused(refusal) => refused(refusal),
        ChainError::Unreadable { what, source } => {
            format!("the node's answer about {what} cannot be read ({source}): is it a node of My AI Network, of this release?")
        }
        ChainError::Client { what, source } => format!("failed to {what}: {}", trail(&**source)),
        other => other.to_string(),
    }
}

/// The exit code of an error of the chain's client.
pub fn exit(error: &ChainError) -> Exit {
    match error {
        ChainError::Rpc(e) => rpc_exit(e),
        ChainError::Dispatch { .. } | ChainError::Refused(_) | ChainError::Dropped { .. } => {
            Exit::Refused
        }
        ChainError::UnknownBlock { .. } => Exit::Refused,
        ChainError::TimedOut { .. } => Exit::TimedOut,
        _ => Exit::Unreachable,
    }
}

fn rpc(error: &RpcError) -> String {
    match error {
        RpcError::Connect { url, source } => {
            format!("no node answers at {url}: {}", trail(&**source))
        }
        RpcError::Call {
            method,
            message,
            data,
            ..
        } => match data {
            Some(data) => format!(
                "the node refused {method}: {}: {}",
                foreign(message),
                foreign(data)
            ),
            None => format!("the node refused {method}: {}", foreign(message)),
        },
        other => trail(other),
    }
}

fn rpc_exit(error: &RpcError) -> Exit {
    match error {
        RpcError::Address { .. } => Exit::Usage,
        RpcError::Call { .. } => Exit::Refused,
        _ => Exit::Unreachable,
    }
}

/// What the HOP pool said.
pub fn hop(error: &HopError) -> String {
    match error {
        HopError::Rpc(e) => format!("the HOP pool: {}", rpc(e)),
        other => other.to_string(),
    }
}

/// The exit code of an error of the HOP pool.
pub fn hop_exit(error: &HopError) -> Exit {
    match error {
        HopError::Rpc(e) => rpc_exit(e),
        HopError::OtherBlob => Exit::Unsound,
        _ => Exit::Refused,
    }
}

/// The error and its sources, some of which are somebody else's words.
fn trail(error: &dyn std::error::Error) -> String {
    foreign(&error_chain(error))
}

fn refused(refusal: &Refusal) -> String {
    let why = match refusal {
        Refusal::CannotPay => "the account has too little MAI for the fee".into(),
        other => foreign(&other.to_string()),
    };
    format!("the node did not take the transaction: {why}")
}

fn dispatch(pallet: &str, name: &str, docs: &str) -> String {
    match sentence(pallet, name) {
        Some(sentence) => sentence.into(),
        None if docs.is_empty() => format!("the chain refused: {pallet}.{}", foreign(name)),
        None => format!("the chain refused: {} ({pallet}.{name})", foreign(docs)),
    }
}

/// The sentence for an error that this release knows.
pub fn sentence(pallet: &str, name: &str) -> Option<&'static str> {
    let table = match pallet {
        "ModelRegistry" => MODEL_REGISTRY,
        "DataLicense" => DATA_LICENSE,
        "InferenceEscrow" => INFERENCE_ESCROW,
        "RewardSplit" => REWARD_SPLIT,
        _ => ELSEWHERE,
    };
    table
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, sentence)| *sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, time::Duration};

    /// The names of a pallet's errors, from its source.
    fn errors_of(source: &str) -> BTreeSet<String> {
        let body = source
            .split("pub enum Error<T> {")
            .nth(1)
            .unwrap_or_default();
        body.lines()
            .map(str::trim)
            .take_while(|line| *line != "}")
            .filter_map(|line| line.strip_suffix(','))
            .filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric()))
            .map(Into::into)
            .collect()
    }

    #[test]
    fn every_error_of_our_pallets_has_a_sentence_and_none_is_left_over() {
        let pallets = [
            (
                "ModelRegistry",
                MODEL_REGISTRY,
                include_str!("../../../../pallets/model-registry/src/lib.rs"),
            ),
            (
                "DataLicense",
                DATA_LICENSE,
                include_str!("../../../../pallets/data-license/src/lib.rs"),
            ),
            (
                "InferenceEscrow",
                INFERENCE_ESCROW,
                include_str!("../../../../pallets/inference-escrow/src/lib.rs"),
            ),
            (
                "RewardSplit",
                REWARD_SPLIT,
                include_str!("../../../../pallets/reward-split/src/lib.rs"),
            ),
        ];
        for (pallet, table, source) in pallets {
            let theirs = errors_of(source);
            let ours: BTreeSet<String> = table.iter().map(|(name, _)| name.to_string()).collect();
            assert_eq!(ours.len(), table.len(), "{pallet}: a name stands twice");
            let missing: Vec<_> = theirs.difference(&ours).collect();
            let left_over: Vec<_> = ours.difference(&theirs).collect();
            assert!(
                missing.is_empty() && left_over.is_empty(),
                "{pallet}: {missing:?} {left_over:?}"
            );
        }
    }

    #[test]
    fn sentences_fit_after_the_word_error() {
        for table in [
            MODEL_REGISTRY,
            DATA_LICENSE,
            INFERENCE_ESCROW,
            REWARD_SPLIT,
            ELSEWHERE,
        ] {
            for (name, sentence) in table {
                let first = sentence.chars().next().unwrap();
                assert!(
                    first.is_lowercase() || first.is_ascii_digit(),
                    "{name}: {sentence}"
                );
                assert!(!sentence.ends_with('.'), "{name}: {sentence}");
            }
        }
    }

    #[test]
    fn an_unknown_error_falls_back_on_its_documentation() {
        let text = |docs: &str| {
            chain(&ChainError::Dispatch {
                pallet: "Later".into(),
                name: "Moon".into(),
                docs: docs.into(),
            })
        };
        assert_eq!(
            text("The moon is full."),
            "the chain refused: The moon is full. (Later.Moon)"
        );
        assert_eq!(text(""), "the chain refused: Later.Moon");
        let known = ChainError::Dispatch {
            pallet: "Token".into(),
            name: "FundsUnavailable".into(),
            docs: "x".into(),
        };
        assert_eq!(chain(&known), "the account has too little money for it");
    }

    #[test]
    fn what_a_server_says_cannot_steer_a_terminal_nor_fill_it() {
        let call = |message: &str, data: Option<String>| RpcError::Call {
            method: "hop_submit".into(),
            code: 1,
            message: message.into(),
            data,
        };
        let text = hop(&HopError::Rpc(call("no\x1b[2J\nerror: paid", None)));
        assert_eq!(
            text,
            "the HOP pool: the node refused hop_submit: no\u{fffd}[2J error: paid"
        );
        let long = call("no", Some("\u{202e}".repeat(100_000)));
        let text = chain(&ChainError::Rpc(long));
        assert!(
            text.chars().count() < 400 && !text.contains('\u{202e}'),
            "{text}"
        );
        let answer = RpcError::Answer {
            method: "x".into(),
            source: "\x1b]0;x\x07".into(),
        };
        assert!(!chain(&ChainError::Rpc(answer)).contains('\x1b'));
        let refusal = Refusal::Other {
            code: 1,
            message: "\x1b[2J".into(),
        };
        assert!(!chain(&ChainError::Refused(refusal)).contains('\x1b'));
    }

    #[test]
    fn exit_codes_follow_the_kind() {
        let connect = ChainError::Rpc(RpcError::Connect {
            url: "ws://127.0.0.1:1".into(),
            source: "refused".into(),
        });
        assert_eq!(exit(&connect), Exit::Unreachable);
        assert_eq!(
            chain(&connect),
            "no node answers at ws://127.0.0.1:1: refused"
        );
        let address = ChainError::Rpc(RpcError::Address { url: "x".into() });
        assert_eq!(exit(&address), Exit::Usage);
        assert_eq!(
            exit(&ChainError::Refused(Refusal::Custom(102))),
            Exit::Refused
        );
        assert_eq!(
            chain(&ChainError::Refused(Refusal::Custom(102))),
            "the node did not take the transaction: the job's deadline has passed"
        );
        let slow = ChainError::TimedOut {
            what: "it",
            after: Duration::from_secs(5),
        };
        assert_eq!(exit(&slow), Exit::TimedOut);
        assert_eq!(
            exit(&ChainError::TransactionVersion { ours: 1, theirs: 2 }),
            Exit::Unreachable
        );
        assert_eq!(hop_exit(&HopError::OtherBlob), Exit::Unsound);
        assert_eq!(hop_exit(&HopError::NotAuthorized), Exit::Refused);
    }
}
