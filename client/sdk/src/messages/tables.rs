//! The sentences, by pallet and name of the error.

pub type Table = &'static [(&'static str, &'static str)];

pub const MODEL_REGISTRY: Table = &[
    ("ModelNotFound", "there is no such model"),
    (
        "NotOwner",
        "only the owner of the model, or of what gives the license, may do that",
    ),
    (
        "OfferedToOwner",
        "the model is that account's already: offer it to another",
    ),
    (
        "OwnershipNotOffered",
        "the model is not offered to this account: its owner must offer it first",
    ),
    (
        "ChangedMeanwhile",
        "the owner has changed the model since you looked: look again, then accept",
    ),
    (
        "NameNotText",
        "a name must be UTF-8 text without control and formatting signs",
    ),
    (
        "MetadataNotSound",
        "the metadata needs a length and one to four addresses, https:// (a \
         development chain takes file:// too)",
    ),
    (
        "ModelHasVersions",
        "the model still has versions: remove them first",
    ),
    ("IdsExhausted", "the chain has no numbers left for it"),
    ("VersionNotFound", "there is no such version"),
    (
        "VersionRetired",
        "the version is retired: it takes no new work",
    ),
    ("VersionLive", "the version is live: retire it first"),
    (
        "VersionIrrevocable",
        "the version is irrevocable: it can be retired, but never removed",
    ),
    (
        "WorkMayBeOpen",
        "a job on the version may still be open: it can be removed a week (100,800 \
         ticks of service) after it was retired",
    ),
    (
        "VersionInUse",
        "a derivative or a worker still names the version: those must go first",
    ),
    (
        "TooManyReferences",
        "as many things name the version as can be counted",
    ),
    (
        "DepositAlreadyPaid",
        "the version's deposit is paid by this account already",
    ),
    (
        "SpecTooLong",
        "all that the version says takes more than 4,096 bytes: shorten addresses, \
         texts or lists",
    ),
    (
        "ArtifactNotSound",
        "the artifact needs a length and one to four addresses, https:// (a \
         development chain takes file:// too)",
    ),
    (
        "ManifestNotSound",
        "the manifest needs a length and one to four addresses, https:// (a \
         development chain takes file:// too)",
    ),
    (
        "LicenseFileNotSound",
        "the license's text needs a length and one to four addresses, https:// (a \
         development chain takes file:// too)",
    ),
    (
        "PolicyNotSound",
        "the use policy needs a length and one to four addresses, https:// (a \
         development chain takes file:// too)",
    ),
    ("NoMode", "a version must allow at least one mode of work"),
    (
        "ModesNotInOrder",
        "the modes must be in their order, each once",
    ),
    (
        "InputLimitOutOfBounds",
        "the longest input must be between 1 and 1,044,480 bytes, which is what the \
         HOP pool takes",
    ),
    (
        "OutputLimitOutOfBounds",
        "the longest answer must be between 1 and 1,044,480 bytes, which is what the \
         HOP pool takes",
    ),
    (
        "DuplicateBase",
        "a base is named twice: name each once, with all of its share",
    ),
    (
        "DuplicateDataset",
        "a dataset is named twice: name each once, with all of its share",
    ),
    (
        "DuplicateExtra",
        "an account has two extra shares: give it one, of their sum",
    ),
    (
        "ExtraShareIsZero",
        "an extra share must be at least one part per million",
    ),
    (
        "TooManyLines",
        "bases, datasets, extra shares and the owner's own are more than 16 lines",
    ),
    (
        "RoyaltyAboveMaximum",
        "royalties and dataset shares together are more than the rules allow",
    ),
    (
        "SharesDownAboveMaximum",
        "the version's own royalty and what comes down to its derivatives are \
         together more than the rules allow, so nobody could derive from it: ask for \
         less",
    ),
    (
        "NothingLeftForOwner",
        "the shares leave nothing for the model's owner: they must sum to less than \
         1,000,000",
    ),
    (
        "AssetNotAccepted",
        "prices, floors and limits of fees may not be in that asset: name one that \
         the chain accepts",
    ),
    ("BaseNotFound", "there is no such base"),
    (
        "BaseRetired",
        "a base is retired: nothing new may derive from it",
    ),
    (
        "DerivativeNotApproved",
        "a base asks for its owner's approval of each new derivative: have it \
         approve this model, under its present owner, first",
    ),
    ("GrantNotFound", "there is no such grant"),
    (
        "GrantOfAnotherModel",
        "a grant is another model's: name one that this model holds",
    ),
    ("DatasetNotFound", "there is no such dataset"),
    (
        "DatasetNotAsked",
        "a dataset is named without a grant though it asks nothing through any base: \
         name a grant, or leave it out",
    ),
    (
        "TooManyGrants",
        "the version would live by more than 8 grants, those of its ancestors counted",
    ),
    (
        "LicenseNotText",
        "the license must be an SPDX expression, such as `Apache-2.0`",
    ),
    (
        "AttributionNotText",
        "an attribution must be UTF-8 text without control and formatting signs",
    ),
    (
        "RoyaltyWithoutFloor",
        "a royalty needs a floor above zero in at least one unit and asset, each \
         once: without one a price of zero would evade it",
    ),
    (
        "FloorWithoutRoyalty",
        "a floor stands without a royalty: state a royalty above zero, or leave the \
         floor out",
    ),
    ("FeeLimitZero", "a limit of fees must be above zero"),
    (
        "RoyaltyNotCommercial",
        "where commercial use is forbidden the royalty must be zero",
    ),
    (
        "NotCommercial",
        "the version, a base or a dataset forbids commercial use: the price must be \
         zero",
    ),
    (
        "DerivativesForbidden",
        "a base's license forbids derivatives",
    ),
    (
        "LicensorNotNamed",
        "an ancestor or a dataset that asks something of every descendant is not \
         named: name it among the bases or datasets, with its share",
    ),
    (
        "ShareBelowRoyalty",
        "a share is below the royalty that its base or dataset asks for",
    ),
    (
        "UnitOrAssetNotLicensed",
        "a base or dataset has no floor for this unit and asset: price the version \
         in one that it names",
    ),
    (
        "PriceBelowFloor",
        "the price brings a base or dataset less than its floor for each unit: raise \
         the price or its share",
    ),
    (
        "FeeAboveMaximum",
        "the fee is above what a license of the version allows for each unit: what \
         is to be earned beyond that must be price",
    ),
    (
        "TooManyLicensors",
        "more than 8 licensors, or more than 7 versions among them, would ask \
         something of the version's descendants",
    ),
    (
        "TooManyConditions",
        "more than 16 versions and terms would bind the version with conditions",
    ),
    (
        "LicensesDisagree",
        "a share-alike base or dataset has another license or text: the version must \
         have the very same",
    ),
    (
        "ShareAlikeAddsTerms",
        "what derives from share-alike work may ask nothing of its own but attribution",
    ),
    (
        "ShareAlikeNotIrrevocable",
        "what derives from share-alike work must be irrevocable",
    ),
    (
        "ShareAlikeAsksMore",
        "another base or dataset asks more than the share-alike one does, so they do \
         not go together",
    ),
    ("ApprovalNotNeeded", "the license asks for no such approval"),
    ("AlreadyApproved", "the account is approved already"),
    (
        "AlreadyRequested",
        "the account has asked for the approval already: wait for the owner, or \
         withdraw it",
    ),
    (
        "ApprovalNotFound",
        "there is no such approval, and no request for one",
    ),
    (
        "ModelOfAnotherOwner",
        "the model belongs to another owner than the one named: look again before \
         you approve",
    ),
    (
        "LicensorNotFound",
        "there is no such version, or the dataset has no terms of that number",
    ),
    ("ModeNotAllowed", "the version cannot be used in that mode"),
    ("InputTooLong", "the input is longer than the version takes"),
    (
        "LicenseLapsed",
        "a license of the version would be over by then: ask for a shorter job, or \
         have the license renewed, which anybody may pay for",
    ),
    (
        "AncestorLicenseLapsed",
        "a license of one of the version's ancestors would be over by then: ask for \
         a shorter job, or have it renewed, which anybody may pay for",
    ),
    (
        "HostNotApproved",
        "a licensor of the version has not approved this worker: the worker must ask \
         for it first",
    ),
    (
        "UserNotApproved",
        "a licensor of the version has not approved this account: ask it for \
         approval first",
    ),
    (
        "GrantAsksMore",
        "the other grant's terms ask more than the version keeps as it was published",
    ),
    ("RuleOutOfBounds", "the value is outside the rule's bounds"),
    (
        "DurationsCross",
        "the shortest job would be longer than the longest one",
    ),
    ("RevisionNotFound", "there are no rules of that revision"),
    (
        "VersionSuspended",
        "the version is suspended: it takes no new work for a while",
    ),
    (
        "ModelSuspended",
        "the model is suspended: its versions take no new work for a while",
    ),
    (
        "NewWorkHalted",
        "no new work is opened anywhere for a while; what is open is answered, paid and refunded",
    ),
    (
        "VersionFrozen",
        "a version is not removed while it or its model is suspended",
    ),
    ("SuspensionOver", "a suspension must end after now"),
    (
        "SuspensionTooLong",
        "a suspension must not be longer than the rule max-suspension",
    ),
    (
        "OnlyRootRenews",
        "until as long has passed again as the last suspension lasted, only Root may renew it",
    ),
    (
        "NotSuspended",
        "it is not suspended, or new work is not halted",
    ),
    (
        "SuspensionKept",
        "a suspension is kept until as long has passed again as it lasted",
    ),
];

