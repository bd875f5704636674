//! Errors of the chain as sentences, for people who read no pallets.

use crate::error::Exit;
use myai_chain_client::{ChainError, HopError, Refusal, RpcError};

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
            Some(data) => format!("the node refused {method}: {message}: {data}"),
            None => format!("the node refused {method}: {message}"),
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

/// What the hand-off pool said.
pub fn hop(error: &HopError) -> String {
    match error {
        HopError::Rpc(e) => format!("the pool of blobs: {}", rpc(e)),
        other => other.to_string(),
    }
}

/// The exit code of an error of the hand-off pool.
pub fn hop_exit(error: &HopError) -> Exit {
    match error {
        HopError::Rpc(e) => rpc_exit(e),
        HopError::OtherBlob => Exit::Unsound,
        _ => Exit::Refused,
    }
}

/// An error and what it came from, outermost first; a source that says the same is left out.
fn trail(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(e) = source {
        let more = e.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = e.source();
    }
    text
}

fn refused(refusal: &Refusal) -> String {
    let why = match refusal {
        Refusal::Custom(100) => "the job is not open any more".into(),
        Refusal::Custom(101) => "only the signer of the job's worker may do that".into(),
        Refusal::Custom(102) => "the job's deadline has passed".into(),
        Refusal::Custom(103) => "the job's deadline has not passed yet".into(),
        Refusal::Custom(104) => "the units are none, or more than were paid for".into(),
        Refusal::CannotPay => "the account has too little MAI for the fee".into(),
        other => other.to_string(),
    };
    format!("the node did not take the transaction: {why}")
}

