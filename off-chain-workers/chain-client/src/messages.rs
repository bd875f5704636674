//! Errors as sentences for people who do not know the chain's pallets: the same from every program.
//! Each is a fragment that fits after "error: ", and what others wrote in it cannot steer a
//! terminal.

use crate::{error_chain, ChainError, HopError, KeyError, Refusal, RpcError};

/// Text from the chain or a worker, without the characters that could steer a terminal.
pub fn plain(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .collect()
}

/// The most characters that are shown of a message from somebody else's server.
const MAX_FOREIGN: usize = 300;

/// Such a message, inside a sentence: plain, on one line, and not long.
fn foreign(text: &str) -> String {
    let line = plain(text).replace('\n', " ");
    match line.char_indices().nth(MAX_FOREIGN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// An error of the chain's client, with what to do about it where the chain does not say.
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
        RpcError::Answer { method, source } => format!(
            "the node's answer to {method} cannot be read: {}",
            trail(&**source)
        ),
        other => trail(other),
    }
}

/// An error of the HOP pool.
pub fn hop(error: &HopError) -> String {
    match error {
        HopError::Rpc(e) => format!("the HOP pool: {}", rpc(e)),
        other => other.to_string(),
    }
}

/// The error and its sources, some of which are somebody else's words.
fn trail(error: &dyn std::error::Error) -> String {
    foreign(&error_chain(error))
}

/// An error of a key or its file.
pub fn key(error: &KeyError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("cannot {error}: {source}"),
        None => error.to_string(),
    }
}

fn refused(refusal: &Refusal) -> String {
    let why = match refusal {
        Refusal::CannotPay => "the account that signs has too little MAI for the fee".into(),
        other => foreign(&other.to_string()),
    };
    format!("the node did not take the transaction: {why}")
}

/// The pallet's own documentation of the error, from the node's metadata, and a hint.
fn dispatch(pallet: &str, name: &str, docs: &str) -> String {
    let name = foreign(name);
    let refused = match docs.is_empty() {
        true => format!("the chain refused: {pallet}.{name}"),
        false => format!("the chain refused: {} ({pallet}.{name})", fragment(docs)),
    };
    match hint(&name) {
        Some(hint) => format!("{refused}: {hint}"),
        None => refused,
    }
}

/// A sentence of documentation as a fragment: `The version is retired.`, `the version is retired`.
fn fragment(docs: &str) -> String {
    let docs = foreign(docs)
        .replace("[`myai_primitives::", "`")
        .replace("`]", "`");
    let text = docs.trim_end_matches('.');
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        // `UTF-8` stays.
        (Some(_), Some(second)) if second.is_uppercase() => text.into(),
        (Some(first), _) => first.to_lowercase().chain(chars).collect(),
        (None, _) => String::new(),
    }
}

/// What to do about an error, where the pallet's own words do not say it. A name means the same in
/// every pallet.
const HINTS: &[(&[&str], &str)] = &[
    // Of jobs.
    (
        &["FundsUnavailable", "InsufficientBalance", "BalanceLow"],
        "the account that signs has too little money for it",
    ),
    (
        &["NoRoom", "WorkerPaused", "WorkerSuspended"],
        "try another worker, or later",
    ),
    (&["ShorterThanOffered"], "give it more time"),
    (&["OrderExpired", "JobExists"], "ask again"),
    (
        &["ModelSuspended", "VersionSuspended"],
        "`myai model show` says until when",
    ),
    (
        &["DatasetSuspended"],
        "`myai dataset show` says until when",
    ),
    // Of workers.
    (&["WorkerNotFound"], "`myai-worker setup` registers one"),
    (
        &["SignerTaken"],
        "name another file as `signer`, and run `myai-worker setup` again",
    ),
    (
        &["Unreachable"],
        "the chain takes only a mailbox that is ws:// or wss:// and an endpoint that is https://, \
         without spaces or letters outside ASCII",
    ),
    (
        &["PayoutCannotReceive"],
        "name another account as `worker.payout`, or give this one some of the asset first",
    ),
    (
        &["OfferNotFound"],
        "the offer was withdrawn meanwhile; look again",
    ),
    // Of models, data and their licenses.
    (
        &["VersionRetired"],
        "`myai model show` lists the live versions of its model",
    ),
    (
        &[
            "UserNotApproved",
            "HostNotApproved",
            "DerivativeNotApproved",
        ],
        "ask the owner whose license wants it for approval first",
    ),
    (
        &["LicenseLapsed", "AncestorLicenseLapsed"],
        "ask for a shorter job, or have the license renewed, which anybody may pay for",
    ),
    (
        &["LicensorNotNamed"],
        "name it among the bases or datasets, with its share",
    ),
    (
        &["PriceBelowFloor"],
        "raise the price or the licensor's share",
    ),
    (
        &["FeeAboveMaximum"],
        "the license limits all fees of a job together: lower the fee, and earn what is beyond it by \
         the price",
    ),
    (
        &[
            "ArtifactNotSound",
            "LicenseFileNotSound",
            "ManifestNotSound",
            "MetadataNotSound",
            "PolicyNotSound",
        ],
        "it needs a length and one to four addresses, https:// (a development chain takes file:// \
         too)",
    ),
    (
        &["InputLimitOutOfBounds", "OutputLimitOutOfBounds"],
        "1,044,480 bytes are what the HOP pool takes",
    ),
    (&["LicenseNotText"], "write it as `Apache-2.0`"),
    (&["WorkMayBeOpen"], "wait until a week after it was retired"),
    (&["GrantInUse"], "move or detach them first"),
];