pub const DATA_LICENSE: Table = &[
    ("DatasetNotFound", "there is no such dataset"),
    ("ModelNotFound", "there is no such model"),
    ("GrantNotFound", "there is no such grant"),
    ("SplitNotFound", "there is no such split"),
    (
        "RequestNotFound",
        "the model has no open request for that dataset",
    ),
    ("NotDatasetOwner", "only the dataset's owner may do that"),
    ("NotModelOwner", "only the model's owner may do that"),
    (
        "NotRequester",
        "until its deadline only who pays for a request, or the model's owner, may \
         withdraw it",
    ),
    (
        "NameNotText",
        "a name must be UTF-8 text without control and formatting signs",
    ),
    (
        "MetadataNotSound",
        "the metadata needs a length and one to four addresses, https:// (a \
         development chain takes file:// too)",
    ),
    (
        "SplitOfAnother",
        "another account made the split: only who made it may tie a dataset to it",
    ),
    ("DatasetClosed", "the dataset gives no new grants"),
    ("DatasetNotClosed", "the dataset is open already"),
    (
        "OwnershipNotOffered",
        "the dataset is not offered to this account: its owner must offer it first",
    ),
    (
        "OfferedToOwner",
        "the dataset is that account's already: offer it to another",
    ),
    (
        "ChangedMeanwhile",
        "the owner has changed the dataset since you looked: look again, then accept",
    ),
    (
        "DatasetInUse",
        "grants, requests or versions still need the dataset",
    ),
    ("TermsNotSet", "the dataset has no terms of that number"),
    (
        "TermsChanged",
        "the dataset is sold under other terms by now: read them with `dataset show`",
    ),
    (
        "LicenseNotText",
        "the license must be an SPDX expression, such as `CC-BY-4.0`",
    ),
    (
        "LicenseFileNotSound",
        "the license's text needs a length and one to four addresses, https:// (a \
         development chain takes file:// too)",
    ),
    (
        "AttributionNotText",
        "an attribution must be UTF-8 text without control and formatting signs",
    ),
    (
        "PolicyNotSound",
        "the use policy needs a length and one to four addresses, https:// (a \
         development chain takes file:// too)",
    ),
    (
        "RoyaltyWithoutFloor",
        "a royalty needs a floor above zero in at least one unit and asset, each \
         once: without one a price of zero would evade it",
    ),
    (
        "FloorWithoutRoyalty",
        "a floor stands without a royalty: state a royalty above zero, or leave the \
         floor out",
    ),
    (
        "RoyaltyAboveMaximum",
        "the royalty is more than the rules let a version pay in all",
    ),
    (
        "RoyaltyNotCommercial",
        "where commercial use is forbidden the royalty must be zero",
    ),
    ("FeeLimitZero", "a limit of fees must be above zero"),
    (
        "IrrevocableWithNotice",
        "irrevocable grants have no notice: leave out one of the two",
    ),
    (
        "NoticeTooShort",
        "the notice is shorter than the rules allow",
    ),
    ("PeriodZero", "a grant must last at least one tick"),
    (
        "PerpetualTermZero",
        "perpetual grants that can be revoked need a term of at least one tick, over \
         which their price is earned",
    ),
    (
        "AssetNotAccepted",
        "prices and floors may not be in that asset: name one that the chain accepts",
    ),
    ("TrainingForbidden", "the dataset's terms allow no training"),
    (
        "PriceAboveMaxCost",
        "it costs more than the most that you allowed",
    ),
    (
        "RequestOpen",
        "the model has asked for that dataset already: wait for its owner, or withdraw",
    ),
    (
        "RequestPeriodOutOfBounds",
        "a request must stand for at least one tick, and not longer than the chain \
         allows",
    ),
    (
        "RequestExpired",
        "the request's deadline has passed: ask again",
    ),
    (
        "RequestDiffers",
        "the request is another account's, or names other terms, than you have seen: \
         look again",
    ),
    (
        "LicenseeNotOwner",
        "the account that asked does not own the model any more",
    ),
    (
        "TooManyGrants",
        "the model has 8 grants on the dataset, and no more can be given",
    ),
    (
        "GrantPerpetual",
        "the grant never ends, so there is nothing to renew",
    ),
    ("PeriodsZero", "a renewal must be for at least one period"),
    ("GrantRevoked", "the grant was revoked"),
    (
        "RenewalTooFarAhead",
        "a grant can be renewed to two periods, or 30 days (432,000 ticks), ahead at \
         most: try again later",
    ),
    (
        "RenewalBeyondTerms",
        "the grant's terms do not let it be renewed for that long",
    ),
    (
        "TooManyInstalments",
        "three payments for the grant are not earned yet: renew it once one of them is",
    ),
    (
        "GrantNotRevocable",
        "the grant's terms do not allow revoking it",
    ),
    ("GrantLapsed", "the grant has ended: renew it first"),
    (
        "OwnerNotApproved",
        "the grant's terms ask for approval of the model's owner, and this one has \
         none: ask the dataset's owner",
    ),
    ("ApprovalNotNeeded", "the grant's terms ask for no approval"),
    (
        "GrantKept",
        "a grant that has ended is saved for its holder for one more period, and at \
         least a day (14,400 ticks)",
    ),
    (
        "GrantInUse",
        "versions still stand on the grant: move or detach them first",
    ),
    (
        "VersionInUse",
        "the version is live, or others build on it: it keeps its grant",
    ),
    (
        "VersionNotUnderGrant",
        "the version does not stand on that grant",
    ),
    (
        "VersionUnderGrantAlready",
        "the version stands on that grant already",
    ),
    ("GrantOfAnotherModel", "the grant is another model's"),
    (
        "GrantOfAnotherDataset",
        "the grant is on another dataset: a version moves within its dataset only",
    ),
    (
        "EndBeyondClock",
        "it would end later than the chain's clock can count",
    ),
    ("IdsExhausted", "the chain has no numbers left for it"),
    (
        "DatasetSuspended",
        "the dataset is suspended: it gives no new grants for a while",
    ),
];

