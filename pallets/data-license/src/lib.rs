//! Datasets, their terms, and the grants to train on them.
//!
//! # Words
//!
//! - A **dataset** is data under a license. It has an owner, a description by hash (its metadata), and
//!   a split that its income goes to; a data cooperative is a dataset whose split has many shares.
//! - **Terms** are what its owner asks: clauses, price, period, how long a grant may be renewed,
//!   revocation. They are numbered together with the metadata; a change of either makes a new number,
//!   and what was given under an older one keeps that.
//! - A **grant** is one model's license to train on one dataset, under one number of its terms. Its
//!   **holder** is whoever owns the model. A version that was trained under a grant **stands on** it.
//! - A **request** is a wish for a grant that waits for the approval of the dataset's owner.
//! - An **instalment** is one payment for a revocable grant. It **vests**: becomes the dataset's income
//!   tick by tick.
//! - A **notice** is the time from a revocation to the end that it sets.
//!
//! # Story
//!
//! A hospital registers a dataset and sets terms: 1,000 MAI a year, 5% of the income of what is
//! trained on it, approval needed, a notice of 30 days. The owner of a model asks for a grant: the
//! price is held in that owner's account until the hospital approves, then lies in the vault and
//! vests to the dataset's split over the year. The model publishes a version under the grant. Next
//! year somebody who lives by that version renews the grant, at the price that it began with. One day
//! the hospital revokes: the grant goes on for 30 days, and what has not vested when they are over
//! goes back to who had paid it. Jobs that were opened before the end run to theirs. The model moves
//! its version to a newer grant whose clauses the version keeps, or lets it lapse.
//!
//! # States
//!
//! ```text
//! request  open ──approve──► a grant;  ──reject, withdraw, or its deadline──► gone
//! grant    live ──(its end passes)──► lapsed ──renew──► live
//!          live ──revoke──► live until the notice is over, or its own end ──► over for good
//!          no version stands on it ──remove_grant──► gone
//! ```
//!
//! A suspended dataset gives no new grants for a while: `acquire` and `approve` fail. Grants that stand
//! run, vest and are renewed, requests wait.
//!
//! Time is [`myai_support::Clock::now`], in ticks. At its end a grant is over; at its deadline a
//! request may still be approved.
//!
//! A grant that is over stays for its holder for one period, at least a day (14,400 ticks): nobody else
//! removes it before it can be renewed. A version that is live, or that others build on, keeps the grant
//! that it stands on. Only who could remove the grant may take from it what no longer matters: retired
//! versions that nobody builds on, up to 32 in a call of `detach_versions`. So no call loops over what
//! has no bound, and the count alone says whether a grant may go.
//!
//! # Money
//!
//! | what | from | to |
//! | --- | --- | --- |
//! | price of a grant, renewal | licensee, or whoever renews | the vault, unvested; the dataset's split as it vests |
//! | the same, where it can never be revoked | the same | the dataset's split at once |
//! | price of a request | licensee, held as [`HoldReason::GrantRequest`] | as above when approved, else released |
//! | what has not vested when a notice ends | the vault | whoever had paid it |
//! | storage deposits | whoever makes a dataset, request or grant | back to the same account |
//!
//! An instalment of `value` from `start` to `end` has vested by the tick t:
//!
//! ```text
//! floor(value × (t − start) / (end − start))
//! ```
//!
//! reckoned from its start each time, so vesting often rounds nothing away; the fraction of a unit goes
//! to who paid when a notice cuts it off, and vests with the rest otherwise. A grant has at most 3
//! instalments that have not vested. The network takes no cut. A dataset's own deposit moves with its
//! ownership; a grant's stays that of who paid it when the model is sold, and so do its instalments.
//!
//! Vesting moves numbers of a ledger only and cannot fail; revoking needs nobody's money. What cannot
//! be given back, because an account is blocked or an asset frozen, becomes a debt of the vault. What
//! moves out of a licensee's own account can fail: then `approve`, `reject` and `withdraw` fail, and
//! the request stays as it is.
//!
//! # Sales
//!
//! Every call of a dataset's owner counts in `changes`, and who accepts the dataset names the count it
//! saw. When a model is sold its grants go on, but one whose terms ask for approval carries no new
//! version until the dataset's owner approves the model's new owner for it (`approve_owner`).
//!
//! # Trust
//!
//! The chain cannot see what a model was trained on. A grant is what the model's owner declares;
//! whoever trains without one has no record of a license, and that shows.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod datasets;
mod grants;
mod requests;
mod terms;
mod try_state;
pub mod types;
mod versions;
mod vesting;
mod views;
pub mod weights;

