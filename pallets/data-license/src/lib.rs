//! Datasets, their terms, and the grants to train on them.
//!
//! # Words
//!
//! - A **dataset** is data under a license. It has an owner, a description by hash, and a split
//!   that its income goes to; a data cooperative is a dataset whose split has many shares.
//! - **Terms** are what its owner asks: clauses, price, period, how long it may be renewed,
//!   revocation. They are numbered; a change of terms or of metadata makes a new number, and what
//!   was given under an older one keeps that.
//! - A **grant** is one model's license to train on one dataset, under one number of its terms. A
//!   version *stands on* the grants that it was trained under, and whatever derives from it lives
//!   by them too: when one is over, no new work opens on any of them, unless the model has a later
//!   grant on the same dataset.
//! - A **request** is a wish for a grant that waits for the approval of the dataset's owner.
//! - An **instalment** is a payment for a revocable grant. It *vests*: it becomes the dataset's income
//!   evenly over the time that it was paid for.
//!
//! # Story
//!
//! A hospital registers a dataset and sets terms: 1,000 MAI a year, 5% of the income of what is
//! trained on it, approval needed, a notice of 30 days. The owner of a model acquires a grant: the
//! price is held in that owner's account until the hospital approves, and then lies in the vault
//! and becomes the hospital's day by day. The model publishes a version under the grant. Each year
//! somebody renews it, the owner or anyone who depends on the version. One day the hospital
//! revokes: the grant is over 30 days later, and what has not vested by then goes back to whoever
//! paid it. Revoking needs no money and cannot be blocked.
//!
//! # States
//!
//! ```text
//! grant    live ──(its end passes)──► lapsed ──renew──► live
//!          live ──revoke──► revoked, live until the notice is over ──► lapsed for good
//!          no version stands on it ──remove_grant──► gone
//! request  open ──approve──► a grant;  ──reject, withdraw, or its deadline──► gone
//! ```
//!
//! Time is [`myai_support::Clock::now`], in ticks. At its end a grant is over; at its deadline a
//! request may still be approved.
//!
//! # Money
//!
//! | what | from | to |
//! | --- | --- | --- |
//! | price of a grant that can never be revoked | whoever acquires or renews | the dataset's split, at once, no network cut |
//! | price of a revocable grant | whoever acquires or renews | the vault, as an instalment |
//! | what of an instalment has vested | the vault | the dataset's split, as a ledger entry |
//! | what has not when a revoked grant is over | the vault | whoever paid it |
//! | price of a request | requester, held as [`HoldReason::GrantRequest`] | as above, or released |
//! | storage deposits | whoever makes a dataset, grant or request | back to the same account |
//!
//! # Trust
//!
//! The chain cannot see what a model was trained on. A grant is what the model's owner declares;
//! whoever trains without one has no record of a license, and that shows.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod datasets;
mod grants;
mod requests;
pub mod terms;
mod try_state;
pub mod types;
mod vesting;
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
        types::{Dataset, GrantRecord, NumberedTerms, Request, MAX_VEST},
        weights::WeightInfo,
    };
    use alloc::boxed::Box;
    use frame_support::{pallet_prelude::*, traits::Consideration, traits::Footprint};
    use frame_system::pallet_prelude::*;
    use myai_primitives::{
        Amount, Balance, Category, DatasetId, DatasetTerms, File, GrantId, ModelId, Name, Openness,
        SplitId, TermsNumber, Tick, VersionId,
    };
    use myai_support::{Clock, Money, Owners, RulesAt, Splits, Unvested, Versions};

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

        /// Keeps what has not vested.
        type Unvested: Unvested<Self::AccountId, Self::RuntimeHoldReason>;

        /// Versions that stand on grants.
        type Versions: Versions<Self::AccountId>;

        /// Who owns a model. Datasets are not asked for here.
        type Owners: Owners<Self::AccountId>;

        /// Time.
        type Clock: Clock;

        /// Least notice of a revocation, greatest royalty.
        type RulesAt: RulesAt;

        /// Beginnings of the URIs that files may have: `https://`, in development also `file://`.
        type UriSchemes: Get<&'static [&'static str]>;

        /// Deposit of a dataset.
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
        /// Storage of a dataset.
        #[codec(index = 1)]
        DatasetDeposit,
        /// Storage of a request or grant.
        #[codec(index = 2)]
        GrantDeposit,
    }

    pub type DatasetOf<T> =
        Dataset<<T as frame_system::Config>::AccountId, <T as Config>::DatasetConsideration>;
    pub type GrantOf<T> =
        GrantRecord<<T as frame_system::Config>::AccountId, <T as Config>::GrantConsideration>;
    pub type RequestOf<T> =
        Request<<T as frame_system::Config>::AccountId, <T as Config>::GrantConsideration>;

    /// Datasets by id, big endian: storage lists them in the order of ids. Ids are counted, nobody
    /// chooses them, hence `Identity`. Owner file `datasets.rs`; deleted by `remove_dataset`.
    #[pallet::storage]
    pub type Datasets<T: Config> = StorageMap<_, Identity, [u8; 4], DatasetOf<T>, OptionQuery>;

    /// Datasets of an owner, by id, big endian. Owner file `datasets.rs`; follows the ownership.
    #[pallet::storage]
    pub type DatasetsOf<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Identity, [u8; 4], (), OptionQuery>;

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

    /// Ids of each model's [`Grants`] in their order, big endian. Owner file `grants.rs`; deleted
    /// with the grant.
    #[pallet::storage]
    pub type GrantsByModel<T: Config> =
        StorageDoubleMap<_, Twox64Concat, ModelId, Identity, [u8; 4], (), OptionQuery>;

    /// Of a model's grants on a dataset the one that ends last, as far as the last call that gave or
    /// renewed one has seen. Owner file `grants.rs`; deleted with the grant.
    #[pallet::storage]
    pub type LatestGrant<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        ModelId,
        Twox64Concat,
        DatasetId,
        GrantId,
        OptionQuery,
    >;

    /// The grant of a dataset that a version stands on. Owner file `grants.rs`; deleted with the
    /// version.
    #[pallet::storage]
    pub type StandsOn<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        VersionId,
        Twox64Concat,
        DatasetId,
        GrantId,
        OptionQuery,
    >;

    /// The id that the next grant gets. Owner file `grants.rs`; only grows.
    #[pallet::storage]
    pub type NextGrant<T: Config> = StorageValue<_, GrantId, ValueQuery>;

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
        /// The dataset's description changed, and with it the number of its terms.
        MetadataSet {
            dataset: DatasetId,
            number: TermsNumber,
        },
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
        /// The model's new owner may publish under the grant.
        LicenseeApproved {
            grant: GrantId,
            licensee: T::AccountId,
        },
        /// A grant was extended to `ends` for `price`, which `payer` paid.
        GrantRenewed {
            grant: GrantId,
            payer: T::AccountId,
            price: Amount,
            ends: Tick,
        },
        /// A grant is over at `ends`; what has not vested by then goes back to who paid it.
        GrantRevoked { grant: GrantId, ends: Tick },
        /// A version stands on the grant `to` and no longer on `from`.
        VersionMoved {
            version: VersionId,
            from: GrantId,
            to: GrantId,
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
        /// The model belongs to another account.
        NotModelOwner,
        /// Until its deadline only who pays a request, or the model's owner, may withdraw it.
        NotRequester,
        /// The request is another account's than the one named.
        RequestOfAnother,
        /// A name must be some text without control and format characters.
        NameNotText,
        /// The metadata's length, or one of its URIs, is not one that a file can have.
        MetadataNotSound,
        /// The license's text or the use policy has a length or URI that no file can have.
        LicenseFileNotSound,
        /// Only a split's maker may let a dataset pay it.
        SplitOfAnother,
        /// The dataset gives no new grants.
        DatasetClosed,
        /// The dataset is open.
        DatasetNotClosed,
        /// The dataset is not offered to the sender, or to nobody.
        OwnershipNotOffered,
        /// The dataset was offered to its own owner.
        OfferedToOwner,
        /// The owner has made another call on the dataset since the sender looked.
        ChangedMeanwhile,
        /// Grants, requests or versions need the dataset.
        DatasetInUse,
        /// The dataset has no terms under this number.
        TermsNotSet,
        /// The terms are no longer those of this number.
        TermsChanged,
        /// The terms allow nobody to train on the dataset.
        TrainingForbidden,
        /// The price is above `max_cost`.
        PriceAboveMaxCost,
        /// The notice is shorter than the rules allow.
        NoticeTooShort,
        /// A period, and a number of periods, must be at least one.
        PeriodZero,
        /// The term over which a revocable perpetual grant vests must be at least one tick.
        PerpetualTermZero,
        /// The royalty is above what the rules let a version give.
        RoyaltyAboveMaximum,
        /// Prices may not be in this asset.
        AssetNotAccepted,
        /// The model has an open request for the dataset.
        RequestOpen,
        /// A request must wait for at least one tick and at most `RequestPeriod`.
        RequestPeriodOutOfBounds,
        /// The request's deadline has passed.
        RequestExpired,
        /// The dataset's owner has not approved the model's owner.
        LicenseeNotApproved,
        /// The model's owner is approved already.
        LicenseeApprovedAlready,
        /// The grant never ends.
        GrantPerpetual,
        /// The grant was revoked.
        GrantRevoked,
        /// The grant's terms do not allow revoking.
        GrantNotRevocable,
        /// The grant has ended.
        GrantLapsed,
        /// The grant has not ended long enough ago for others than the model's owner to remove it.
        GrantNotEnded,
        /// Versions stand on the grant.
        GrantInUse,
        /// The grant is another model's.
        GrantOfAnotherModel,
        /// The grant is for another dataset.
        GrantOfAnotherDataset,
        /// Three payments for the grant have not vested yet.
        TooManyInstalments,
        /// A grant is renewed at most two periods or 432,000 ticks ahead.
        RenewedTooFar,
        /// The terms let the grant be renewed no further.
        NotRenewable,
        /// The version does not stand on the old grant.
        VersionNotUnderGrant,
        /// The version stands on the new grant already.
        VersionUnderGrantAlready,
        /// The end would be beyond what the clock counts.
        EndBeyondClock,
        /// The ids or numbers are used up.
        IdsExhausted,

        /// The license must be an SPDX expression, in printable ASCII.
        LicenseNotText,
        /// An attribution must be text without control and format characters.
        AttributionNotText,
        /// A royalty above 0 needs 1 to 4 floors, each above 0 and of another unit or asset.
        RoyaltyWithoutFloor,
        /// A royalty of 0 has no floors.
        FloorWithoutRoyalty,
        /// A fee limit must be above 0.
        FeeLimitZero,
        /// Where commercial use is forbidden a royalty must be 0.
        RoyaltyNotCommercial,
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
        /// Income goes to `split`, for good, which the sender must have made. `None` makes one that
        /// pays all to whoever owns the dataset at the time of a claim; its deposit comes back to the sender when the dataset
        /// is removed. Holds the dataset's deposit. Gives no grants before `set_terms`.
        ///
        /// Errors: `NameNotText`, `MetadataNotSound`, `SplitOfAnother`, those of the split. Event:
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
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, one for each clause that is not sound,
        /// `LicenseFileNotSound`, `RoyaltyAboveMaximum`, `PeriodZero`, `NoticeTooShort`,
        /// `PerpetualTermZero`, `AssetNotAccepted`. Event: `TermsSet`.
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

        /// Changes the description of a dataset, and the number of its terms: who acquires a grant
        /// names what it has looked at. By its owner. Moves no money.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `MetadataNotSound`. Event: `MetadataSet`.
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
            Self::do_transfer_ownership(&who, dataset, to)
        }

        /// Takes over a dataset that is offered to the sender, who names its `changes` as it saw
        /// them: any call of the owner on the dataset since is another dataset than it looked at.
        /// Holds the sender's deposit and frees the one before. Income not yet claimed by the
        /// dataset's owner follows.
        ///
        /// Errors: `DatasetNotFound`, `OwnershipNotOffered`, `ChangedMeanwhile`, too little money for
        /// the deposit. Event: `OwnershipAccepted`.
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

        /// Removes a dataset that no grant, request or version needs, and the split that was
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

        /// Acquires a grant for `model` under the terms `number`, for at most `max_cost`. By the
        /// model's owner.
        ///
        /// Where no approval is needed the price is paid at once and the grant begins: to the
        /// dataset's split where the grant can never be revoked, else into the vault, where it vests.
        /// Otherwise the price is held and the request may be approved for `lasts` ticks, 1 to
        /// `RequestPeriod`; without approval `lasts` is not read. Holds the grant's deposit.
        ///
        /// Errors: `ModelNotFound`, `NotModelOwner`, `DatasetNotFound`, `DatasetClosed`,
        /// `TermsNotSet`, `TermsChanged` (another number than the sender looked at),
        /// `TrainingForbidden`, `PriceAboveMaxCost`, those of `set_terms` where the rules have changed
        /// since, `RequestOpen`, `RequestPeriodOutOfBounds`, `EndBeyondClock`, too little money.
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

        /// Gives the grant that `licensee`, the model's owner, requested under the terms `number`; it
        /// begins now, and the held price is paid. Where nothing is requested: lets `licensee`, who
        /// has the model from a former owner, publish under the grant of that number. One approval
        /// is for one of the two, once. By the dataset's owner.
        ///
        /// Errors: `DatasetNotFound`, `NotDatasetOwner`, `ModelNotFound`, `NotModelOwner` (the model
        /// is not `licensee`'s), `TermsChanged`, `RequestOfAnother`, `RequestExpired`,
        /// `AssetNotAccepted`, `EndBeyondClock`, what paying says; `RequestNotFound`,
        /// `LicenseeApprovedAlready`. Event: `GrantGiven` or `LicenseeApproved`.
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

        /// Extends a grant by so many of its periods from its end, or from now if it has lapsed,
        /// under the terms that it was given under: at most two periods or 432,000 ticks ahead,
        /// whichever is longer. During a notice up to its end, at its part of the price, rounded up.
        /// By anyone, who pays, as for `acquire`; above `max_cost` it is refused.
        ///
        /// Errors: `GrantNotFound`, `GrantPerpetual`, `PeriodZero`, `GrantRevoked`,
        /// `AssetNotAccepted`, `PriceAboveMaxCost`, `RenewedTooFar`, `NotRenewable`,
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

        /// Ends a grant after the notice of its terms, or at its own end if that is sooner. By the
        /// dataset's owner. Moves no money: what has not vested when the grant is over goes back then
        /// to whoever paid it.
        ///
        /// Errors: `GrantNotFound`, `NotDatasetOwner`, `GrantRevoked`, `GrantNotRevocable`. Event:
        /// `GrantRevoked`.
        #[pallet::call_index(14)]
        #[pallet::weight(T::WeightInfo::revoke())]
        pub fn revoke(origin: OriginFor<T>, grant: GrantId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_revoke(&who, grant)
        }

        /// Moves a version to another live grant of the same dataset and model, whose clauses ask no
        /// more than those that it was published under. By the model's owner. Clauses and split of
        /// the version stay. Moves no money.
        ///
        /// Errors: `VersionNotFound`, `ModelNotFound`, `NotModelOwner`, `GrantNotFound`,
        /// `VersionNotUnderGrant`, `VersionUnderGrantAlready`, `GrantOfAnotherModel`,
        /// `GrantOfAnotherDataset`, `GrantLapsed`, those of the registry. Event: `VersionMoved`.
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

        /// Removes a grant that no version stands on. By the model's owner at any time: what has not
        /// vested vests. By anybody once one of its periods, and 14,400 ticks at least, have passed
        /// since its end. Frees the deposit for who paid it.
        ///
        /// Errors: `GrantNotFound`, `GrantInUse`, `GrantNotEnded`. Event: `GrantRemoved`.
        #[pallet::call_index(16)]
        #[pallet::weight(T::WeightInfo::remove_grant())]
        pub fn remove_grant(origin: OriginFor<T>, grant: GrantId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove_grant(&who, grant)
        }

        /// Makes what has vested of a grant's price the dataset's income, and gives back what has not
        /// once a revoked grant is over. By anyone. Every other call on a grant does so first.
        ///
        /// Errors: `GrantNotFound`.
        #[pallet::call_index(17)]
        #[pallet::weight(T::WeightInfo::vest())]
        pub fn vest(origin: OriginFor<T>, grant: GrantId) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_vest(grant)
        }

        /// As `vest`, for up to 32 grants, each by itself: one that is not there is passed by.
        #[pallet::call_index(18)]
        #[pallet::weight(T::WeightInfo::vest_many(grants.len() as u32))]
        pub fn vest_many(
            origin: OriginFor<T>,
            grants: BoundedVec<GrantId, ConstU32<MAX_VEST>>,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            for grant in grants {
                let _ = frame_support::storage::with_storage_layer(|| Self::do_vest(grant));
            }
            Ok(())
        }
    }
}
