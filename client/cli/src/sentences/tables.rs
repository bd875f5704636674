//! The sentences, by pallet and name of the error.

pub type Table = &'static [(&'static str, &'static str)];

pub const MODEL_REGISTRY: Table = &[
    ("ModelNotFound", "there is no such model"),
    ("NotOwner", "only the model's owner may do that"),
    ("OfferedToOwner", "the model is that account's already"),
    (
        "OwnershipNotOffered",
        "the model is not offered to this account",
    ),
    ("NameNotText", "a model needs a name, in UTF-8"),
    (
        "MetadataNotSound",
        "the metadata needs a length and at least one https:// or file:// address",
    ),
    ("ModelHasVersions", "the model still has versions"),
    ("IdsExhausted", "the chain has no numbers left for it"),
    ("VersionNotFound", "there is no such version"),
    (
        "VersionRetired",
        "the version is retired: it takes no new work",
    ),
    ("VersionLive", "the version is live: retire it first"),
    (
        "WorkMayBeOpen",
        "a job on the version may still be open: it can be removed a week (100,800 ticks of \
         service) after it was retired",
    ),
    (
        "VersionInUse",
        "a derivative or a worker still needs the version",
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
        "LicenseNotText",
        "the license must be an SPDX expression in plain signs, as `Apache-2.0`",
    ),
    ("NoMode", "a version must allow at least one mode of work"),
    (
        "ModesNotInOrder",
        "the modes must be in their order, each once",
    ),
    (
        "InputLimitOutOfBounds",
        "the longest input must be at least 1 byte and fit the HOP pool",
    ),
    (
        "OutputLimitOutOfBounds",
        "the longest answer must be at least 1 byte and fit the HOP pool",
    ),
    (
        "MinRoyaltyAboveMaximum",
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
        "RoyaltyBelowMinimum",
        "a royalty is below the least that the base's terms ask",
    ),
    ("GrantNotFound", "there is no such grant"),
    ("GrantOfAnotherModel", "a grant is another model's"),
    ("GrantLapsed", "a grant is over: renew it first"),
    (
        "ShareBelowMinimum",
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
    ("AssetNotAccepted", "prices may not be in that asset"),
    (
        "PricedInAnotherAsset",
        "a base or dataset asks that the price be in another asset",
    ),
    (
        "PriceBelowMinimum",
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
        "LicenseLapsed",
        "a license of the version would be over by then",
    ),
    (
        "AncestorLicenseLapsed",
        "a license of one of the version's ancestors would be over by then",
    ),
    ("GrantNotNamed", "the version does not live by that grant"),
    (
        "ReplacementBindsMore",
        "the new grant's terms bind more than the version's do",
    ),
    ("RuleOutOfBounds", "the value is outside the rule's bounds"),
];

pub const DATA_LICENSE: Table = &[
    ("DatasetNotFound", "there is no such dataset"),
    ("ModelNotFound", "there is no such model"),
    ("GrantNotFound", "there is no such grant"),
    (
        "RequestNotFound",
        "the model has no open request for that dataset",
    ),
    ("VersionNotFound", "there is no such version"),
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
        "PriceAboveMaxCost",
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
    ("ShareAboveMaximum", "the least share is above 50%"),
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
    ("GrantOfAnotherModel", "the grant is another model's"),
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
    ("IdsExhausted", "the chain has no numbers left for it"),
];

pub const INFERENCE_ESCROW: Table = &[
    ("AlreadyRegistered", "the account is a worker already"),
    ("WorkerNotFound", "there is no such worker"),
    ("SignerTaken", "that signer acts for a worker already"),
    (
        "Unreachable",
        "a worker needs an https:// endpoint or a ws:// mailbox, well formed",
    ),
    (
        "BondBelowMinimum",
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
    ("OfferNotFound", "the worker does not serve that version"),
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

pub const REWARD_SPLIT: Table = &[
    ("SplitNotFound", "there is no such split"),
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
    ("AssetNotAccepted", "prices may not be in that asset"),
    ("TooManyAccepted", "as many assets as can be are accepted"),
    (
        "NothingToSweep",
        "the vault has nothing that it does not owe",
    ),
    ("IdsExhausted", "the chain has no numbers left for splits"),
];

/// Errors of the SDK that people meet, of whatever pallet or kind.
pub const ELSEWHERE: Table = &[
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