fn dispatch(pallet: &str, name: &str, docs: &str) -> String {
    match sentence(pallet, name) {
        Some(sentence) => sentence.into(),
        None if docs.is_empty() => format!("the chain refused: {pallet}.{name}"),
        None => format!("the chain refused: {docs} ({pallet}.{name})"),
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

type Table = &'static [(&'static str, &'static str)];

const MODEL_REGISTRY: Table = &[
    ("ModelNotFound", "there is no such model"),
    ("NotOwner", "only the model's owner may do that"),
    ("OfferedToOwner", "the model is that account's already"),
    ("NoOffer", "the model is offered to nobody"),
    ("NotOffered", "the model is not offered to this account"),
    ("NameNotText", "a model needs a name, in UTF-8"),
    (
        "MetadataNotSound",
        "the metadata needs a length and at least one https:// or file:// address",
    ),
    ("ModelHasVersions", "the model still has versions"),
    ("NumbersUsedUp", "the chain has no numbers left for it"),
    ("VersionNotFound", "there is no such version"),
    (
        "VersionRetired",
        "the version is retired: it takes no new work",
    ),
    ("VersionLive", "the version is live: retire it first"),
    (
        "VersionInUse",
        "a derivative, a worker or an open job still needs the version",
    ),
    ("TooManyReferences", "too many things refer to the version"),
    (
        "ArtifactNotSound",
        "the artifact needs a length and at least one https:// or file:// address",
    ),
    (
        "ManifestNotSound",
        "the manifest needs a length and at least one https:// or file:// address",
    ),
    (
        "LicenceNotText",
        "the licence must be an SPDX expression in plain signs, as `Apache-2.0`",
    ),
    ("NoMode", "a version must allow at least one mode of work"),
    (
        "ModesNotInOrder",
        "the modes must be in their order, each once",
    ),
    (
        "InputLimitOutOfBounds",
        "the longest input must be at least 1 byte and fit the pool of blobs",
    ),
    (
        "OutputLimitOutOfBounds",
        "the longest answer must be at least 1 byte and fit the pool of blobs",
    ),
    (
        "LeastRoyaltyAboveMaximum",
        "the least royalty is more than any version may pay",
    ),
    ("DuplicateBase", "a base is named twice"),
    ("DuplicateGrant", "a grant is named twice"),
    ("DuplicateDataset", "two grants are for the same dataset"),
    ("DuplicateExtra", "an account has two extra shares"),
    (
        "ExtraShareIsZero",
        "an extra share must be at least one part per million",
    ),
    (
        "TooManyLines",
        "bases, grants, extra shares and the owner's are more than 16 lines",
    ),
    (
        "RoyaltyAboveMaximum",
        "royalties and dataset shares together are more than the rules allow",
    ),
    (
        "NothingLeftForOwner",
        "the shares leave nothing for the model's owner",
    ),
    ("BaseNotFound", "there is no such base"),
    (
        "BaseRetired",
        "a base is retired: nothing new may derive from it",
    ),
    ("DerivativesForbidden", "a base's terms forbid derivatives"),
    (
        "NotApproved",
        "a base's owner must approve this model first (`model approve`)",
    ),
    (
        "RoyaltyBelowLeast",
        "a royalty is below the least that the base's terms ask",
    ),
    ("GrantNotFound", "there is no such grant"),
    ("GrantOfAnotherModel", "a grant is another model's"),
    ("GrantLapsed", "a grant is over: renew it first"),
    (
        "ShareBelowLeast",
        "a dataset's share is below the least that its terms ask",
    ),
    (
        "ShareAlikeBroken",
        "a base or dataset asks that derivatives be allowed in turn",
    ),
    (
        "TooManyAncestors",
        "more than 8 ancestors would bind the version",
    ),
    (
        "AncestorNotNamed",
        "an ancestor whose terms bind all descendants is not among the bases: name it too",
    ),
    (
        "DatasetNotNamed",
        "a dataset whose terms bind all descendants is not among the grants: name one for it",
    ),
    ("UnacceptedAsset", "prices may not be in that asset"),
    (
        "PricedInAnotherAsset",
        "a base or dataset asks that the price be in another asset",
    ),
    (
        "PriceBelowLeast",
        "the price brings a base or dataset less than it asks for each unit",
    ),
    (
        "NotCommercial",
        "a base or dataset allows no price and no fee above zero",
    ),
    ("ApprovalNotNeeded", "the version's terms need no approval"),
    ("AlreadyApproved", "the model is approved already"),
    ("ApprovalNotFound", "there is no such approval"),
    ("ModeNotAllowed", "the version cannot be used in that mode"),
    (
        "LicenceLapsed",
        "a licence of the version would be over by then",
    ),
    (
        "AncestorLicenceLapsed",
        "a licence of one of the version's ancestors would be over by then",
    ),
    ("GrantNotNamed", "the version does not live by that grant"),
    (
        "ReplacementBindsMore",
        "the new grant's terms bind more than the version's do",
    ),
    ("RuleOutOfBounds", "the value is outside the rule's bounds"),
];

const DATA_LICENSE: Table = &[
    ("DatasetUnknown", "there is no such dataset"),
    ("ModelUnknown", "there is no such model"),
    ("GrantUnknown", "there is no such grant"),
    (
        "RequestUnknown",
        "the model has no open request for that dataset",
    ),
    ("VersionUnknown", "there is no such version"),
    ("NotDatasetOwner", "only the dataset's owner may do that"),
    ("NotModelOwner", "only the model's owner may do that"),
    (
        "NotRequester",
        "until its deadline only who pays for a request may withdraw it",
    ),
    ("NameEmpty", "a dataset needs a name"),
    (
        "MetadataUnsound",
        "the metadata needs a length and at least one https:// or file:// address",
    ),
    ("DatasetClosed", "the dataset gives no new grants"),
    ("DatasetNotClosed", "the dataset is open already"),
    (
        "OwnershipNotOffered",
        "the dataset is not offered to this account",
    ),
    ("OfferedToOwner", "the dataset is that account's already"),
    ("DatasetInUse", "grants or requests still name the dataset"),
    ("TermsNotSet", "the dataset's owner has set no terms yet"),
    (
        "TermsChanged",
        "the dataset's terms have changed meanwhile: read them again with `dataset show`",
    ),
    (
        "PriceAboveMost",
        "it costs more than the most that you allowed",
    ),
    (
        "NoticeTooShort",
        "the notice is shorter than the rules allow",
    ),
    ("PeriodZero", "a grant must last at least one tick"),
    (
        "PerpetualTermZero",
        "revocable terms without a period need --perpetual-term above zero",
    ),
    ("ShareAboveMost", "the least share is above 50%"),
    ("AssetNotAccepted", "prices may not be in that asset"),
    (
        "RequestOpen",
        "the model has asked for that dataset already: wait for its owner, or withdraw",
    ),
    (
        "RequestPeriodOutOfBounds",
        "a request must wait for at least one tick, and not longer than the chain allows",
    ),
    ("RequestExpired", "the request's deadline has passed"),
    (
        "GrantPerpetual",
        "the grant never ends, so there is nothing to renew",
    ),
    ("GrantRevoked", "the grant was revoked"),
    (
        "GrantNotRevocable",
        "the grant's terms do not allow revoking it",
    ),
    (
        "RefundBeyondBalance",
        "what the revocation would give back is more than any balance",
    ),
    ("GrantLapsed", "the grant has ended: renew it first"),
    (
        "GrantNotEnded",
        "until the grant has ended only the model's owner may remove it",
    ),
    ("GrantInUse", "versions still live by the grant"),
    ("GrantOfOtherModel", "the grant is another model's"),
    (
        "VersionNotUnderGrant",
        "the version does not live by the old grant",
    ),
    (
        "VersionUnderGrantAlready",
        "the version lives by the new grant already",
    ),
    (
        "TooManyVersions",
        "16 versions live by the grant, and no more can",
    ),
    (
        "ReplacementNotAllowed",
        "the other dataset's owner has not allowed the version to move to it",
    ),
    (
        "ReplacementAllowedAlready",
        "the version may move to the dataset already",
    ),
    (
        "TermsStricter",
        "the new terms ask more than the version can keep as it was published",
    ),
    (
        "EndBeyondClock",
        "it would end later than the chain's clock can count",
    ),
    ("NumbersUsedUp", "the chain has no numbers left for it"),
];

const INFERENCE_ESCROW: Table = &[
    ("AlreadyRegistered", "the account is a worker already"),
    ("NotRegistered", "there is no such worker"),
    ("SignerTaken", "that signer acts for a worker already"),
    (
        "Unreachable",
        "a worker needs an https:// endpoint or a ws:// mailbox, well formed",
    ),
    (
        "BondBelowLeast",
        "the worker's bond is below the least that the rules ask for",
    ),
    (
        "BondTooSmall",
        "the bond is smaller than what is to be withdrawn",
    ),
    ("ZeroAmount", "nothing would move: the amount is zero"),
    ("AssetNotAccepted", "prices may not be in that asset"),
    (
        "PayoutCannotReceive",
        "the worker's payout account cannot receive that asset",
    ),
    ("NotServed", "the worker does not serve that version"),
    ("NotRetired", "the version is not retired"),
    ("HasOpenWork", "jobs are still open"),
    ("HasOffers", "versions are still served"),
    ("WorkerPaused", "the worker takes no new work now"),
    (
        "NoRoom",
        "the worker has as many open jobs as it takes: try another, or later",
    ),
    (
        "WrongNumberOfWorkers",
        "that mode wants another number of workers",
    ),
    ("NoUnits", "a job has at least one unit"),
    (
        "DurationOutOfBounds",
        "the duration is outside the bounds that the rules set",
    ),
    (
        "ShorterThanOffered",
        "the worker takes only longer jobs: give it more time with --duration",
    ),
    (
        "CostsMore",
        "the job costs more than the most that you allowed",
    ),
    ("NotOpen", "the job is not open"),
    (
        "NotItsSigner",
        "only the signer of the job's worker may do that",
    ),
    ("DeadlinePassed", "the job's deadline has passed"),
    ("DeadlineNotPassed", "the job's deadline has not passed yet"),
    (
        "UnitsOutOfBounds",
        "the units are none, or more than were paid for",
    ),
];

const REWARD_SPLIT: Table = &[
    ("UnknownSplit", "there is no such split"),
    ("NoShares", "a split needs at least one share"),
    ("TooManyShares", "a split has at most 16 shares"),
    (
        "EmptyShare",
        "each share needs at least one part per million",
    ),
    (
        "SharesNotAMillion",
        "the shares must sum to all of it: 1,000,000 parts per million",
    ),
    ("PaysTheVault", "the vault cannot have a share"),
    ("NoSuchShare", "the split has no share at that place"),
    ("NothingOwed", "the share is owed nothing"),
    (
        "NoOwner",
        "the model or dataset that the share belongs to has no owner",
    ),
    (
        "Shortfall",
        "the vault lacks units of that asset: claims wait until somebody fills it",
    ),
    (
        "NotDepositor",
        "only who paid the split's deposit may do that",
    ),
    (
        "KeptByAnother",
        "the split belongs to a version or a dataset and goes with it",
    ),
    (
        "StillNamed",
        "another split, a version, a dataset or a debt still names the split",
    ),
    ("StillOwes", "the split still owes income: claim it first"),
    (
        "TooManyAssets",
        "the split received in more assets than can be cleared at once",
    ),
    ("AccountsOnly", "the network's shares go to accounts only"),
    (
        "TreasuryBelowHalf",
        "at least half of the network's shares must be the treasury's",
    ),
    ("UnknownDebt", "there is no such debt"),
    ("UnknownAsset", "there is no such asset"),
    ("AlreadyAccepted", "the asset is accepted already"),
    ("NotAccepted", "prices may not be in that asset"),
    ("TooManyAccepted", "as many assets as can be are accepted"),
    (
        "NothingToSweep",
        "the vault has nothing that it does not owe",
    ),
    ("IdsExhausted", "the chain has no numbers left for splits"),
];

/// Errors of the SDK that people meet, of whatever pallet or kind.
const ELSEWHERE: Table = &[
    (
        "FundsUnavailable",
        "the account has too little money for it",
    ),
    (
        "InsufficientBalance",
        "the account has too little money for it",
    ),
    (
        "OnlyProvider",
        "the account would be left with less than it needs to exist",
    ),
    (
        "NotExpendable",
        "the account would be left with less than it needs to exist",
    ),
    (
        "Expendability",
        "the account would be left with less than it needs to exist",
    ),
    (
        "ExistentialDeposit",
        "the account would be left with less than it needs to exist",
    ),
    (
        "BelowMinimum",
        "the receiver would have less than an account needs to exist",
    ),
    (
        "CannotCreate",
        "the receiver has no account in that asset and cannot be given one",
    ),
    (
        "CannotCreateHold",
        "the account has too many holds, or none can be made in that asset",
    ),
    ("UnknownAsset", "there is no such asset"),
    ("Frozen", "the asset or the account is frozen"),
    ("Blocked", "the account is blocked in that asset"),
    ("AssetNotLive", "the asset is frozen or being destroyed"),
    ("NoAccount", "the account has none of that asset"),
    ("BalanceLow", "the account has too little money for it"),
    (
        "LiquidityRestrictions",
        "too much of the account's money is locked",
    ),
    ("BadOrigin", "this account may not do that"),
    ("CallFiltered", "the chain does not allow that call now"),
    ("Overflow", "the amounts are too large"),
    ("Underflow", "the amounts are too small"),
];

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
                include_str!("../../pallets/model-registry/src/lib.rs"),
            ),
            (
                "DataLicense",
                DATA_LICENSE,
                include_str!("../../pallets/data-license/src/lib.rs"),
            ),
            (
                "InferenceEscrow",
                INFERENCE_ESCROW,
                include_str!("../../pallets/inference-escrow/src/lib.rs"),
            ),
            (
                "RewardSplit",
                REWARD_SPLIT,
                include_str!("../../pallets/reward-split/src/lib.rs"),
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
