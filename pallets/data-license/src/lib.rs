//! Datasets, their terms, and the grants to train on them.
//!
//! # Words
//!
//! - A **dataset** is data under a license. It has an owner, a description by hash, and a split
//!   that its income goes to; a data cooperative is a dataset whose split has many shares.
//! - **Terms** are what its owner asks: price, period, least share of each derived model's income,
//!   approval, revocation, share-alike, commercial use. They are numbered; a change makes a new
//!   number, and what was given under an older one keeps that.
//! - A **grant** is one model's license to train on one dataset, under one number of its terms. A
//!   version *lives by* the grants that it was trained under: when one has ended, no new work
//!   starts on the version or on what derives from it.
//! - A **request** is a wish for a grant that waits for the approval of the dataset's owner.
//!
//! # Story
//!
//! A hospital registers a dataset and sets terms: 1,000 MAI a year, 5% of the income of what is
//! trained on it, approval needed, a notice of 30 days. The owner of a model acquires a grant: the
//! price is held in that owner's account until the hospital approves, and then goes to the
//! dataset's split. The model publishes a version under the grant. Each year it renews, at the
//! price that it began with. One day the hospital revokes: the grant ends 30 days later, and the
//! price of the time that is cut off goes back to the model's owner at once. Jobs that were opened
//! before the end run to theirs. The model moves its version to a newer grant, or lets it lapse.
//!
//! # States
//!
//! ```text
//! grant    live ──(its end passes)──► lapsed ──renew──► live
//!          live ──revoke──► revoked, live until the notice is over ──► lapsed for good
//!          no version lives by it ──remove_grant──► gone
//! request  open ──approve──► a grant;  ──reject, withdraw, or its deadline──► gone
//! ```
//!
//! Time is [`myai_primitives::Clock::now`], in ticks. At its end a grant is over; at its deadline a request may
//! still be approved.
//!
//! # Money
//!
//! | what | from | to |
//! | --- | --- | --- |
//! | price without approval, renewal | model's owner, free | the dataset's split, no network cut |
//! | price with approval | requester, held as [`HoldReason::GrantRequest`] | the dataset's split, or released |
//! | refund of a revocation, rounded up | dataset's owner, through [`HoldReason::GrantRefund`] | the model's owner |
//! | storage deposits | whoever makes a dataset, grant, request or allowance | back to the same account |
//!
//! What cannot move for the state of an account or an asset stays held and becomes a debt of
//! [`myai_primitives::Payouts`]; settling never fails for it.
//!
//! # Trust
//!
//! The chain cannot see what a model was trained on. A grant is what the model's owner declares;
//! whoever trains without one has no record of a license, and that shows.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod datasets;
mod grants;
mod replacement;
mod requests;
pub mod terms;
mod try_state;
pub mod types;
mod views;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use crate::{
        types::{Dataset, Deposit, GrantRecord, NumberedTerms, Ordered, Request, MAX_VERSIONS},
        weights::WeightInfo,
    };
    use frame_support::{pallet_prelude::*, traits::Consideration, traits::Footprint};
    use frame_system::pallet_prelude::*;
    use myai_primitives::{
        Amount, Balance, Category, Clock, DatasetId, DatasetTerms, File, GrantId, ModelId, Money,
        Name, Openness, Owners, Payouts, Rules, SplitId, Splits, TermsNumber, Tick, VersionId,
        Versions,
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

        /// Where prices go.
        type Splits: Splits<Self::AccountId>;

        /// How what is held is paid.
        type Payouts: Payouts<Self::AccountId, Self::RuntimeHoldReason>;

        /// Versions that live by grants.
        type Versions: Versions;

        /// Who owns a model. Datasets are not asked for here.
        type Owners: Owners<Self::AccountId>;

        /// Time.
        type Clock: Clock;

        /// Least notice of a revocation.
        type Rules: Rules;

        /// Deposit of a dataset, and of an allowance to replace.
        type DatasetConsideration: Consideration<Self::AccountId, Footprint>;

        /// Deposit of a request or grant; a request's becomes its grant's.
        type GrantConsideration: Consideration<Self::AccountId, Footprint>;

        /// Longest that a request may wait for approval, in ticks.
        #[pallet::constant]
        type RequestPeriod: Get<Tick>;

        type WeightInfo: WeightInfo;

        /// What benchmarks need from other pallets.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: crate::benchmarking::BenchmarkHelper<Self::AccountId>;
    }

    /// Why this pallet holds money.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// The price of a grant that waits for approval.
        #[codec(index = 0)]
        GrantRequest,
        /// Storage of a dataset or of an allowance to replace.
        #[codec(index = 1)]
        DatasetDeposit,
        /// Storage of a request or grant.
        #[codec(index = 2)]
        GrantDeposit,
        /// What a revocation gives back, while the licensee cannot receive it.
        #[codec(index = 3)]
        GrantRefund,
    }

    pub type DatasetOf<T> =
        Dataset<<T as frame_system::Config>::AccountId, <T as Config>::DatasetConsideration>;
    pub type DatasetDepositOf<T> =
        Deposit<<T as frame_system::Config>::AccountId, <T as Config>::DatasetConsideration>;
    pub type GrantOf<T> =
        GrantRecord<<T as frame_system::Config>::AccountId, <T as Config>::GrantConsideration>;
    pub type RequestOf<T> =
        Request<<T as frame_system::Config>::AccountId, <T as Config>::GrantConsideration>;

    /// Datasets by id. Owner file `datasets.rs`; deleted by `remove_dataset`.
    #[pallet::storage]
    pub type Datasets<T: Config> =
        StorageMap<_, Twox64Concat, DatasetId, DatasetOf<T>, OptionQuery>;

    /// Ids of [`Datasets`] in their order, big-endian. Owner file `datasets.rs`; deleted with the
    /// dataset.
    #[pallet::storage]
    pub type DatasetIndex<T: Config> = StorageMap<_, Identity, Ordered, (), OptionQuery>;

    /// The id that the next dataset gets. Owner file `datasets.rs`; only grows.
    #[pallet::storage]
    pub type NextDataset<T: Config> = StorageValue<_, DatasetId, ValueQuery>;

    /// Terms by dataset and number. Owner file `terms.rs`; deleted when they are no longer the
    /// dataset's current ones and nothing was made under them, or with the dataset.
    #[pallet::storage]
    pub type Terms<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        DatasetId,
        Twox64Concat,
        TermsNumber,
        NumberedTerms,
        OptionQuery,
    >;

    /// Open requests by dataset and model. Owner file `requests.rs`; deleted by `approve`,
    /// `reject` and `withdraw`.
    #[pallet::storage]
    pub type Requests<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        DatasetId,
        Twox64Concat,
        ModelId,
        RequestOf<T>,
        OptionQuery,
    >;

    /// Grants by id. Owner file `grants.rs`; deleted by `remove_grant`.
    #[pallet::storage]
    pub type Grants<T: Config> = StorageMap<_, Twox64Concat, GrantId, GrantOf<T>, OptionQuery>;

    /// Ids of each model's [`Grants`] in their order, big-endian. Owner file `grants.rs`; deleted
    /// with the grant.
    #[pallet::storage]
    pub type GrantsByModel<T: Config> =
        StorageDoubleMap<_, Twox64Concat, ModelId, Identity, Ordered, (), OptionQuery>;

    /// The id that the next grant gets. Owner file `grants.rs`; only grows.
    #[pallet::storage]
    pub type NextGrant<T: Config> = StorageValue<_, GrantId, ValueQuery>;

    /// Versions that may move to a grant of the dataset from one of another dataset, with the
    /// deposit. Owner file `replacement.rs`; deleted when used or by `disallow_replacement`.
    #[pallet::storage]
    pub type Replacements<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        DatasetId,
        Twox64Concat,
        VersionId,
        DatasetDepositOf<T>,
        OptionQuery,
    >;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A dataset was registered; its income goes to `split`.
        DatasetRegistered {
            dataset: DatasetId,
            owner: T::AccountId,
            split: SplitId,
        },
        /// New grants are given under these terms from now on.
        TermsSet {
            dataset: DatasetId,
            number: TermsNumber,
        },
        /// The dataset's description changed.
        MetadataSet { dataset: DatasetId },
        /// The dataset gives no new grants.
        DatasetClosed { dataset: DatasetId },
        /// The dataset gives grants again.
        DatasetReopened { dataset: DatasetId },
        /// `to` may accept the dataset.
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
        /// `payer` has `price` on hold for a grant until the dataset's owner decides, at the
        /// latest at `expires`.
        GrantRequested {
            dataset: DatasetId,
            model: ModelId,
            payer: T::AccountId,
            number: TermsNumber,
            price: Amount,
            expires: Tick,
        },
        /// A request was refused and its money released.
        RequestRejected { dataset: DatasetId, model: ModelId },
        /// A request was taken back or had expired, and its money was released.
        RequestWithdrawn { dataset: DatasetId, model: ModelId },
        /// A model has a grant, for which the dataset's split gets `price`. It is over at `ends`.
        GrantGiven {
            grant: GrantId,
            dataset: DatasetId,
            model: ModelId,
            number: TermsNumber,
            price: Amount,
            ends: Option<Tick>,
        },
        /// A grant was extended to `ends` for `price`.
        GrantRenewed {
            grant: GrantId,
            price: Amount,
            ends: Tick,
        },
        /// A grant is over at `ends`; `to` gets `refund` for the time cut off.
        GrantRevoked {
            grant: GrantId,
            ends: Tick,
            refund: Amount,
            to: T::AccountId,
        },
        /// `version` may once be moved to a grant of the dataset.
        ReplacementAllowed {
            dataset: DatasetId,
            version: VersionId,
        },
        /// `version` may not be moved to a grant of the dataset any more.
        ReplacementDisallowed {
            dataset: DatasetId,
            version: VersionId,
        },
        /// A version lives by the grant `new` and no longer by `old`.
        VersionMoved {
            version: VersionId,
            old: GrantId,
            new: GrantId,
        },
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
        /// The model has no open request for the dataset.
        RequestNotFound,
        /// There is no such version.
        VersionNotFound,
        /// The sender does not own the dataset.
        NotDatasetOwner,
        /// The sender does not own the model.
        NotModelOwner,
        /// Until its deadline only who pays a request, or the model's owner, may withdraw it.
        NotRequester,
        /// A name needs at least one byte.
        NameEmpty,
        /// A file needs a length and at least one URI, each `https://` or `file://`.
        MetadataUnsound,
        /// The dataset gives no new grants.
        DatasetClosed,
        /// The dataset is open.
        DatasetNotClosed,
        /// The dataset is not offered to the sender, or to nobody.
        OwnershipNotOffered,
        /// The dataset was offered to its own owner.
        OfferedToOwner,
        /// Grants, requests or allowances name the dataset.
        DatasetInUse,
        /// The dataset has no terms under this number.
        TermsNotSet,
        /// The terms are no longer those of this number.
        TermsChanged,
        /// The price is above the most it may cost.
        PriceAboveMaxCost,
        /// The notice is shorter than the rules allow.
        NoticeTooShort,
        /// A period must be at least one tick.
        PeriodZero,
        /// The term over which a revocable perpetual grant is used up must be at least one tick.
        PerpetualTermZero,
        /// The least share is above 500,000 ppm.
        ShareAboveMaximum,
        /// Prices may not be in this asset.
        AssetNotAccepted,
        /// The model has an open request for the dataset.
        RequestOpen,
        /// A request must wait for at least one tick and at most `RequestPeriod`.
        RequestPeriodOutOfBounds,
        /// The request's deadline has passed.
        RequestExpired,
        /// The grant never ends.
        GrantPerpetual,
        /// The grant was revoked.
        GrantRevoked,
        /// The grant's terms do not allow revoking.
        GrantNotRevocable,
        /// What the revocation would give back is more than any balance.
        RefundBeyondBalance,
        /// The grant has ended.
        GrantLapsed,
        /// The grant has not ended, so only the model's owner may remove it.
        GrantNotEnded,
        /// Versions live by the grant.
        GrantInUse,
        /// The grant is another model's.
        GrantOfAnotherModel,
        /// The version does not live by the old grant.
        VersionNotUnderGrant,
        /// The version lives by the new grant already.
        VersionUnderGrantAlready,
        /// 16 versions live by the grant.
        TooManyVersions,
        /// The new dataset's owner has not allowed the version to move to it.
        ReplacementNotAllowed,
        /// The version may move to the dataset already.
        ReplacementAllowedAlready,
        /// The new terms ask more than the version, as it was published, can keep.
        TermsStricter,
        /// The end would be beyond what the clock counts.
        EndBeyondClock,
        /// The ids or numbers are used up.
        IdsExhausted,
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
        /// Income goes to `split`, for good. `None` makes one that pays all to whoever owns the
        /// dataset at the time of a claim; its deposit comes back to the sender when the dataset
        /// is removed. Holds the dataset's deposit. Gives no grants before `set_terms`.
        ///
        /// Errors: `NameEmpty`, `MetadataUnsound`, those of the split. Event:
        /// `DatasetRegistered`.
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

        /// Sets the terms for new grants. By the dataset's owner. Grants, and requests that are
        /// open, keep the terms that they were made under. Moves no money.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `PeriodZero`, `ShareAboveMaximum`,
        /// `NoticeTooShort`, `PerpetualTermZero`, `AssetNotAccepted`. Event: `TermsSet`.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::set_terms())]
        pub fn set_terms(
            origin: OriginFor<T>,
            dataset: DatasetId,
            terms: DatasetTerms,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            let number = Self::do_set_terms(&who, dataset, terms)?;
            Self::deposit_event(Event::TermsSet { dataset, number });
            Ok(())
        }

        /// Changes the description of a dataset. By its owner. Moves no money.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `MetadataUnsound`. Event: `MetadataSet`.
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

        /// Stops new grants and requests. By the dataset's owner. Grants stay and may be renewed;
        /// open requests may still be approved. Moves no money.
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
            Self::do_offer(&who, dataset, to)
        }

        /// Takes over a dataset that is offered to the sender. Holds the sender's deposit and
        /// frees the one before. Income not yet claimed by the dataset's owner follows.
        ///
        /// Errors: `DatasetNotFound`, `OwnershipNotOffered`, too little money for the deposit.
        /// Event: `OwnershipAccepted`.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::accept_ownership())]
        pub fn accept_ownership(origin: OriginFor<T>, dataset: DatasetId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_accept(who, dataset)
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

        /// Removes a dataset that no grant, request or allowance names, and the split that was
        /// made with it. By its owner. Frees the deposits.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `DatasetInUse`, those of removing the
        /// split (unclaimed income, or a version that pays it). Event: `DatasetRemoved`.
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::remove_dataset())]
        pub fn remove_dataset(origin: OriginFor<T>, dataset: DatasetId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove(&who, dataset)
        }

        /// Acquires a grant for `model` under the terms `number`, for at most `max_cost` units. By
        /// the model's owner.
        ///
        /// Where no approval is needed the price goes to the dataset's split at once and the
        /// grant begins. Otherwise the price is held and the request may be approved for `lasts`
        /// ticks, 1 to `RequestPeriod`; without approval `lasts` is not read. Holds the grant's
        /// deposit.
        ///
        /// Errors: `ModelNotFound`, `NotModelOwner`, `DatasetNotFound`, `DatasetClosed`,
        /// `TermsNotSet`, `TermsChanged` (set anew since the sender looked), `PriceAboveMaxCost`,
        /// `NoticeTooShort` and `AssetNotAccepted` (the rules have changed since the terms were
        /// set), `RequestOpen`, `RequestPeriodOutOfBounds`, `EndBeyondClock`, too little money.
        /// Event: `GrantGiven` or `GrantRequested`.
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

        /// Gives a grant that was requested; it begins now. By the dataset's owner. The held
        /// price goes to the dataset's split.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `RequestNotFound`, `RequestExpired`,
        /// `ModelNotFound`, `EndBeyondClock`. Event: `GrantGiven`.
        #[pallet::call_index(10)]
        #[pallet::weight(T::WeightInfo::approve())]
        pub fn approve(origin: OriginFor<T>, dataset: DatasetId, model: ModelId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_approve(&who, dataset, model)
        }

        /// Refuses a request. By the dataset's owner. Releases the held price and the deposit.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `RequestNotFound`. Event:
        /// `RequestRejected`.
        #[pallet::call_index(11)]
        #[pallet::weight(T::WeightInfo::reject())]
        pub fn reject(origin: OriginFor<T>, dataset: DatasetId, model: ModelId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_reject(&who, dataset, model)
        }

        /// Takes a request back. By who pays it or the model's owner; after its deadline by
        /// anybody. Releases the held price and the deposit to who pays.
        ///
        /// Errors: `RequestNotFound`, `NotRequester`. Event: `RequestWithdrawn`.
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

        /// Extends a grant by one period from its end, or from now if it has lapsed, under the
        /// terms that it was given under. By the model's owner. The price goes to the dataset's
        /// split; above `max_cost` it is refused.
        ///
        /// Errors: `GrantNotFound`, `ModelNotFound`, `NotModelOwner`, `GrantRevoked`,
        /// `GrantPerpetual`, `PriceAboveMaxCost`, `EndBeyondClock`, too little money. Event:
        /// `GrantRenewed`.
        #[pallet::call_index(13)]
        #[pallet::weight(T::WeightInfo::renew(MAX_VERSIONS))]
        pub fn renew(
            origin: OriginFor<T>,
            grant: GrantId,
            #[pallet::compact] max_cost: Balance,
        ) -> DispatchResultWithPostInfo {
            let who = ensure_signed(origin)?;
            let told = Self::do_renew(&who, grant, max_cost)?;
            Ok(Some(T::WeightInfo::renew(told)).into())
        }

        /// Ends a grant after the notice of its terms, or at its own end if that is sooner, and
        /// keeps it from being renewed. By the dataset's owner, who gives back the price of the
        /// time cut off, rounded up, out of free balance: it goes to the model's owner at once,
        /// or, where that account cannot receive it now, stays held as a debt.
        ///
        /// Errors: `GrantNotFound`, `NotDatasetOwner`, `GrantRevoked`, `GrantNotRevocable`,
        /// `ModelNotFound`, `RefundBeyondBalance`, too little money. Event: `GrantRevoked`.
        #[pallet::call_index(14)]
        #[pallet::weight(T::WeightInfo::revoke(MAX_VERSIONS))]
        pub fn revoke(origin: OriginFor<T>, grant: GrantId) -> DispatchResultWithPostInfo {
            let who = ensure_signed(origin)?;
            let told = Self::do_revoke(&who, grant)?;
            Ok(Some(T::WeightInfo::revoke(told)).into())
        }

        /// Moves a version from one grant of its model to another that is live. By the model's
        /// owner. To a grant of the same dataset it may always move; to one of another dataset
        /// once that dataset's owner has allowed it, which uses the allowance up and frees its
        /// deposit. The version's split stays as it is.
        ///
        /// Errors: `VersionNotFound`, `ModelNotFound`, `NotModelOwner`, `GrantNotFound`,
        /// `VersionNotUnderGrant`, `VersionUnderGrantAlready`, `GrantOfAnotherModel`,
        /// `GrantLapsed`, `ReplacementNotAllowed`, `TermsStricter`, `TooManyVersions`, those of
        /// the registry. Event: `VersionMoved`.
        #[pallet::call_index(15)]
        #[pallet::weight(T::WeightInfo::replace())]
        pub fn replace(
            origin: OriginFor<T>,
            version: VersionId,
            old: GrantId,
            new: GrantId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_replace(&who, version, old, new)
        }

        /// Lets a version move, once, from a grant of another dataset to one of this dataset. By
        /// the dataset's owner, who thereby waives the least share and the least per unit for
        /// that version: its split does not change. Holds a deposit until it is used or taken
        /// back.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `VersionNotFound`,
        /// `ReplacementAllowedAlready`, too little money. Event: `ReplacementAllowed`.
        #[pallet::call_index(16)]
        #[pallet::weight(T::WeightInfo::allow_replacement())]
        pub fn allow_replacement(
            origin: OriginFor<T>,
            dataset: DatasetId,
            version: VersionId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_allow_replacement(who, dataset, version)
        }

        /// Removes a grant that no version lives by. By the model's owner at any time, without a
        /// refund; once the grant has ended, or the model is gone, by anybody. Frees the deposit
        /// for who paid it.
        ///
        /// Errors: `GrantNotFound`, `GrantNotEnded`, `GrantInUse`. Event: `GrantRemoved`.
        #[pallet::call_index(17)]
        #[pallet::weight(T::WeightInfo::remove_grant())]
        pub fn remove_grant(origin: OriginFor<T>, grant: GrantId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove_grant(&who, grant)
        }

        /// Takes back what `allow_replacement` allowed and was not used. By the dataset's owner.
        /// Frees the deposit for who paid it.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `ReplacementNotAllowed`. Event:
        /// `ReplacementDisallowed`.
        #[pallet::call_index(18)]
        #[pallet::weight(T::WeightInfo::disallow_replacement())]
        pub fn disallow_replacement(
            origin: OriginFor<T>,
            dataset: DatasetId,
            version: VersionId,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_disallow_replacement(&who, dataset, version)
        }
    }
}
