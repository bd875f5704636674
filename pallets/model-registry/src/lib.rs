//! # Model registry
//!
//! Who made what, on which terms, at what price.
//!
//! ## Words
//!
//! - **model**: what an owner registers. It has versions, and an account of its own.
//! - **version**: an ONNX file fixed by its SHA-256, with a manifest, a price, its bases, its
//!   datasets, its extra shares and its clauses. Nothing of it changes but the amount of its price,
//!   its state, and which grant of a dataset it stands on.
//! - **base**: a version that another names among its lines: it was derived from it, or has to name
//!   it because it asks further up.
//! - **grant**: one model's license to train on one dataset (`data-license` keeps them).
//! - **clauses**: what the license of a version or a dataset demands. **Effective clauses**: what a
//!   version's come to with those of all that it derives from, as `inherit` in `myai-primitives`
//!   says. No rule of licenses is spelled here.
//! - **licensor**: a version, or a dataset by terms of one number, that states clauses.
//! - **listing**: the few bytes of a version that opening a job reads.
//! - **pair**: a trained version and the dataset that it was trained on. A version lives by at most
//!   8 of them, its own and its ancestors'.
//! - **suspension**: what moderation stops for a while: a model, a version, a dataset or a worker; a
//!   **halt** stops all new work.
//! - **rules**, **revision**: the bounded numbers that governance sets; every change makes a new
//!   revision, and all of them are kept, because jobs pin the one that they began under.
//!
//! ## Story
//!
//! Alice registers a model and publishes a version whose clauses let others derive from it for a
//! tenth of their income, at least 30 pico a call. Bob registers his model and publishes a version
//! that names Alice's with that share, and his grant on a dataset with 5%. The registry asks
//! `inherit` what Alice's clauses and the dataset's come to with Bob's own, and makes a split of
//! three lines: to Alice's split, to the dataset's, and the rest to whoever owns Bob's model. From
//! then on every paid answer is divided so. Carol, who derives from Bob's version, has to name
//! Alice's as well: what asks is named by all generations. Bob changes the price when he likes, but
//! not below what brings Alice her 30. When the grant lapses nobody can open work on his version,
//! nor on Carol's, until it is renewed. At last he retires the version and, a week of service
//! later, once nothing names it, removes it and has his deposits back.
//!
//! ## States of a version
//!
//! ```text
//! publish_version ──► live ── retire_version ──► retired ── remove_version ──► gone
//! ```
//!
//! A live version takes work while the grants that it lives by run. A retired one takes none, and
//! no new derivatives unless it is irrevocable; as a licensor that must be named it may be retired.
//! It can be removed once no version and no worker names it, and as much time has passed as any job
//! may run: so jobs need not be counted where they are many. An irrevocable one stays for good.
//!
//! A version keeps its bases and the terms of its grants from being removed, so whatever binds it
//! from further up stays as well: each generation keeps the one above.
//!
//! ## Approvals
//!
//! - *Of derivatives*: a version whose clauses ask for approval approves one model, as it belongs
//!   to one owner, for as many publications as it approved. Each that names the version, at any
//!   depth, uses one up.
//! - *Of hosts and users*: one row for a licensor, a kind and an account serves all that the
//!   licensor's conditions bind. It is asked at each offer and each opening, so a withdrawn one
//!   stops new work. Who wants one may request it and pays its deposit; otherwise its giver does.
//!
//! An owner needs no approval of its own: neither of a version of its models, nor as a host or user
//! of what it licenses.
//!
//! ## Suspensions
//!
//! `ModerationOrigin` or `Root` suspends for at most `max_suspension` ticks. A suspended model or
//! version takes no new work, and of the income of its versions the shares of the owner and of extra
//! accounts cannot be claimed meanwhile; those of bases and datasets can. A suspended dataset gives no
//! new grants; a suspended worker gets no new work and sets no offer. What stands goes on: open work
//! is answered and paid, grants run and are renewed, descendants take work. Nothing is lost: when the
//! suspension has lapsed, or was lifted, all that was frozen is there to the unit.
//!
//! Until as long has passed again as it lasted, only `Root` may suspend the same once more; nor does
//! moderation suspend a version until its model has rested. What `Root` suspended or halted, or
//! renewed, `Root` alone lifts before its time. A suspension counts as a change of the
//! model or dataset, so that a sale that was signed before is refused.
//!
//! ## Flow of money
//!
//! None passes here: prices are paid by `inference-escrow` into the splits of `reward-split`. The
//! registry takes storage deposits and lets a model's owner withdraw from the model's account. A
//! model's deposit is its owner's and moves with it; a version's is its publisher's until a later
//! owner assumes it; an approval's is that of whoever asked for it, or else of its giver.
//!
//! ## What is trusted
//!
//! That a version was made from what it names is the publisher's word; what it names binds it. The
//! registry remembers, while it stands, which version first had an artifact's hash and shows a copy
//! as a copy, but refuses none: one changed byte would evade that, and a thief could be first.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod admission;
mod approvals;
#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod family;
mod models;
mod publish;
mod rules;
mod suspension;
pub mod try_state;
pub mod types;
mod versions;
mod views;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use approvals::APPROVAL_SIZE;
#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use super::{types::*, weights::WeightInfo};
    use alloc::boxed::Box;
    use frame_support::{
        pallet_prelude::*,
        traits::{Consideration, EnsureOrigin, Footprint},
        PalletId,
    };
    use frame_system::pallet_prelude::*;
    use myai_primitives::{
        Amount, ApprovalKind, Asset, Balance, BaseLine, Category, ClauseError, DatasetLine,
        Effective, File, Hash32, Licensor, Lines, ModelId, Name, Revision, Rule, RuleSet, Rules,
        SplitId, Subject, Tick, Unit, VersionId, VersionSpec,
    };
    use myai_support::{Clock, Licenses, Money, OwnershipError, Splits, SuspendWorkers};

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// The runtime's hold reasons.
        type RuntimeHoldReason: From<HoldReason> + Parameter + MaxEncodedLen;

        /// Moves what models' accounts have.
        type Money: Money<Self::AccountId, Reason = Self::RuntimeHoldReason>;

        /// Divides the income of versions, and knows which assets prices may be in.
        type Splits: Splits<Self::AccountId>;

        /// Licenses to train.
        type Licenses: Licenses<Self::AccountId>;

        /// Workers, who are told when they are suspended.
        type Workers: SuspendWorkers<Self::AccountId>;

        /// Time in ticks.
        type Clock: Clock;

        /// Deposit for a model.
        type ModelConsideration: Consideration<Self::AccountId, Footprint>;

        /// Deposit for a version, and for an approval.
        type VersionConsideration: Consideration<Self::AccountId, Footprint>;

        /// Who sets rules.
        type RulesOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// Who suspends and halts, beside `Root`.
        type ModerationOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// What models' accounts are derived from.
        #[pallet::constant]
        type PalletId: Get<PalletId>;

        /// How the addresses of files may begin: `https://`, in development also `file://`.
        type UriSchemes: Get<&'static [&'static str]>;

        type WeightInfo: WeightInfo;

        /// What benchmarks need of other pallets.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: super::BenchmarkHelper<Self::AccountId>;
    }

    /// Why native units of an account are on hold.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// The deposit of a model.
        #[codec(index = 0)]
        ModelDeposit,
        /// The deposit of a version or an approval.
        #[codec(index = 1)]
        VersionDeposit,
    }

    /// The id that the next model gets. Owner: models.rs. Never deleted.
    #[pallet::storage]
    pub type NextModel<T> = StorageValue<_, ModelId, ValueQuery>;

    /// Models by the place of their id, so in the order of ids. Owner: models.rs (the count of
    /// versions: publish.rs and versions.rs; the count of changes: whatever the owner calls).
    /// Deleted by `remove_model`.
    #[pallet::storage]
    pub type Models<T: Config> = StorageMap<_, Identity, [u8; 4], ModelOf<T>>;

    /// Models of an owner, in the order of ids. Keys: the owner, the place of the model's id.
    /// Owner: models.rs. Moves with ownership, deleted by `remove_model`.
    #[pallet::storage]
    pub type ModelsOf<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Identity, [u8; 4], (), OptionQuery>;

    /// The id that the next version gets. Owner: publish.rs. Never deleted.
    #[pallet::storage]
    pub type NextVersion<T> = StorageValue<_, VersionId, ValueQuery>;

    /// Versions as they were published, for readers. Owner: publish.rs (the deposit: versions.rs).
    /// Deleted by `remove_version`.
    #[pallet::storage]
    pub type Versions<T: Config> = StorageMap<_, Twox64Concat, VersionId, VersionOf<T>>;

    /// What a version's clauses come to with those of all that it derives from: for publishing,
    /// prices and approvals. Owner: publish.rs. Deleted by `remove_version`.
    #[pallet::storage]
    pub type Effectives<T> = StorageMap<_, Twox64Concat, VersionId, Effective>;

    /// What opening a job reads of a version. Owner: versions.rs. Deleted by `remove_version`.
    #[pallet::storage]
    pub type Listings<T> = StorageMap<_, Twox64Concat, VersionId, Listing>;

    /// How many things keep a version from being removed. Owner: versions.rs. Deleted at zero.
    #[pallet::storage]
    pub type VersionReferences<T> = StorageMap<_, Twox64Concat, VersionId, References, ValueQuery>;

    /// Versions of a model, oldest first. Keys: the model, the place of the version's id. Owner:
    /// publish.rs. Deleted by `remove_version`.
    #[pallet::storage]
    pub type VersionsOf<T> =
        StorageDoubleMap<_, Twox64Concat, ModelId, Identity, [u8; 4], (), OptionQuery>;

    /// Versions that have an artifact, the first one first, with the tick of `now` at which each
    /// was published. Keys: the artifact's SHA-256, the place of the version's id. Owner:
    /// publish.rs. Deleted by `remove_version`.
    #[pallet::storage]
    pub type Artifacts<T> =
        StorageDoubleMap<_, Blake2_128Concat, Hash32, Identity, [u8; 4], Tick, OptionQuery>;

    /// Leave to derive from a version whose clauses ask for approval. Keys: the version, the model
    /// that may. Owner: approvals.rs. Deleted by the publication that uses the last one up, and by
    /// `withdraw_derivative_approval`.
    #[pallet::storage]
    pub type DerivativeApprovals<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        VersionId,
        Twox64Concat,
        ModelId,
        DerivativeApprovalOf<T>,
    >;

    /// Approvals of hosts and users, and requests for them. Keys: the licensor, the kind and the
    /// account. Owner: approvals.rs. Deleted by `withdraw_approval`.
    #[pallet::storage]
    pub type Approvals<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        Licensor,
        Blake2_128Concat,
        (ApprovalKind, T::AccountId),
        ApprovalOf<T>,
    >;

    /// The rules in force and their revision, and what moderation says of all work. Genesis writes the
    /// defaults as revision 0. Owner: rules.rs; what is not the rules: suspension.rs. Never deleted.
    #[pallet::storage]
    pub type CurrentRules<T> = StorageValue<_, InForce>;

    /// Rules that were in force before, by revision. Owner: rules.rs. Kept for ever: jobs pin them.
    #[pallet::storage]
    pub type PastRules<T> = StorageMap<_, Twox64Concat, Revision, RuleSet>;

    /// Suspensions by subject, those that have lapsed as well, and who gave each. Owner: suspension.rs.
    /// Overwritten by the subject's next one; deleted by `clear_suspension`.
    #[pallet::storage]
    pub type Suspensions<T: Config> =
        StorageMap<_, Blake2_128Concat, Subject<T::AccountId>, Imposed>;

    /// Writes the default rules as revision 0.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        #[serde(skip)]
        pub _config: core::marker::PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            CurrentRules::<T>::put(InForce::only(Rules {
                revision: 0,
                list: RuleSet::default(),
            }));
        }
    }

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A model was registered.
        ModelRegistered {
            model: ModelId,
            owner: T::AccountId,
            name: Name,
            category: Category,
        },
        /// Ownership of a model was offered; an earlier offer is void.
        OwnershipOffered { model: ModelId, to: T::AccountId },
        /// An offer of ownership was taken back.
        TransferCancelled { model: ModelId },
        /// A model has a new owner.
        OwnershipAccepted {
            model: ModelId,
            from: T::AccountId,
            to: T::AccountId,
        },
        /// A model has new metadata.
        MetadataSet { model: ModelId, sha256: Hash32 },
        /// Money left a model's account.
        Withdrawn {
            model: ModelId,
            asset: Asset,
            value: Balance,
            to: T::AccountId,
        },
        /// A model was removed; what its account had of the token went to its owner.
        ModelRemoved { model: ModelId },
        /// A version was published. It is a copy where `first_with_artifact` is not itself.
        VersionPublished {
            version: VersionId,
            model: ModelId,
            artifact: Hash32,
            first_with_artifact: VersionId,
            split: SplitId,
            unit: Unit,
            /// For one unit.
            price: Amount,
            bases: Lines<BaseLine>,
            datasets: Lines<DatasetLine>,
        },
        /// A version has a new price for one unit, for jobs opened later.
        PriceSet { version: VersionId, price: Amount },
        /// A version's deposit was paid anew by its model's owner, and went back to who had paid
        /// it.
        DepositAssumed {
            version: VersionId,
            from: T::AccountId,
            to: T::AccountId,
        },
        /// A version takes no new work, and no new derivatives unless it is irrevocable.
        VersionRetired { version: VersionId },
        /// A version and its split were removed.
        VersionRemoved { version: VersionId, model: ModelId },
        /// A model, as long as it is this owner's, may name a version in so many publications.
        DerivativeApproved {
            version: VersionId,
            model: ModelId,
            owner: T::AccountId,
            count: u32,
        },
        /// A publication of a model has used up one approval by a version.
        DerivativeApprovalUsed {
            version: VersionId,
            model: ModelId,
            left: u32,
        },
        /// A model may no longer derive from a version; what it has published stays.
        DerivativeApprovalWithdrawn { version: VersionId, model: ModelId },
        /// An account asks a licensor for approval.
        ApprovalRequested {
            licensor: Licensor,
            kind: ApprovalKind,
            account: T::AccountId,
        },
        /// A licensor has approved an account.
        ApprovalGiven {
            licensor: Licensor,
            kind: ApprovalKind,
            account: T::AccountId,
        },
        /// An approval, or the request for one, is gone.
        ApprovalWithdrawn {
            licensor: Licensor,
            kind: ApprovalKind,
            account: T::AccountId,
        },
        /// A rule has a new value, from this revision on.
        RuleChanged {
            rule: Rule,
            value: u128,
            revision: Revision,
        },
        /// Something is suspended from `since` to `until`, the first tick at which it is over.
        Suspended {
            subject: Subject<T::AccountId>,
            since: Tick,
            until: Tick,
        },
        /// A suspension is over before its time.
        SuspensionLifted { subject: Subject<T::AccountId> },
        /// The row of a suspension that was over is gone.
        SuspensionCleared { subject: Subject<T::AccountId> },
        /// No new work is opened from `since` to `until`, the first tick at which it is again.
        NewWorkHalted { since: Tick, until: Tick },
        /// New work is opened again before the halt's time.
        NewWorkResumed,
    }

    #[pallet::error]
    pub enum Error<T> {
        /// There is no such model.
        ModelNotFound,
        /// The model, or the licensor, belongs to somebody else.
        NotOwner,
        /// Ownership cannot be offered to the owner.
        OfferedToOwner,
        /// Ownership is not offered, or not to the caller.
        OwnershipNotOffered,
        /// The owner has changed the model since the caller looked.
        ChangedMeanwhile,
        /// A name must be UTF-8 text without control and format characters.
        NameNotText,
        /// The metadata has no length, no URI or one that may not be.
        MetadataNotSound,
        /// The model still has versions.
        ModelHasVersions,
        /// All ids were given.
        IdsExhausted,

        /// There is no such version.
        VersionNotFound,
        /// The version is retired.
        VersionRetired,
        /// The version is live; retire it first.
        VersionLive,
        /// The version is irrevocable: it is never removed.
        VersionIrrevocable,
        /// A job on the version may still be open.
        WorkMayBeOpen,
        /// A version or a worker names the version.
        VersionInUse,
        /// Too many things name the version.
        TooManyReferences,
        /// The version's deposit is the caller's already.
        DepositAlreadyPaid,

        /// The spec encodes to more than 4,096 bytes.
        SpecTooLong,
        /// The artifact has no length, no URI or one that may not be.
        ArtifactNotSound,
        /// The manifest has no length, no URI or one that may not be.
        ManifestNotSound,
        /// The license's text has no length, no URI or one that may not be.
        LicenseFileNotSound,
        /// The use policy has no length, no URI or one that may not be.
        PolicyNotSound,
        /// At least one mode is needed.
        NoMode,
        /// Modes must be in order, each once.
        ModesNotInOrder,
        /// The longest input must be between 1 byte and [`myai_primitives::MAX_PAYLOAD`].
        InputLimitOutOfBounds,
        /// The longest answer must be between 1 byte and [`myai_primitives::MAX_PAYLOAD`].
        OutputLimitOutOfBounds,
        /// A base is named twice.
        DuplicateBase,
        /// A dataset is named twice.
        DuplicateDataset,
        /// An account has two extra shares.
        DuplicateExtra,
        /// An extra share must be at least 1 part.
        ExtraShareIsZero,
        /// Bases, datasets, extra shares and the owner's are more than 16 lines.
        TooManyLines,
        /// Royalties and dataset shares sum to more than the rules allow.
        RoyaltyAboveMaximum,
        /// The own royalty and the shares that come down to descendants sum to more than the rules
        /// allow: nobody could derive from the version.
        SharesDownAboveMaximum,
        /// Nothing is left for the owner of the model.
        NothingLeftForOwner,
        /// Prices, floors and limits of fees may not be in this asset.
        AssetNotAccepted,
        /// There is no such base.
        BaseNotFound,
        /// A base is retired.
        BaseRetired,
        /// A base asks for an approval that this owner of the model does not have.
        DerivativeNotApproved,
        /// There is no such grant.
        GrantNotFound,
        /// A grant is another model's.
        GrantOfAnotherModel,
        /// There is no such dataset.
        DatasetNotFound,
        /// A dataset that is named without a grant asks nothing through any base.
        DatasetNotAsked,
        /// The version would live by more than 8 grants, its ancestors' included.
        TooManyGrants,

        /// The license is no SPDX expression.
        LicenseNotText,
        /// An attribution must be text without control and format characters.
        AttributionNotText,
        /// A royalty above 0 needs a floor above 0 in at least one unit and asset, each once.
        RoyaltyWithoutFloor,
        /// A royalty of 0 has no floors.
        FloorWithoutRoyalty,
        /// A fee limit must be above 0.
        FeeLimitZero,
        /// Where commercial use is forbidden a royalty must be 0.
        RoyaltyNotCommercial,
        /// Where commercial use is forbidden the price must be 0.
        NotCommercial,
        /// A base forbids derivatives.
        DerivativesForbidden,
        /// A licensor that asks is not among the lines.
        LicensorNotNamed,
        /// A line gives its licensor less than it asks.
        ShareBelowRoyalty,
        /// A licensor has no floor for this unit and asset.
        UnitOrAssetNotLicensed,
        /// The price does not bring a licensor its floor.
        PriceBelowFloor,
        /// All fees together are above what a licensor, or a license for non-commercial use,
        /// allows.
        FeeAboveMaximum,
        /// More than 8 licensors would ask something, or more than 7 versions.
        TooManyLicensors,
        /// More than 16 would state conditions.
        TooManyConditions,
        /// Two share-alike licenses differ, or the version's differs from its base's.
        LicensesDisagree,
        /// A derivative of share-alike work adds nothing of its own but attribution.
        ShareAlikeAddsTerms,
        /// A derivative of share-alike work is irrevocable.
        ShareAlikeNotIrrevocable,
        /// What else comes down asks more than the share-alike work does.
        ShareAlikeAsksMore,

        /// The licensor asks for no such approval.
        ApprovalNotNeeded,
        /// The account is approved already.
        AlreadyApproved,
        /// The account has asked already.
        AlreadyRequested,
        /// There is no such approval, and no request for one.
        ApprovalNotFound,
        /// The model belongs to another owner than the one named.
        ModelOfAnotherOwner,
        /// There is no such version, or the dataset has no terms of that number.
        LicensorNotFound,

        /// The version cannot be used in this mode.
        ModeNotAllowed,
        /// The input is longer than the version takes.
        InputTooLong,
        /// A license of the version would be over.
        LicenseLapsed,
        /// A license of an ancestor, by which the version lives, would be over.
        AncestorLicenseLapsed,
        /// A licensor has not approved the worker.
        HostNotApproved,
        /// A licensor has not approved who pays.
        UserNotApproved,
        /// The grant's terms ask more than those that the version was published under.
        GrantAsksMore,

        /// The value is outside the rule's bounds.
        RuleOutOfBounds,
        /// The shortest job would be longer than the longest.
        DurationsCross,
        /// There are no rules of this revision.
        RevisionNotFound,

        /// The version is suspended.
        VersionSuspended,
        /// The version's model is suspended.
        ModelSuspended,
        /// No new work is opened for a while.
        NewWorkHalted,
        /// While a version or its model is suspended, shares of its income cannot be claimed: it is not
        /// removed.
        VersionFrozen,
        /// A suspension ends after now.
        SuspensionOver,
        /// A suspension is longer than the rules allow.
        SuspensionTooLong,
        /// Until as long has passed again as the last suspension lasted, only `Root` may renew it.
        OnlyRootRenews,
        /// The subject is not suspended, or new work not halted.
        NotSuspended,
        /// A suspension is kept until as long has passed again as it lasted.
        SuspensionKept,
        /// What `Root` suspended or halted, `Root` alone lifts before its time; moderation lifts what it
        /// suspended or halted itself.
        OnlyRootLifts,
    }

    macro_rules! same_names {
        ($from:ident: $($name:ident)*) => {
            impl<T> From<$from> for Error<T> {
                fn from(error: $from) -> Self {
                    match error { $($from::$name => Self::$name,)* }
                }
            }
        };
    }

    same_names!(ClauseError:
        LicenseNotText AttributionNotText RoyaltyWithoutFloor FloorWithoutRoyalty FeeLimitZero
        RoyaltyNotCommercial NotCommercial DerivativesForbidden LicensorNotNamed ShareBelowRoyalty
        UnitOrAssetNotLicensed PriceBelowFloor FeeAboveMaximum TooManyLicensors TooManyConditions
        LicensesDisagree ShareAlikeAddsTerms ShareAlikeNotIrrevocable ShareAlikeAsksMore);

    impl<T> From<OwnershipError> for Error<T> {
        fn from(error: OwnershipError) -> Self {
            match error {
                OwnershipError::NotOwner => Self::NotOwner,
                OwnershipError::OfferedToOwner => Self::OfferedToOwner,
                OwnershipError::NotOffered => Self::OwnershipNotOffered,
                OwnershipError::ChangedMeanwhile => Self::ChangedMeanwhile,
            }
        }
    }

    // Indices 20 and up are kept for delegates; 30 and up are moderation's.
    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Registers a model; the caller becomes its owner.
        ///
        /// Anyone signed. Holds the model's deposit. Emits `ModelRegistered`. Errors:
        /// `NameNotText`, `MetadataNotSound`.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::register_model())]
        pub fn register_model(
            origin: OriginFor<T>,
            name: Name,
            category: Category,
            metadata: File,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_register_model(who, name, category, metadata)
        }

        /// Offers a model to another account, which may accept. An earlier offer is void.
        ///
        /// The model's owner. No money moves. Emits `OwnershipOffered`. Errors: `ModelNotFound`,
        /// `NotOwner`, `OfferedToOwner`.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::transfer_ownership())]
        pub fn transfer_ownership(
            origin: OriginFor<T>,
            model: ModelId,
            to: T::AccountId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_transfer_ownership(who, model, to)
        }

        /// Accepts a model that was offered to the caller, as the caller saw it: `changes` is the
        /// count that the model shows. What the model has earned and nobody has claimed, and what
        /// its account has, come with it. Approvals to derive that were given to the seller do not.
        ///
        /// The account that it was offered to. Holds the model's deposit and gives the seller's
        /// back; deposits of versions stay with who paid them. Emits `OwnershipAccepted`. Errors:
        /// `ModelNotFound`, `OwnershipNotOffered`, `ChangedMeanwhile`.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::accept_ownership())]
        pub fn accept_ownership(
            origin: OriginFor<T>,
            model: ModelId,
            changes: u32,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_accept_ownership(who, model, changes)
        }

        /// Replaces a model's metadata.
        ///
        /// The model's owner. The deposit follows the size. Emits `MetadataSet`. Errors:
        /// `ModelNotFound`, `NotOwner`, `MetadataNotSound`.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::set_metadata())]
        pub fn set_metadata(
            origin: OriginFor<T>,
            model: ModelId,
            metadata: File,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_metadata(who, model, metadata)
        }

        /// Moves `value` of an asset from the model's account to `to`: all of it, or so much that
        /// the account keeps its minimum balance.
        ///
        /// The model's owner. Emits `Withdrawn`. Errors: `ModelNotFound`, `NotOwner`, and those
        /// of the transfer.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::withdraw())]
        pub fn withdraw(
            origin: OriginFor<T>,
            model: ModelId,
            asset: Asset,
            value: Balance,
            to: T::AccountId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_withdraw(who, model, asset, value, to)
        }

        /// Removes a model that has no versions. Withdraw other assets first: the model's
        /// account cannot be used afterwards.
        ///
        /// The model's owner. Gives the deposit back, and what the model's account has of the
        /// token; its existential deposit stays where another asset still hangs on the account.
        /// Emits `ModelRemoved`. Errors: `ModelNotFound`, `NotOwner`, `ModelHasVersions`.
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::remove_model())]
        pub fn remove_model(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove_model(who, model)
        }

        /// Publishes a version. The clauses of its bases and datasets and the rules are kept, and
        /// how its income is divided is fixed for good. Uses up one approval of each base that asks
        /// for it.
        ///
        /// The model's owner. Holds the version's and its split's deposits; gives back that of an
        /// approval that is used up. Emits `VersionPublished`, and `DerivativeApprovalUsed` for
        /// each approval. Errors: `ModelNotFound`, `NotOwner`, one for each condition of a spec,
        /// and those of the split, of using a grant and of attaching to it.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::publish_version(
            spec.bases.len() as u32,
            spec.datasets.len() as u32,
        ))]
        pub fn publish_version(
            origin: OriginFor<T>,
            model: ModelId,
            spec: Box<VersionSpec<T::AccountId>>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_publish(who, model, *spec)
        }

        /// Sets the amount of a version's price for one unit, for jobs opened later.
        ///
        /// The model's owner. No money moves. Emits `PriceSet`. Errors: `VersionNotFound`,
        /// `NotOwner`, `VersionRetired`, `AssetNotAccepted`, `NotCommercial`, `PriceBelowFloor`.
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::set_price())]
        pub fn set_price(
            origin: OriginFor<T>,
            version: VersionId,
            value: Balance,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_price(who, version, value)
        }

        /// Ends new work on a version for good, and new derivatives of it unless it is irrevocable.
        /// Running work ends as it began.
        ///
        /// The model's owner. No money moves. Emits `VersionRetired`. Errors: `VersionNotFound`,
        /// `NotOwner`, `VersionRetired`.
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::retire_version())]
        pub fn retire_version(origin: OriginFor<T>, version: VersionId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_retire(who, version)
        }

        /// Removes a retired version that nothing names, with its split, once no job on it can be
        /// open any more: 100,800 ticks of service after it was retired. Never an irrevocable one.
        ///
        /// The model's owner. Gives the deposits back to who paid them; dust of the split goes to
        /// the network's. Emits `VersionRemoved`. Errors: `VersionNotFound`, `NotOwner`,
        /// `VersionLive`, `VersionIrrevocable`, `VersionFrozen`, `WorkMayBeOpen`, `VersionInUse`, and
        /// those of removing the split, which may owe nothing above dust.
        #[pallet::call_index(9)]
        #[pallet::weight(T::WeightInfo::remove_version())]
        pub fn remove_version(origin: OriginFor<T>, version: VersionId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove_version(who, version)
        }

        /// Lets one more publication of a model, as long as it is `owner`'s, name a version that
        /// asks for approval; also a retired one, which others may still have to name. Voids what
        /// an earlier owner of the model has left.
        ///
        /// The owner of the version's model. The first one holds a deposit. Emits
        /// `DerivativeApproved`. Errors: `VersionNotFound`, `NotOwner`, `ApprovalNotNeeded`,
        /// `ModelNotFound`, `ModelOfAnotherOwner`.
        #[pallet::call_index(10)]
        #[pallet::weight(T::WeightInfo::approve_derivative())]
        pub fn approve_derivative(
            origin: OriginFor<T>,
            version: VersionId,
            model: ModelId,
            owner: T::AccountId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_approve_derivative(who, version, model, owner)
        }

        /// Takes back all approvals that a model has left of a version. What it has published
        /// stays.
        ///
        /// The owner of the version's model; anyone once the version is gone or the model has
        /// another owner than the one approved. Gives the deposit back to who paid it. Emits
        /// `DerivativeApprovalWithdrawn`. Errors: `ApprovalNotFound`, `NotOwner`.
        #[pallet::call_index(11)]
        #[pallet::weight(T::WeightInfo::withdraw_derivative_approval())]
        pub fn withdraw_derivative_approval(
            origin: OriginFor<T>,
            version: VersionId,
            model: ModelId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_withdraw_derivative_approval(who, version, model)
        }

        /// Changes a rule, for what starts later.
        ///
        /// `RulesOrigin`. No money moves. Emits `RuleChanged`. Errors: `RuleOutOfBounds`,
        /// `DurationsCross`.
        #[pallet::call_index(12)]
        #[pallet::weight(T::WeightInfo::set_rule())]
        pub fn set_rule(origin: OriginFor<T>, rule: Rule, value: u128) -> DispatchResult {
            T::RulesOrigin::ensure_origin(origin)?;
            Self::do_set_rule(rule, value)
        }

        /// Takes an offer of ownership back.
        ///
        /// The model's owner. No money moves. Emits `TransferCancelled`. Errors: `ModelNotFound`,
        /// `NotOwner`, `OwnershipNotOffered`.
        #[pallet::call_index(13)]
        #[pallet::weight(T::WeightInfo::cancel_transfer())]
        pub fn cancel_transfer(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_cancel_transfer(who, model)
        }

        /// Pays a version's deposit in the place of who has paid it, an earlier owner. Its split's
        /// stays with who published.
        ///
        /// The model's owner. Holds the version's deposit and gives the old one back. Emits
        /// `DepositAssumed`. Errors: `VersionNotFound`, `NotOwner`, `DepositAlreadyPaid`.
        #[pallet::call_index(14)]
        #[pallet::weight(T::WeightInfo::assume_deposit())]
        pub fn assume_deposit(origin: OriginFor<T>, version: VersionId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_assume_deposit(who, version)
        }

        /// Asks a licensor, a version or a dataset by the terms of a number, to approve the caller
        /// as a host or as a user of all that its conditions bind.
        ///
        /// Anyone signed. Holds a deposit until the approval is withdrawn. Emits
        /// `ApprovalRequested`. Errors: `LicensorNotFound`, `ApprovalNotNeeded`, `AlreadyApproved`,
        /// `AlreadyRequested`.
        #[pallet::call_index(15)]
        #[pallet::weight(T::WeightInfo::request_approval())]
        pub fn request_approval(
            origin: OriginFor<T>,
            licensor: Licensor,
            kind: ApprovalKind,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_request_approval(who, licensor, kind)
        }

        /// Approves an account as a host or as a user of all that the licensor's conditions bind,
        /// whether it has asked or not.
        ///
        /// The owner of the version's model, or of the dataset. Holds a deposit, unless the account
        /// has asked and so paid it. Emits `ApprovalGiven`. Errors: `LicensorNotFound`,
        /// `ApprovalNotNeeded`, `NotOwner`, `AlreadyApproved`.
        #[pallet::call_index(16)]
        #[pallet::weight(T::WeightInfo::approve())]
        pub fn approve(
            origin: OriginFor<T>,
            licensor: Licensor,
            kind: ApprovalKind,
            account: T::AccountId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_approve(who, licensor, kind, account)
        }

        /// Withdraws an approval, or turns a request for one down. Running work ends as it began;
        /// no new work begins, and no offer is set.
        ///
        /// The owner of the version's model, or of the dataset; the account itself; anyone once the
        /// licensor is gone. Gives the deposit back to who paid it. Emits `ApprovalWithdrawn`.
        /// Errors: `ApprovalNotFound`, `NotOwner`.
        #[pallet::call_index(17)]
        #[pallet::weight(T::WeightInfo::withdraw_approval())]
        pub fn withdraw_approval(
            origin: OriginFor<T>,
            licensor: Licensor,
            kind: ApprovalKind,
            account: T::AccountId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_withdraw_approval(who, licensor, kind, account)
        }

        /// Suspends a model with all its versions, a version, a dataset or a worker until a tick of
        /// `now`, at most `max_suspension` ahead: no new jobs on it, grants of it, or work for it. What
        /// stands goes on.
        ///
        /// `ModerationOrigin`, or `Root`. Moves no money; of a model's or a version's income the
        /// owner's share and those of extra accounts cannot be claimed meanwhile. Lapses by itself.
        /// Until as long again has passed only `Root` may suspend the same again; nor may others
        /// suspend a version until its model has rested so. Counts as a change of the model or dataset.
        /// Emits `Suspended`. Errors: `ModelNotFound`, `VersionNotFound`, `DatasetNotFound`,
        /// `SuspensionOver`, `SuspensionTooLong`, `OnlyRootRenews`.
        #[pallet::call_index(30)]
        #[pallet::weight(T::WeightInfo::suspend())]
        pub fn suspend(
            origin: OriginFor<T>,
            subject: Subject<T::AccountId>,
            until: Tick,
        ) -> DispatchResult {
            let by = Self::ensure_moderator(origin)?;
            Self::do_suspend(by, subject, until)
        }

        /// Ends a suspension before its time. As long as it lasted has to pass again all the same before
        /// others than `Root` suspend the same.
        ///
        /// `ModerationOrigin`, or `Root`; `Root` alone where `Root` gave or renewed it. Moves no money;
        /// what was frozen can be claimed. Emits `SuspensionLifted`. Errors: `NotSuspended`,
        /// `OnlyRootLifts`.
        #[pallet::call_index(31)]
        #[pallet::weight(T::WeightInfo::lift())]
        pub fn lift(origin: OriginFor<T>, subject: Subject<T::AccountId>) -> DispatchResult {
            let by = Self::ensure_moderator(origin)?;
            Self::do_lift(by, subject)
        }

        /// Stops all openings until a tick of `now`, at most `max_suspension` ahead. Open work is
        /// answered, paid and refunded, and claims are made, as ever.
        ///
        /// `ModerationOrigin`, or `Root`. Moves no money. Lapses by itself; until as long again has
        /// passed only `Root` may halt again. Emits `NewWorkHalted`. Errors: `SuspensionOver`,
        /// `SuspensionTooLong`, `OnlyRootRenews`.
        #[pallet::call_index(32)]
        #[pallet::weight(T::WeightInfo::halt_new_work())]
        pub fn halt_new_work(origin: OriginFor<T>, until: Tick) -> DispatchResult {
            let by = Self::ensure_moderator(origin)?;
            Self::do_halt(by, until)
        }

        /// Lets work be opened again before the halt's time.
        ///
        /// `ModerationOrigin`, or `Root`; `Root` alone where `Root` gave or renewed it. Moves no money.
        /// Emits `NewWorkResumed`. Errors: `NotSuspended`, `OnlyRootLifts`.
        #[pallet::call_index(33)]
        #[pallet::weight(T::WeightInfo::resume_new_work())]
        pub fn resume_new_work(origin: OriginFor<T>) -> DispatchResult {
            let by = Self::ensure_moderator(origin)?;
            Self::do_resume(by)
        }

        /// Removes the row of a suspension that is over, once as long has passed again as it lasted.
        ///
        /// Anyone signed. Moves no money. Emits `SuspensionCleared`. Errors: `NotSuspended`,
        /// `SuspensionKept`.
        #[pallet::call_index(34)]
        #[pallet::weight(T::WeightInfo::clear_suspension())]
        pub fn clear_suspension(
            origin: OriginFor<T>,
            subject: Subject<T::AccountId>,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_clear_suspension(subject)
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }
}
