//! # Model registry
//!
//! Who made what, on which terms, at what price.
//!
//! ## Words
//!
//! - **model**: what an owner registers. It has versions, and an account of its own.
//! - **version**: an ONNX file fixed by its SHA-256, with a manifest, a price, its bases, its
//!   grants, its extra shares and its terms for derivatives. Nothing of it changes but the amount
//!   of its price, its state, and which grant it lives by.
//! - **base**: a version that another was derived from.
//! - **binding ancestor**: a version further up whose terms, or whose dataset's terms, reach every
//!   version down the line. Each version carries the list of its own, at most 8.
//! - **grant**: one model's license to train on one dataset (`data-license` keeps them).
//! - **listing**: the few bytes of a version that opening a job reads.
//! - **rules**, **revision**: the bounded numbers that governance sets; every change makes a new
//!   revision, and all of them are kept, because jobs pin the one that they began under.
//!
//! ## Story
//!
//! Alice registers a model and publishes a version whose terms let others derive from it for 10%.
//! Bob registers his model and publishes a version that names Alice's as its base with 10%, and
//! his grant on a dataset with 5%. The registry checks Alice's and the dataset's terms and makes
//! a split of three lines: to Alice's split, to the dataset's, and the rest to whoever owns Bob's
//! model. From then on every paid answer is divided so. Bob changes the price when he likes, but
//! not below what his bases ask for each unit. When the grant lapses nobody can open work on his
//! version until it is renewed or replaced. At last he retires the version and, a week of service
//! later, once nothing refers to it, removes it and has his deposits back.
//!
//! ## States of a version
//!
//! ```text
//! publish_version ──► live ── retire_version ──► retired ── remove_version ──► gone
//! ```
//!
//! A live version is offered while it and its binding ancestors are licensed. A retired one takes
//! no new work and no new derivatives; what runs ends. It can be removed once no derivative and no
//! worker refers to it, and as much time has passed as any job may run: so jobs need not be counted
//! where they are many.
//!
//! ## Flow of money
//!
//! None passes here: prices are paid by `inference-escrow` into the splits of `reward-split`. The
//! registry takes storage deposits (one for a model, from its owner; one for each version and each
//! approval, from whoever published or approved) and lets a model's owner withdraw from the
//! model's account.
//!
//! ## What is trusted
//!
//! That a version was made from what it names is the publisher's word; what it names binds it. The
//! registry remembers which version first had an artifact's hash and shows a copy as a copy, but
//! refuses none: one changed byte would evade that, and a thief could be first.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod derivatives;
mod licenses;
mod models;
mod publish;
mod rules;
pub mod try_state;
pub mod types;
mod versions;
mod views;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// Longest raw input and longest answer that a version may allow, in bytes: what the HOP pool
/// takes (1 MiB), less 4 KiB for sealing.
pub const MAX_PAYLOAD: u32 = (1 << 20) - (4 << 10);

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
        documents::*, Amount, Asset, Balance, Clock, GrantId, Hash32, Licenses, ModelId, Money,
        Revision, SplitId, Splits, Tick, VersionId,
    };

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
        type Licenses: Licenses;

        /// Time in ticks.
        type Clock: Clock;

        /// Deposit for a model.
        type ModelConsideration: Consideration<Self::AccountId, Footprint>;

        /// Deposit for a version, and for an approval.
        type VersionConsideration: Consideration<Self::AccountId, Footprint>;

        /// Who sets rules.
        type RulesOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// What models' accounts are derived from.
        #[pallet::constant]
        type PalletId: Get<PalletId>;

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

    /// The number that the next model gets. Owner: models.rs. Never deleted.
    #[pallet::storage]
    pub type NextModel<T> = StorageValue<_, ModelId, ValueQuery>;

    /// Models by number. Owner: models.rs (the count of versions: publish.rs and versions.rs).
    /// Deleted by `remove_model`.
    #[pallet::storage]
    pub type Models<T: Config> = StorageMap<_, Twox64Concat, ModelId, ModelOf<T>>;

    /// The number that the next version gets. Owner: publish.rs. Never deleted.
    #[pallet::storage]
    pub type NextVersion<T> = StorageValue<_, VersionId, ValueQuery>;

    /// What was published, by version: what only readers need. Owner: publish.rs. Deleted by
    /// `remove_version`.
    #[pallet::storage]
    pub type Versions<T: Config> = StorageMap<_, Twox64Concat, VersionId, VersionOf<T>>;

    /// What opening a job reads, by version; small on purpose. Owner: versions.rs and licenses.rs.
    /// Deleted by `remove_version`.
    #[pallet::storage]
    pub type Listings<T> = StorageMap<_, Twox64Concat, VersionId, Listing>;

    /// What derivatives must keep and what the version itself lives by, by version. Owner:
    /// licenses.rs. Deleted by `remove_version`.
    #[pallet::storage]
    pub type Conditions<T> = StorageMap<_, Twox64Concat, VersionId, ConditionsOfVersion>;

    /// How many things keep a version from being removed: versions that name it or list it as an
    /// ancestor, and whatever other pallets remember. Owner: versions.rs. Deleted at zero.
    #[pallet::storage]
    pub type References<T> = StorageMap<_, Twox64Concat, VersionId, u32, ValueQuery>;

    /// Versions of a model. The second key is the version's number in big-endian bytes, so that
    /// the storage itself is in the order of publication. Owner: publish.rs. Deleted by
    /// `remove_version`.
    #[pallet::storage]
    pub type VersionsOf<T> =
        StorageDoubleMap<_, Twox64Concat, ModelId, Identity, [u8; 4], (), OptionQuery>;

    /// The version that first had an artifact, by the artifact's SHA-256. Owner: publish.rs. Kept
    /// for ever.
    #[pallet::storage]
    pub type Artifacts<T> = StorageMap<_, Blake2_128Concat, Hash32, VersionId>;

    /// Models that may derive from a version whose terms ask for approval, with the deposit. Keys:
    /// the base version, the model. Owner: derivatives.rs. Deleted by `withdraw_approval`.
    #[pallet::storage]
    pub type Approvals<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        VersionId,
        Twox64Concat,
        ModelId,
        DepositOf<T, <T as Config>::VersionConsideration>,
    >;

    /// The revision in force. Owner: rules.rs. Never deleted.
    #[pallet::storage]
    pub type CurrentRevision<T> = StorageValue<_, Revision, ValueQuery>;

    /// Rules by revision. Owner: rules.rs. Kept for ever: jobs pin them.
    #[pallet::storage]
    pub type RuleSets<T> = StorageMap<_, Twox64Concat, Revision, RuleSet>;

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
            RuleSets::<T>::insert(0, RuleSet::default());
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
        /// Units left a model's account.
        Withdrawn {
            model: ModelId,
            asset: Asset,
            amount: Balance,
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
            /// For one unit.
            price: Amount,
            bases: Lines<BaseLine>,
            grants: Lines<GrantLine>,
            /// First tick at which a license is over; `None` never.
            licensed_until: Option<Tick>,
        },
        /// A version has a new price for one unit, for jobs opened later.
        PriceSet { version: VersionId, price: Amount },
        /// A version takes no new work and no new derivatives.
        VersionRetired { version: VersionId },
        /// A version and its split were removed.
        VersionRemoved { version: VersionId, model: ModelId },
        /// A model may derive from a version.
        DerivativeApproved { version: VersionId, model: ModelId },
        /// A model may no longer derive from a version; what it has published stays.
        ApprovalWithdrawn { version: VersionId, model: ModelId },
        /// A version is licensed until another tick than before.
        LicenseChanged {
            version: VersionId,
            licensed_until: Option<Tick>,
        },
        /// A version lives by another grant than before.
        GrantReplaced {
            version: VersionId,
            old: GrantId,
            new: GrantId,
            licensed_until: Option<Tick>,
        },
        /// A rule has a new value, from this revision on.
        RuleChanged { rule: Rule, revision: Revision },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// There is no such model.
        ModelNotFound,
        /// The model belongs to somebody else.
        NotOwner,
        /// Ownership cannot be offered to the owner.
        OfferedToOwner,
        /// Ownership was not offered to the caller, or to nobody.
        OwnershipNotOffered,
        /// A name must be some UTF-8 text.
        NameNotText,
        /// The metadata has no length, no URI or a malformed one.
        MetadataNotSound,
        /// The model still has versions.
        ModelHasVersions,
        /// All numbers were given.
        IdsExhausted,

        /// There is no such version.
        VersionNotFound,
        /// The version is retired.
        VersionRetired,
        /// The version is live; retire it first.
        VersionLive,
        /// A job on the version may still be open.
        WorkMayBeOpen,
        /// A derivative or a worker refers to the version.
        VersionInUse,
        /// Too many things refer to the version.
        TooManyReferences,

        /// The artifact has no length, no URI or a malformed one.
        ArtifactNotSound,
        /// The manifest has no length, no URI or a malformed one.
        ManifestNotSound,
        /// The license must be an SPDX expression, in printable ASCII.
        LicenseNotText,
        /// At least one mode is needed.
        NoMode,
        /// Modes must be in order, each once.
        ModesNotInOrder,
        /// The longest input must be between 1 byte and [`crate::MAX_PAYLOAD`].
        InputLimitOutOfBounds,
        /// The longest answer must be between 1 byte and [`crate::MAX_PAYLOAD`].
        OutputLimitOutOfBounds,
        /// A least royalty above the maximum could never be met.
        MinRoyaltyAboveMaximum,

        /// A base is named twice.
        DuplicateBase,
        /// A grant is named twice.
        DuplicateGrant,
        /// Two grants are for the same dataset.
        DuplicateDataset,
        /// An account has two extra shares.
        DuplicateExtra,
        /// An extra share must be at least 1 part.
        ExtraShareIsZero,
        /// Bases, grants, extra shares and the owner's are more than 16 lines.
        TooManyLines,
        /// Royalties and dataset shares sum to more than the rules allow.
        RoyaltyAboveMaximum,
        /// Nothing is left for the owner of the model.
        NothingLeftForOwner,

        /// There is no such base.
        BaseNotFound,
        /// A base is retired.
        BaseRetired,
        /// A base's terms forbid derivatives.
        DerivativesForbidden,
        /// A base's terms need an approval that the model does not have.
        NotApproved,
        /// A royalty is below the least that the base's terms ask.
        RoyaltyBelowMinimum,
        /// There is no such grant.
        GrantNotFound,
        /// A grant is another model's.
        GrantOfAnotherModel,
        /// A grant is over.
        GrantLapsed,
        /// A share is below the least that the dataset's terms ask.
        ShareBelowMinimum,
        /// A base or dataset demands that derivatives be allowed in turn.
        ShareAlikeBroken,
        /// More than 8 ancestors would bind the version.
        TooManyAncestors,
        /// An ancestor whose terms reach all descendants is not among the bases.
        AncestorNotNamed,
        /// A dataset whose terms reach all descendants is not among the grants.
        DatasetNotNamed,

        /// Prices may not be in this asset.
        AssetNotAccepted,
        /// A base or dataset fixes another asset for the price.
        PricedInAnotherAsset,
        /// The price brings a base or dataset less than the least for each unit.
        PriceBelowMinimum,
        /// A base or dataset allows no price or fee above zero.
        NotCommercial,

        /// The terms of the version need no approval.
        ApprovalNotNeeded,
        /// The model is approved already.
        AlreadyApproved,
        /// There is no such approval.
        ApprovalNotFound,

        /// The version cannot be used in this mode.
        ModeNotAllowed,
        /// A license of the version would be over.
        LicenseLapsed,
        /// A license of a binding ancestor would be over.
        AncestorLicenseLapsed,
        /// The version does not live by this grant.
        GrantNotNamed,
        /// The new grant's terms bind derivatives or prices in ways that the version's do not.
        ReplacementBindsMore,

        /// The value is outside the rule's bounds.
        RuleOutOfBounds,
    }

    // Indices 20 and up are kept for delegates, 30 and up for moderation.
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

        /// Accepts a model that was offered to the caller. What the model has earned and nobody
        /// has claimed, and what its account has, come with it.
        ///
        /// The account that it was offered to. Holds the model's deposit anew and gives the old
        /// owner's back; deposits of versions stay with who paid them. Emits `OwnershipAccepted`.
        /// Errors: `ModelNotFound`, `OwnershipNotOffered`.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::accept_ownership())]
        pub fn accept_ownership(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_accept_ownership(who, model)
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

        /// Moves `amount` units of the model's account to `to`. All of them or so many that the
        /// account keeps its minimum balance.
        ///
        /// The model's owner. Emits `Withdrawn`. Errors: `ModelNotFound`, `NotOwner`, and those
        /// of the transfer.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::withdraw())]
        pub fn withdraw(
            origin: OriginFor<T>,
            model: ModelId,
            asset: Asset,
            amount: Balance,
            to: T::AccountId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_withdraw(who, model, asset, amount, to)
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

        /// Publishes a version. Its bases', datasets' and rules' terms are checked, and how its
        /// income is divided is fixed for good.
        ///
        /// The model's owner. Holds the version's and its split's deposits. Emits
        /// `VersionPublished`. Errors: `ModelNotFound`, `NotOwner`, one for each condition of a
        /// spec, and those of the split and of attaching a grant.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::publish_version(
            spec.bases.len() as u32,
            spec.grants.len() as u32,
        ))]
        pub fn publish_version(
            origin: OriginFor<T>,
            model: ModelId,
            spec: Box<VersionSpec<T::AccountId>>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_publish(who, model, *spec)
        }

        /// Sets the amount of a version's price, for jobs opened later.
        ///
        /// The model's owner. No money moves. Emits `PriceSet`. Errors: `VersionNotFound`,
        /// `NotOwner`, `VersionRetired`, `AssetNotAccepted`, `NotCommercial`, `PriceBelowMinimum`.
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::set_price())]
        pub fn set_price(
            origin: OriginFor<T>,
            version: VersionId,
            units: Balance,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_price(who, version, units)
        }

        /// Ends new work on a version and new derivatives of it, for good. Running work ends as
        /// it began.
        ///
        /// The model's owner. No money moves. Emits `VersionRetired`. Errors: `VersionNotFound`,
        /// `NotOwner`, `VersionRetired`.
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::retire_version())]
        pub fn retire_version(origin: OriginFor<T>, version: VersionId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_retire(who, version)
        }

        /// Removes a retired version to which nothing refers, with its split, once no job on it
        /// can be open any more: 100,800 ticks of service after it was retired. Its artifact's
        /// hash stays taken.
        ///
        /// The model's owner. Gives the deposits back to who paid them. Emits `VersionRemoved`.
        /// Errors: `VersionNotFound`, `NotOwner`, `VersionLive`, `WorkMayBeOpen`, `VersionInUse`,
        /// and those of removing the split, which may owe nothing.
        #[pallet::call_index(9)]
        #[pallet::weight(T::WeightInfo::remove_version())]
        pub fn remove_version(origin: OriginFor<T>, version: VersionId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove_version(who, version)
        }

        /// Lets a model derive from a version whose terms need approval.
        ///
        /// The owner of the version's model. Holds a deposit. Emits `DerivativeApproved`. Errors:
        /// `VersionNotFound`, `NotOwner`, `VersionRetired`, `ApprovalNotNeeded`, `ModelNotFound`,
        /// `AlreadyApproved`.
        #[pallet::call_index(10)]
        #[pallet::weight(T::WeightInfo::approve_derivative())]
        pub fn approve_derivative(
            origin: OriginFor<T>,
            version: VersionId,
            model: ModelId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_approve_derivative(who, version, model)
        }

        /// Takes an approval back. Versions that the model has published stay.
        ///
        /// The owner of the version's model; anyone once the version or the model is gone. Gives
        /// the deposit back to who paid it. Emits `ApprovalWithdrawn`. Errors:
        /// `ApprovalNotFound`, `NotOwner`.
        #[pallet::call_index(11)]
        #[pallet::weight(T::WeightInfo::withdraw_approval())]
        pub fn withdraw_approval(
            origin: OriginFor<T>,
            version: VersionId,
            model: ModelId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_withdraw_approval(who, version, model)
        }

        /// Changes a rule, for what starts later.
        ///
        /// `RulesOrigin`. No money moves. Emits `RuleChanged`. Error: `RuleOutOfBounds`.
        #[pallet::call_index(12)]
        #[pallet::weight(T::WeightInfo::set_rule())]
        pub fn set_rule(origin: OriginFor<T>, rule: Rule) -> DispatchResult {
            T::RulesOrigin::ensure_origin(origin)?;
            Self::do_set_rule(rule)
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
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }
}