fn hint(name: &str) -> Option<&'static str> {
    let found = HINTS.iter().find(|(names, _)| names.contains(&name));
    found.map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::PALLETS;
    use std::collections::BTreeSet;

    /// Each error of a pallet with its documentation, from its source.
    fn errors_of(source: &str) -> Vec<(String, String)> {
        let body = source.split("pub enum Error<T> {").nth(1).unwrap();
        let (mut errors, mut docs) = (vec![], vec![]);
        for line in body.lines().map(str::trim).take_while(|l| *l != "}") {
            if let Some(doc) = line.strip_prefix("///") {
                docs.push(doc.trim());
            } else if let Some(name) = line.strip_suffix(',') {
                errors.push((name.to_string(), docs.join(" ")));
                docs.clear();
            }
        }
        errors
    }

    #[test]
    fn every_error_of_our_pallets_makes_a_sentence_and_no_hint_is_left_over() {
        // Those of other pallets, and of the kinds of error that are of none.
        let mut names = BTreeSet::from(
            ["FundsUnavailable", "InsufficientBalance", "BalanceLow"].map(String::from),
        );
        for (_, source) in PALLETS {
            let errors = errors_of(source);
            assert!(errors.len() > 20);
            for (name, docs) in errors {
                let text = fragment(&docs);
                let starts = text.starts_with(|c: char| c.is_lowercase());
                let is_clean = !text.ends_with('.') && !text.contains(['[', ']']);
                // None is cut.
                let is_whole = text.len() + 1 >= docs.replace("[`myai_primitives::", "").len();
                assert!(starts && is_clean && is_whole, "{name}: {text}");
                names.insert(name);
            }
        }
        for name in HINTS.iter().flat_map(|(names, _)| *names) {
            assert!(names.contains(*name), "{name} is no error");
        }
    }

    #[test]
    fn an_error_says_its_documentation_and_what_to_do() {
        let text = |pallet: &str, name: &str, docs: &str| {
            chain(&ChainError::Dispatch {
                pallet: pallet.into(),
                name: name.into(),
                docs: docs.into(),
            })
        };
        assert_eq!(
            text("Later", "Moon", "The moon is full."),
            "the chain refused: the moon is full (Later.Moon)"
        );
        assert_eq!(text("Later", "Moon", ""), "the chain refused: Later.Moon");
        assert_eq!(
            text("Token", "FundsUnavailable", "Funds are unavailable."),
            "the chain refused: funds are unavailable (Token.FundsUnavailable): the account \
             that signs has too little money for it"
        );
        assert_eq!(
            text(
                "ModelRegistry",
                "InputLimitOutOfBounds",
                "It is between 1 byte and [`myai_primitives::MAX_PAYLOAD`]."
            ),
            "the chain refused: it is between 1 byte and `MAX_PAYLOAD` \
             (ModelRegistry.InputLimitOutOfBounds): 1,044,480 bytes are what the HOP pool takes"
        );
        assert_eq!(fragment("UTF-8 is meant."), "UTF-8 is meant");
    }

    #[test]
    fn text_of_others_cannot_steer_a_terminal() {
        assert_eq!(plain("a\x1b[31mb\nc\r"), "a\u{fffd}[31mb\nc\u{fffd}");
        assert_eq!(foreign("a\x1b[2J\nerror: b"), "a\u{fffd}[2J error: b");
        assert_eq!(foreign(&"é".repeat(1_000)).chars().count(), 301);
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
    fn what_the_node_says_becomes_a_sentence() {
        let connect = ChainError::Rpc(RpcError::Connect {
            url: "ws://127.0.0.1:1".into(),
            source: "refused".into(),
        });
        assert_eq!(
            chain(&connect),
            "no node answers at ws://127.0.0.1:1: refused"
        );
        assert_eq!(
            chain(&ChainError::Refused(Refusal::Custom(102))),
            "the node did not take the transaction: the job's deadline has passed"
        );
        assert_eq!(
            chain(&ChainError::Refused(Refusal::CannotPay)),
            "the node did not take the transaction: the account that signs has too little MAI for \
             the fee"
        );
    }
}