#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use crate::{types::*, weights::WeightInfo};
    use alloc::boxed::Box;
    use frame_support::{
        pallet_prelude::*,
        traits::{Consideration, Footprint},
    };
    use frame_system::pallet_prelude::*;
    use myai_primitives::{
        Amount, Balance, Category, DatasetId, DatasetTerms, File, GrantId, Hash32, ModelId, Name,
        Openness, SplitId, TermsNumber, Tick, VersionId,
    };
    use myai_support::{
        Clock, Money, Owners, OwnershipError, RulesAt, Splits, Suspensions, Unvested, Versions,
    };

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// The runtime's hold reasons.
        type RuntimeHoldReason: From<HoldReason> + Parameter + MaxEncodedLen;

        /// Money in every accepted asset.
        type Money: Money<Self::AccountId, Reason = Self::RuntimeHoldReason>;

        /// Where prices go, and which assets they may be in.
        type Splits: Splits<Self::AccountId>;

        /// Money for grants that has not vested.
        type Unvested: Unvested<Self::AccountId, Self::RuntimeHoldReason>;

        /// Versions that stand on grants.
        type Versions: Versions<Self::AccountId>;

        /// Who owns a model. Datasets are not asked for here.
        type Owners: Owners<Self::AccountId>;

        /// Datasets that are suspended.
        type Suspensions: Suspensions<Self::AccountId>;

        /// Time.
        type Clock: Clock;

        /// Least notice of a revocation, greatest royalty.
        type RulesAt: RulesAt;

        /// Deposit of a dataset.
        type DatasetConsideration: Consideration<Self::AccountId, Footprint>;

        /// Deposit of a request or grant; a request's becomes its grant's.
        type GrantConsideration: Consideration<Self::AccountId, Footprint>;

        /// Longest that a request may wait for approval, in ticks.
        #[pallet::constant]
        type RequestPeriod: Get<Tick>;

        /// How the addresses of files may begin: `https://`, in development also `file://`.
        type UriSchemes: Get<&'static [&'static str]>;

        type WeightInfo: WeightInfo;

        /// What benchmarks need from other pallets.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: super::BenchmarkHelper<Self::AccountId>;
    }

    /// Why this pallet holds money.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// The price of a grant that waits for approval.
        #[codec(index = 0)]
        GrantRequest,
        /// Storage of a dataset.
        #[codec(index = 1)]
        DatasetDeposit,
        /// Storage of a request or grant.
        #[codec(index = 2)]
        GrantDeposit,
    }

    /// The id that the next dataset gets. Owner: datasets.rs. Only grows.
    #[pallet::storage]
    pub type NextDataset<T> = StorageValue<_, DatasetId, ValueQuery>;

    /// Datasets by the place of their id, so in the order of ids. Owner: datasets.rs (the number of
    /// their terms and what keeps them: terms.rs; the count of changes: whatever the owner calls).
    /// Deleted by `remove_dataset`.
    #[pallet::storage]
    pub type Datasets<T: Config> = StorageMap<_, Identity, Place, DatasetOf<T>>;

    /// Datasets of an owner, in the order of ids. Keys: the owner, the place of the dataset's id.
    /// Owner: datasets.rs. Moves with ownership, deleted by `remove_dataset`.
    #[pallet::storage]
    pub type DatasetsOf<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Identity, Place, (), OptionQuery>;

    /// Terms by dataset and number, with the metadata that was sold under them. Owner: terms.rs.
    /// Deleted when they are no longer the dataset's current ones and nothing was made under them, or
    /// with the dataset.
    #[pallet::storage]
    pub type Terms<T> =
        StorageDoubleMap<_, Twox64Concat, DatasetId, Twox64Concat, TermsNumber, NumberedTerms>;

    /// Open requests. Keys: the places of the dataset and of the model. Owner: requests.rs. Deleted by
    /// `approve`, `reject` and `withdraw`.
    #[pallet::storage]
    pub type Requests<T: Config> =
        StorageDoubleMap<_, Identity, Place, Identity, Place, RequestOf<T>>;

    /// The id that the next grant gets. Owner: grants.rs. Only grows.
    #[pallet::storage]
    pub type NextGrant<T> = StorageValue<_, GrantId, ValueQuery>;

    /// Grants by the place of their id, so in the order of ids. Owner: grants.rs (the count of versions:
    /// versions.rs; what has vested: vesting.rs). Deleted by `remove_grant`.
    #[pallet::storage]
    pub type Grants<T: Config> = StorageMap<_, Identity, Place, GrantOf<T>>;

    /// Grants of a model, oldest first. Keys: the model, the place of the grant's id. Owner: grants.rs.
    /// Deleted by `remove_grant`.
    #[pallet::storage]
    pub type GrantsOf<T> =
        StorageDoubleMap<_, Twox64Concat, ModelId, Identity, Place, (), OptionQuery>;

    /// Grants of a model on a dataset with their ends, for openings: one short row to read, whatever
    /// the model has acquired. Keys: the model, the dataset. Owner: grants.rs. Deleted with the last of
    /// them.
    #[pallet::storage]
    pub type GrantsOn<T> =
        StorageDoubleMap<_, Twox64Concat, ModelId, Twox64Concat, DatasetId, GrantEnds, ValueQuery>;

    /// The grant of a dataset that a version stands on. Keys: the version, the dataset. Owner:
    /// versions.rs. Deleted when the version is removed, or by `detach_versions`.
    #[pallet::storage]
    pub type StandsOn<T> =
        StorageDoubleMap<_, Twox64Concat, VersionId, Twox64Concat, DatasetId, GrantId>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A dataset was registered; its income goes to `split`.
        DatasetRegistered {
            dataset: DatasetId,
            owner: T::AccountId,
            name: Name,
            category: Category,
            split: SplitId,
        },
        /// New grants are given under these terms from now on.
        TermsSet {
            dataset: DatasetId,
            number: TermsNumber,
        },
        /// The dataset has new metadata, sold under the same terms with a new number (0 while there are
        /// no terms).
        MetadataSet {
            dataset: DatasetId,
            number: TermsNumber,
            sha256: Hash32,
        },
        /// The dataset gives no new grants.
        DatasetClosed { dataset: DatasetId },
        /// The dataset gives grants again.
        DatasetReopened { dataset: DatasetId },
        /// `to` may accept the dataset; an earlier offer is void.
        OwnershipOffered {
            dataset: DatasetId,
            to: T::AccountId,
        },
        /// The dataset has a new owner.
        OwnershipAccepted {
            dataset: DatasetId,
            from: T::AccountId,
            to: T::AccountId,
        },
        /// The dataset is not offered any more.
        TransferCancelled { dataset: DatasetId },
        /// The dataset is gone.
        DatasetRemoved { dataset: DatasetId },
        /// `licensee` has `price` on hold for a grant until the dataset's owner decides, at the latest
        /// at `expires`.
        GrantRequested {
            dataset: DatasetId,
            model: ModelId,
            licensee: T::AccountId,
            number: TermsNumber,
            price: Amount,
            expires: Tick,
        },
        /// A request was refused and its money released.
        RequestRejected { dataset: DatasetId, model: ModelId },
        /// A request was taken back or had expired, and its money was released.
        RequestWithdrawn { dataset: DatasetId, model: ModelId },
        /// A model has a grant, for which `licensee` paid `price`. It is over at `ends`.
        GrantGiven {
            grant: GrantId,
            dataset: DatasetId,
            model: ModelId,
            licensee: T::AccountId,
            number: TermsNumber,
            price: Amount,
            ends: Option<Tick>,
        },
        /// `payer` extended a grant to `ends` for `price`.
        GrantRenewed {
            grant: GrantId,
            payer: T::AccountId,
            price: Amount,
            ends: Tick,
        },
        /// The notice of a grant has begun. The grant is over at `ends`, and may be renewed to
        /// `notice_ends` at most.
        GrantRevoked {
            grant: GrantId,
            ends: Tick,
            notice_ends: Tick,
        },
        /// The dataset's owner lets `owner`, who owns the model now, publish under the grant.
        OwnerApproved { grant: GrantId, owner: T::AccountId },
        /// A version stands on the grant `to` and no longer on `from`.
        VersionMoved {
            version: VersionId,
            from: GrantId,
            to: GrantId,
        },
        /// A retired version stands on the grant no more, nor on another one of the dataset.
        VersionDetached { version: VersionId, grant: GrantId },
        /// A grant is gone.
        GrantRemoved { grant: GrantId },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// There is no such dataset.
        DatasetNotFound,
        /// There is no such model.
        ModelNotFound,
        /// There is no such grant.
        GrantNotFound,
        /// There is no such split.
        SplitNotFound,
        /// The model has no open request for the dataset.
        RequestNotFound,
        /// The sender does not own the dataset.
        NotDatasetOwner,
        /// The sender does not own the model.
        NotModelOwner,
        /// Until its deadline only who pays a request, or the model's owner, may withdraw it.
        NotRequester,
        /// A name must be UTF-8 text without control and format characters.
        NameNotText,
        /// The metadata has no length, no URI or one that may not be.
        MetadataNotSound,
        /// Only who made a split may tie a dataset to it.
        SplitOfAnother,
        /// The dataset gives no new grants.
        DatasetClosed,
        /// The dataset is suspended: it gives no new grants for a while.
        DatasetSuspended,
        /// The dataset is open.
        DatasetNotClosed,
        /// The dataset is not offered, or not to the sender.
        OwnershipNotOffered,
        /// The dataset was offered to its own owner.
        OfferedToOwner,
        /// The owner has changed the dataset since the sender looked.
        ChangedMeanwhile,
        /// Grants, requests or versions keep the dataset.
        DatasetInUse,
        /// The dataset has no terms under this number.
        TermsNotSet,
        /// The dataset is no longer sold under this number.
        TermsChanged,

        /// The license is no SPDX expression.
        LicenseNotText,
        /// The license's file has no length, no URI or one that may not be.
        LicenseFileNotSound,
        /// An attribution must be text without control and format characters.
        AttributionNotText,
        /// The policy's file has no length, no URI or one that may not be.
        PolicyNotSound,
        /// A royalty above 0 needs a floor above 0 in at least one unit and asset, each once.
        RoyaltyWithoutFloor,
        /// A royalty of 0 has no floors.
        FloorWithoutRoyalty,
        /// The royalty is above what a version may pay in all.
        RoyaltyAboveMaximum,
        /// Where commercial use is forbidden a royalty must be 0.
        RoyaltyNotCommercial,
        /// A fee limit must be above 0.
        FeeLimitZero,
        /// Irrevocable clauses do not go with a notice.
        IrrevocableWithNotice,
        /// The notice is shorter than the rules allow.
        NoticeTooShort,
        /// A period must be at least one tick.
        PeriodZero,
        /// The term over which the price of a revocable perpetual grant vests must be at least one tick.
        PerpetualTermZero,
        /// Prices and floors may not be in this asset.
        AssetNotAccepted,

        /// The dataset's terms allow no training.
        TrainingForbidden,
        /// The price is above the most it may cost.
        PriceAboveMaxCost,
        /// The model has an open request for the dataset.
        RequestOpen,
        /// A request must wait for at least one tick and at most `RequestPeriod`.
        RequestPeriodOutOfBounds,
        /// The request's deadline has passed.
        RequestExpired,
        /// The open request is another licensee's or names other terms.
        RequestDiffers,
        /// The account that is approved does not own the model.
        LicenseeNotOwner,
        /// The model has 8 grants on the dataset.
        TooManyGrants,

        /// The grant never ends, or has no period.
        GrantPerpetual,
        /// A renewal must be for at least one period.
        PeriodsZero,
        /// The grant was revoked.
        GrantRevoked,
        /// A grant may be renewed to two periods, or 432,000 ticks, ahead of now at most.
        RenewalTooFarAhead,
        /// The grant's terms do not let it be renewed for that long.
        RenewalBeyondTerms,
        /// Three payments for the grant have not vested yet.
        TooManyInstalments,
        /// The grant's terms do not allow revoking.
        GrantNotRevocable,
        /// The grant has ended.
        GrantLapsed,
        /// The grant's terms ask for approval, which the model's owner does not have.
        OwnerNotApproved,
        /// The grant's terms ask for no approval.
        ApprovalNotNeeded,
        /// Until one period, and at least 14,400 ticks, after its end a grant is kept for its holder.
        GrantKept,
        /// Versions stand on the grant.
        GrantInUse,
        /// The version is live, or others build on it.
        VersionInUse,
        /// The version does not stand on this grant.
        VersionNotUnderGrant,
        /// The version stands on this grant already.
        VersionUnderGrantAlready,
        /// The grant is another model's.
        GrantOfAnotherModel,
        /// The grant is on another dataset.
        GrantOfAnotherDataset,

        /// The end would be beyond what the clock counts.
        EndBeyondClock,
        /// All ids or numbers were given.
        IdsExhausted,
    }

    impl<T> From<OwnershipError> for Error<T> {
        fn from(error: OwnershipError) -> Self {
            match error {
                OwnershipError::NotOwner => Self::NotDatasetOwner,
                OwnershipError::OfferedToOwner => Self::OfferedToOwner,
                OwnershipError::NotOffered => Self::OwnershipNotOffered,
                OwnershipError::ChangedMeanwhile => Self::ChangedMeanwhile,
            }
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Registers a dataset, whose owner the sender becomes. Anybody may.
        ///
        /// Income goes to `split`, for good, which the sender must have made; `None` makes one that
        /// pays all to whoever owns the dataset at the time of a claim, and whose deposit comes back to
        /// the sender when the dataset is removed. Holds the dataset's deposit. Gives no grants before
        /// `set_terms`.
        ///
        /// Errors: `NameNotText`, `MetadataNotSound`, `SplitNotFound`, `SplitOfAnother`,
        /// `IdsExhausted`, too little money. Event: `DatasetRegistered`.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::register_dataset())]
        pub fn register_dataset(
            origin: OriginFor<T>,
            name: Name,
            category: Category,
            metadata: File,
            openness: Openness,
            split: Option<SplitId>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_register(who, name, category, metadata, openness, split)
        }

        /// Sets the terms for new grants, under a new number. By the dataset's owner. Grants, and
        /// requests that are open, keep the terms that they were made under. Moves no money.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `LicenseNotText`, `LicenseFileNotSound`,
        /// `AttributionNotText`, `PolicyNotSound`, `RoyaltyWithoutFloor`, `FloorWithoutRoyalty`,
        /// `RoyaltyAboveMaximum`, `RoyaltyNotCommercial`, `FeeLimitZero`, `AssetNotAccepted`,
        /// `PeriodZero`, `IrrevocableWithNotice`, `NoticeTooShort`, `PerpetualTermZero`,
        /// `IdsExhausted`. Event: `TermsSet`.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::set_terms())]
        pub fn set_terms(
            origin: OriginFor<T>,
            dataset: DatasetId,
            terms: Box<DatasetTerms>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_terms(&who, dataset, *terms)
        }

        /// Describes the dataset anew; its terms get a new number. By the dataset's owner. What was
        /// sold before stays as it was described then. Moves no money.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `MetadataNotSound`, `IdsExhausted`. Event:
        /// `MetadataSet`.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::set_metadata())]
        pub fn set_metadata(
            origin: OriginFor<T>,
            dataset: DatasetId,
            metadata: File,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_metadata(&who, dataset, metadata)
        }

        /// Gives no new grants from now on. By the dataset's owner. Grants go on and may be renewed;
        /// open requests cannot be approved meanwhile. Moves no money.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `DatasetClosed`. Event: `DatasetClosed`.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::close_dataset())]
        pub fn close_dataset(origin: OriginFor<T>, dataset: DatasetId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_close(&who, dataset)
        }

        /// Allows new grants again. By the dataset's owner. Moves no money.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `DatasetNotClosed`. Event:
        /// `DatasetReopened`.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::reopen_dataset())]
        pub fn reopen_dataset(origin: OriginFor<T>, dataset: DatasetId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_reopen(&who, dataset)
        }

        /// Offers the dataset to `to`, instead of to whom it was offered before. By its owner.
        /// Nothing changes until `to` accepts. Moves no money.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `OfferedToOwner`. Event:
        /// `OwnershipOffered`.
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::transfer_ownership())]
        pub fn transfer_ownership(
            origin: OriginFor<T>,
            dataset: DatasetId,
            to: T::AccountId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_transfer_ownership(&who, dataset, to)
        }

        /// Takes over a dataset that is offered to the sender and has not changed since its `changes`
        /// were read. Holds the sender's deposit and frees the one before. Income not yet claimed by
        /// the dataset's owner follows.
        ///
        /// Errors: `DatasetNotFound`, `OwnershipNotOffered`, `ChangedMeanwhile`, too little money
        /// for the deposit. Event: `OwnershipAccepted`.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::accept_ownership())]
        pub fn accept_ownership(
            origin: OriginFor<T>,
            dataset: DatasetId,
            changes: u32,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_accept_ownership(who, dataset, changes)
        }

        /// Takes back an offer of ownership. By the dataset's owner. Moves no money.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `OwnershipNotOffered`. Event:
        /// `TransferCancelled`.
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::cancel_transfer())]
        pub fn cancel_transfer(origin: OriginFor<T>, dataset: DatasetId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_cancel_transfer(&who, dataset)
        }

        /// Removes a dataset that no grant, request or version keeps, and the split that was made with
        /// it. By its owner. Frees the deposits.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `DatasetInUse`, those of removing the
        /// split (unclaimed income, or a version that pays it). Event: `DatasetRemoved`.
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::remove_dataset())]
        pub fn remove_dataset(origin: OriginFor<T>, dataset: DatasetId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove_dataset(&who, dataset)
        }

        /// Acquires a grant for `model` under the number under which the dataset is sold now, for at
        /// most `max_cost`. By the model's owner.
        ///
        /// Where training is allowed the price is paid at once and the grant begins. Where it needs
        /// approval the price is held and the request may be approved for `lasts` ticks, 1 to
        /// `RequestPeriod`; otherwise `lasts` is not read. The price of a revocable grant vests over
        /// its period; of one that can never be revoked it is the dataset's income at once. Holds the
        /// grant's deposit.
        ///
        /// Errors: `ModelNotFound`, `NotModelOwner`, `DatasetNotFound`, `DatasetClosed`,
        /// `DatasetSuspended`, `TermsNotSet`, `TermsChanged` (terms or metadata are others since the
        /// sender looked), those of `set_terms` where the rules or the accepted assets have changed
        /// since, `PriceAboveMaxCost`, `TrainingForbidden`, `RequestOpen`, `RequestPeriodOutOfBounds`,
        /// `TooManyGrants`, `EndBeyondClock`, `IdsExhausted`, too little money. Event: `GrantGiven` or
        /// `GrantRequested`.
        #[pallet::call_index(9)]
        #[pallet::weight(T::WeightInfo::acquire())]
        pub fn acquire(
            origin: OriginFor<T>,
            dataset: DatasetId,
            model: ModelId,
            number: TermsNumber,
            #[pallet::compact] max_cost: Balance,
            lasts: Tick,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_acquire(who, dataset, model, number, max_cost, lasts)
        }

        /// Gives the grant that `licensee`, who owns the model, requested under the terms `number`; it
        /// begins now. By the dataset's owner. The held price is paid as `acquire` says. An approval is
        /// for this one purchase.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `DatasetClosed`, `DatasetSuspended`,
        /// `RequestNotFound`, `RequestDiffers` (the request is another one since the sender looked),
        /// `RequestExpired`, `ModelNotFound`, `LicenseeNotOwner`, those of `set_terms` where the rules or the accepted
        /// assets have changed since, `TooManyGrants`, `EndBeyondClock`, `IdsExhausted`, the money
        /// cannot move. Event: `GrantGiven`.
        #[pallet::call_index(10)]
        #[pallet::weight(T::WeightInfo::approve())]
        pub fn approve(
            origin: OriginFor<T>,
            dataset: DatasetId,
            model: ModelId,
            licensee: T::AccountId,
            number: TermsNumber,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_approve(&who, dataset, model, licensee, number)
        }

        /// Refuses a request. By the dataset's owner. Releases the held price and the deposit.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `RequestNotFound`, the money cannot move.
        /// Event: `RequestRejected`.
        #[pallet::call_index(11)]
        #[pallet::weight(T::WeightInfo::reject())]
        pub fn reject(origin: OriginFor<T>, dataset: DatasetId, model: ModelId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_reject(&who, dataset, model)
        }

        /// Takes a request back. By who pays it or the model's owner; after its deadline by
        /// anybody. Releases the held price and the deposit to who pays.
        ///
        /// Errors: `RequestNotFound`, `NotRequester`, the money cannot move. Event:
        /// `RequestWithdrawn`.
        #[pallet::call_index(12)]
        #[pallet::weight(T::WeightInfo::withdraw())]
        pub fn withdraw(
            origin: OriginFor<T>,
            dataset: DatasetId,
            model: ModelId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_withdraw(&who, dataset, model)
        }

        /// Extends a grant by `periods` from its end, or from now if it has lapsed, under the terms
        /// that it was given under. By anybody, who pays: whoever depends on a version can keep its
        /// license alive.
        ///
        /// It reaches two periods or 432,000 ticks ahead of now at most, whichever is longer, and no
        /// further than its terms let it be renewed. During a notice it reaches the notice's end at
        /// most, for that part of the price, rounded up. The price vests over the time that is added;
        /// what a revocation cuts off comes back to the sender. Above `max_cost` it is refused.
        ///
        /// Errors: `GrantNotFound`, `ModelNotFound`, `GrantPerpetual`, `PeriodsZero`, `GrantRevoked`,
        /// `RenewalTooFarAhead`, `RenewalBeyondTerms`, `PriceAboveMaxCost`, `AssetNotAccepted`,
        /// `TooManyInstalments`, `EndBeyondClock`, too little money. Event: `GrantRenewed`.
        #[pallet::call_index(13)]
        #[pallet::weight(T::WeightInfo::renew())]
        pub fn renew(
            origin: OriginFor<T>,
            grant: GrantId,
            periods: u32,
            #[pallet::compact] max_cost: Balance,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_renew(&who, grant, periods, max_cost)
        }

        /// Starts the notice of a grant, at whose end it is over for good, or at its own end if that is
        /// sooner. By the dataset's owner, and costs nothing but the fee: what was paid goes on vesting,
        /// and what has not vested when the notice is over goes back to who paid it.
        ///
        /// Errors: `GrantNotFound`, `NotDatasetOwner`, `GrantRevoked`, `GrantNotRevocable`. Event:
        /// `GrantRevoked`.
        #[pallet::call_index(14)]
        #[pallet::weight(T::WeightInfo::revoke())]
        pub fn revoke(origin: OriginFor<T>, grant: GrantId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_revoke(&who, grant)
        }

        /// Moves a version from one grant to another live one of the same dataset and model, whose
        /// clauses the version as it was published satisfies. By the model's owner. The version's
        /// clauses and split stay as they are. Moves no money.
        ///
        /// Errors: `GrantNotFound`, `ModelNotFound`, `NotModelOwner`, `GrantOfAnotherModel`,
        /// `GrantOfAnotherDataset`, `VersionNotUnderGrant`, `VersionUnderGrantAlready`,
        /// `GrantLapsed`, `OwnerNotApproved`, those of the registry (the clauses ask more). Event:
        /// `VersionMoved`.
        #[pallet::call_index(15)]
        #[pallet::weight(T::WeightInfo::move_version())]
        pub fn move_version(
            origin: OriginFor<T>,
            version: VersionId,
            from: GrantId,
            to: GrantId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_move_version(&who, version, from, to)
        }

        /// Lets `owner`, who has bought the model of a grant whose terms ask for approval, publish new
        /// versions under it. By the dataset's owner. Moves no money.
        ///
        /// Errors: `GrantNotFound`, `NotDatasetOwner`, `ApprovalNotNeeded`, `ModelNotFound`,
        /// `LicenseeNotOwner`. Event: `OwnerApproved`.
        #[pallet::call_index(16)]
        #[pallet::weight(T::WeightInfo::approve_owner())]
        pub fn approve_owner(
            origin: OriginFor<T>,
            grant: GrantId,
            owner: T::AccountId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_approve_owner(&who, grant, owner)
        }

        /// Removes a grant that no version stands on. By the model's owner at any time, or by anybody
        /// when the model is gone; by others from one period, and at least 14,400 ticks, after its end.
        /// All that was paid for it and could still vest does so now; of a revoked grant, what its
        /// notice cuts off goes back to who paid it. Frees the deposit for who paid that.
        ///
        /// Errors: `GrantNotFound`, `GrantKept`, `GrantInUse`. Event: `GrantRemoved`.
        #[pallet::call_index(17)]
        #[pallet::weight(T::WeightInfo::remove_grant())]
        pub fn remove_grant(origin: OriginFor<T>, grant: GrantId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove_grant(&who, grant)
        }

        /// Moves what has vested of a grant's price into the dataset's split and, when a notice is over,
        /// gives the rest back to who paid it. By anybody.
        ///
        /// Errors: `GrantNotFound`. Events: `Vested` and `UnvestedReturned` of reward-split, none where
        /// nothing moves.
        #[pallet::call_index(18)]
        #[pallet::weight(T::WeightInfo::vest())]
        pub fn vest(origin: OriginFor<T>, grant: GrantId) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_vest(grant)
        }

        /// Does what `vest` does for each of the grants; passes by those that are gone. By anybody.
        #[pallet::call_index(19)]
        #[pallet::weight(T::WeightInfo::vest_many(grants.len() as u32))]
        pub fn vest_many(
            origin: OriginFor<T>,
            grants: BoundedVec<GrantId, ConstU32<MAX_LISTED>>,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            for grant in grants {
                if Grants::<T>::contains_key(grant.place()) {
                    Self::do_vest(grant)?;
                }
            }
            Ok(())
        }

        /// Takes versions that are retired and that nobody builds on from the grant that they stand on,
        /// so that it can be removed. By whoever could remove it. Moves no money.
        ///
        /// Errors: `GrantNotFound`, `GrantKept`, `VersionNotUnderGrant`, `VersionInUse`. Event:
        /// `VersionDetached` for each.
        #[pallet::call_index(20)]
        #[pallet::weight(T::WeightInfo::detach_versions(versions.len() as u32))]
        pub fn detach_versions(
            origin: OriginFor<T>,
            grant: GrantId,
            versions: BoundedVec<VersionId, ConstU32<MAX_LISTED>>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_detach_versions(&who, grant, &versions)
        }
    }
}