pub const INFERENCE_ESCROW: Table = &[
    ("AlreadyRegistered", "the account is a worker already"),
    ("WorkerNotFound", "there is no such worker"),
    (
        "SignerTaken",
        "that signer acts for a worker already: each needs its own",
    ),
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
    ("AssetNotAccepted", "the chain does not accept that asset"),
    (
        "PayoutCannotReceive",
        "the worker's payout account cannot receive that asset",
    ),
    ("OfferNotFound", "the worker does not serve that version"),
    (
        "NotRetired",
        "the version is not retired: only its worker may end the offer",
    ),
    ("HasOpenWork", "jobs are still open"),
    (
        "HasOffers",
        "versions are still served: remove the offers first",
    ),
    (
        "WorkerPaused",
        "the worker takes no new work now: try another, or later",
    ),
    (
        "NoRoom",
        "the worker has as many open jobs as it takes: try another, or later",
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
    ("StillKept", "how the job ended is kept for some time yet"),
    (
        "JobExists",
        "the very same order has been opened before: ask anew",
    ),
    ("OrderExpired", "the order came too late: ask anew"),
    (
        "OpenByTooFar",
        "an order may be opened at most 100 ticks of service ahead",
    ),
    (
        "PolicyNotAccepted",
        "the use policies that bind the version must be accepted first: read them, \
         then say --accept-policies",
    ),
    (
        "NoDelegates",
        "nobody can open a job yet that a model pays for, or that works for another job",
    ),
    (
        "WorkerSuspended",
        "the worker is suspended: it gets no new work for a while",
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
    (
        "SplitOfAnother",
        "a share names a split that another account made: name one of your own",
    ),
    ("ShareNotFound", "the split has no share at that place"),
    ("NothingOwed", "the share is owed nothing"),
    (
        "OwnerNotFound",
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
        "another split, a version, a dataset, a debt or the network still names the \
         split",
    ),
    ("StillOwes", "the split still owes income: claim it first"),
    (
        "TooManyAssets",
        "the split received in more assets than can be cleared at once",
    ),
    ("AccountsOnly", "the network's shares go to accounts only"),
    (
        "TreasuryBelowThreeQuarters",
        "at least three quarters of the network's shares must be the treasury's",
    ),
    ("DebtNotFound", "there is no such debt"),
    (
        "GrantHasAnotherAsset",
        "the grant has money in another asset that is not earned yet",
    ),
    ("AssetNotFound", "there is no such asset"),
    ("AssetNotAccepted", "the chain does not accept that asset"),
    (
        "AskedIsZero",
        "an accepted asset's deposits and least lock must be above zero",
    ),
    ("TooManyAccepted", "as many assets as can be are accepted"),
    (
        "NothingToSweep",
        "the vault has nothing that it does not owe",
    ),
    ("IdsExhausted", "the chain has no numbers left for splits"),
    (
        "ShareFrozen",
        "the version or its model is suspended: this share waits until that is over",
    ),
    (
        "EpochNotOpen",
        "that epoch is not over, nobody earned anything in it, or the time for its claims is over",
    ),
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
