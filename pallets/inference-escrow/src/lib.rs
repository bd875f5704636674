#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod expiry;
pub mod extension;
mod funds;
mod jobs;
#[cfg(test)]
mod mock;
pub mod reputation;
pub mod settlement;
#[cfg(test)]
mod tests;
mod try_state;
pub mod types;
mod views;
pub mod weights;
mod workers;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use expiry::MAX_SWEEP;

/// Most rows of ended jobs that an opening removes.
pub const MAX_REMOVED: u32 = 2;

/// Most suspensions that an opening looks at: its model's.
pub const MAX_SUSPENSIONS: u32 = 1;
pub use extension::CheckJobCalls;
pub use pallet::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use crate::{
        jobs::{direct::Attested, Asks},
        types::*,
    };
    use alloc::boxed::Box;
    use frame_support::{
        pallet_prelude::*,
        traits::{Consideration, Footprint},
        weights::WeightMeter,
    };
    use frame_system::pallet_prelude::*;
    use myai_primitives::{
        Amount, Asset, Balance, DeclineReason, Hash32, JobId, Order, Revision, Run, Tick,
        VersionId, WorkerDetails, MAX_CONDITIONS, MAX_LINES,
    };
    use myai_support::{Clock, Credits, Money, Payouts, RulesAt, Splits, Suspensions, Versions};

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    pub type WorkerOf<T> = Worker<<T as frame_system::Config>::AccountId>;
    pub type ProfileOf<T> = WorkerProfile<<T as Config>::WorkerConsideration>;
    pub type OfferOf<T> = Offer<<T as Config>::OfferConsideration>;
    pub type JobOf<T> = Job<<T as frame_system::Config>::AccountId>;

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// The runtime's hold reasons.
        type RuntimeHoldReason: From<HoldReason> + Parameter + MaxEncodedLen;

        type Money: Money<Self::AccountId, Reason = Self::RuntimeHoldReason>;

        /// Pays what is due out of payers' holds, or remembers it as a debt.
        type Payouts: Payouts<Self::AccountId, Self::RuntimeHoldReason>;

        /// Takes what workers earned in epochs that are over.
        type Credits: Credits<Self::AccountId>;

        /// Asked for the network's split and which assets are accepted.
        type Splits: Splits<Self::AccountId>;

        type Versions: Versions<Self::AccountId>;

        type RulesAt: RulesAt;

        /// Asked for a worker that registers; of others the registry tells when they are suspended.
        type Suspensions: Suspensions<Self::AccountId>;

        type Clock: Clock;

        /// Deposit for a worker, borne by it until it leaves. Native, under
        /// [`HoldReason::WorkerDeposit`].
        type WorkerConsideration: Consideration<Self::AccountId, Footprint>;

        /// Deposit for an offer, borne by the worker. Native, under
        /// [`HoldReason::OfferDeposit`].
        type OfferConsideration: Consideration<Self::AccountId, Footprint>;

        type WeightInfo: WeightInfo;

        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
    }

    /// Why money is held. Indices 1 (`Session`) and 3 (`RevealBond`) are reserved.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// Gross and deposit of a payer's open jobs, and debts of ended ones.
        #[codec(index = 0)]
        Job,
        /// A worker's bond.
        #[codec(index = 2)]
        WorkerBond,
        /// Storage deposit of a worker.
        #[codec(index = 5)]
        WorkerDeposit,
        /// Storage deposit of a worker's offers.
        #[codec(index = 6)]
        OfferDeposit,
    }

    /// Workers by the account of their bond: what jobs touch. Owner: `workers.rs`; their records:
    /// `reputation.rs`. Deleted when the worker leaves.
    #[pallet::storage]
    pub type Workers<T: Config> =
        StorageMap<_, Blake2_128Concat, T::AccountId, WorkerOf<T>, OptionQuery>;

    /// How workers are reached, by the account of their bond. Owner: `workers.rs`. Deleted when the
    /// worker leaves.
    #[pallet::storage]
    pub type Profiles<T: Config> =
        StorageMap<_, Blake2_128Concat, T::AccountId, ProfileOf<T>, OptionQuery>;

    /// The worker that a signer acts for; one at most. Owner: `workers.rs`. Deleted when the
    /// worker takes another signer or leaves.
    #[pallet::storage]
    pub type SignerOf<T: Config> =
        StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId, OptionQuery>;

    /// What each worker serves, by worker and version. Owner: `workers.rs`. Deleted by `remove_offer`
    /// and `clear_offer`.
    #[pallet::storage]
    pub type Offers<T: Config> = StorageDoubleMap<
        _,
        Blake2_128Concat,
        T::AccountId,
        Blake2_128Concat,
        VersionId,
        OfferOf<T>,
        OptionQuery,
    >;

    /// Who serves each version: the keys of [`Offers`] turned round. Owner: `workers.rs`. Deleted
    /// with the offer.
    #[pallet::storage]
    pub type OffersByVersion<T: Config> = StorageDoubleMap<
        _,
        Blake2_128Concat,
        VersionId,
        Blake2_128Concat,
        T::AccountId,
        (),
        OptionQuery,
    >;

    /// What workers who left had done. Owner: `reputation.rs`. Moved into the worker's row when it
    /// comes back: leaving changes nothing.
    #[pallet::storage]
    pub type Records<T: Config> =
        StorageMap<_, Blake2_128Concat, T::AccountId, WorkerRecord, ValueQuery>;

    /// Jobs by id: open, or how they ended. Ids are hashes, hence `Identity`. Owner: `jobs.rs`.
    /// Deleted some time after the deadline.
    #[pallet::storage]
    pub type Jobs<T: Config> = StorageMap<_, Identity, JobId, JobRow<T::AccountId>, OptionQuery>;

    /// Jobs by deadline (tick of [`Clock::served`], big endian), so that storage lists the next
    /// deadline first, and id. Owner: `jobs.rs`. Deleted with the job's row.
    #[pallet::storage]
    pub type Deadlines<T: Config> =
        StorageDoubleMap<_, Identity, DueKey, Identity, JobId, (), OptionQuery>;

    /// The last entry of [`Deadlines`] that the ending cursor of the sweep looked at. Owner:
    /// `expiry.rs`. Never deleted.
    #[pallet::storage]
    pub type EndCursor<T: Config> = StorageValue<_, (DueKey, JobId), OptionQuery>;

    /// Open jobs of each worker. Owner: `jobs.rs`. Deleted when the job ends.
    #[pallet::storage]
    pub type JobsOfWorker<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Identity, JobId, (), OptionQuery>;

    /// How many open jobs name an account as uploader. Owner: `jobs.rs`. Deleted at zero.
    #[pallet::storage]
    pub type Uploaders<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u32, ValueQuery>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A worker registered with `bond` native units.
        WorkerRegistered {
            worker: T::AccountId,
            signer: T::AccountId,
            payout: T::AccountId,
            bond: Balance,
        },
        /// A worker has a new signer, payout account or details.
        WorkerUpdated {
            worker: T::AccountId,
            signer: T::AccountId,
            payout: T::AccountId,
        },
        /// A worker takes no new work.
        WorkerPaused { worker: T::AccountId },
        /// A worker takes new work again.
        WorkerResumed { worker: T::AccountId },
        /// A worker added to its bond.
        BondAdded {
            worker: T::AccountId,
            asset: Asset,
            value: Balance,
        },
        /// A worker took a part of its bond back.
        BondWithdrawn {
            worker: T::AccountId,
            asset: Asset,
            value: Balance,
        },
        /// A worker left with its native bond.
        WorkerLeft { worker: T::AccountId, bond: Balance },
        /// A worker serves a version, for `fee` a unit and jobs of at least `min_duration`
        /// ticks.
        OfferSet {
            worker: T::AccountId,
            version: VersionId,
            fee: Amount,
            min_duration: Tick,
        },
        /// A worker no longer serves a version.
        OfferRemoved {
            worker: T::AccountId,
            version: VersionId,
        },
        /// A job is open: `units × (unit_price + unit_fee) + deposit` is held.
        JobOpened {
            job: JobId,
            payer: T::AccountId,
            opener: T::AccountId,
            version: VersionId,
            run: Run<T::AccountId>,
            units: u32,
            asset: Asset,
            unit_price: Balance,
            unit_fee: Balance,
            deposit: Balance,
            /// Last tick of [`Clock::served`] at which an attestation counts.
            deadline: Tick,
            revision: Revision,
            /// The policies that the opener accepted.
            policies: Option<Hash32>,
            input_commitment: Hash32,
            input_length: u32,
        },
        /// The worker attested: this version turned the input into the output. The money is paid,
        /// what could not move is a debt.
        JobSettled {
            job: JobId,
            payer: T::AccountId,
            worker: T::AccountId,
            version: VersionId,
            /// To whom the fee went: the payout account, or the worker where that cannot receive.
            payout: T::AccountId,
            asset: Asset,
            /// Units used.
            units: u32,
            /// For the units used, cuts included.
            total_price: Balance,
            total_fee: Balance,
            /// The network's cuts of both.
            network: Balance,
            /// The rest of the price, to the version's split.
            to_model: Balance,
            /// The rest of the fee, to the payout account.
            to_worker: Balance,
            /// What came back to the payer, the deposit included; 0 where it became a debt.
            refunded: Balance,
            input_commitment: Hash32,
            output_commitment: Hash32,
            /// Hash of the sealed answer in the HOP pool.
            blob: Hash32,
        },
        /// The worker gave the job back. `charged` is what a payer lost who spoilt it, `refunded` what
        /// came back; 0 where it became a debt.
        JobDeclined {
            job: JobId,
            payer: T::AccountId,
            worker: T::AccountId,
            reason: DeclineReason,
            asset: Asset,
            charged: Balance,
            refunded: Balance,
        },
        /// The deadline passed without an answer. `refunded` is 0 where it became a debt.
        JobExpired {
            job: JobId,
            payer: T::AccountId,
            worker: T::AccountId,
            asset: Asset,
            refunded: Balance,
        },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// The account is a worker already.
        AlreadyRegistered,
        /// There is no such worker.
        WorkerNotFound,
        /// The signer acts for a worker already.
        SignerTaken,
        /// Neither endpoint nor mailbox is given, or one is malformed.
        Unreachable,
        /// The native bond is, or would be, below the rules' minimum.
        BondBelowMinimum,
        /// The bond is smaller than what is to be withdrawn.
        BondTooSmall,
        /// Nothing would move.
        ZeroAmount,
        /// The asset is not accepted.
        AssetNotAccepted,
        /// The payout account cannot receive what one unit earns.
        PayoutCannotReceive,
        /// The worker does not serve the version.
        OfferNotFound,
        /// The version is not retired.
        NotRetired,
        /// Jobs are open.
        HasOpenWork,
        /// Versions are still served.
        HasOffers,
        /// The worker takes no new work.
        WorkerPaused,
        /// The worker is suspended.
        WorkerSuspended,
        /// The worker has as many open jobs as it takes.
        NoRoom,
        /// A job has at least one unit.
        NoUnits,
        /// The duration is outside the rules' bounds.
        DurationOutOfBounds,
        /// The worker takes only longer jobs.
        ShorterThanOffered,
        /// The job costs more than `max_cost`.
        CostsMore,
        /// The job is not open.
        NotOpen,
        /// Not sent by the signer of the job's worker.
        NotItsSigner,
        /// The job's deadline has passed.
        DeadlinePassed,
        /// The job's deadline has not passed.
        DeadlineNotPassed,
        /// No units used, or more than were paid for.
        UnitsOutOfBounds,
        /// How the job ended is kept for some time yet.
        StillKept,
        /// The very same order has been opened before.
        JobExists,
        /// The order could be opened until an earlier tick.
        OrderExpired,
        /// The order may be opened at most 100 ticks of service ahead.
        OpenByTooFar,
        /// The policies that bind the version were not accepted.
        PolicyNotAccepted,
        /// Nobody can open a job yet that a model pays for, or that works for another.
        NoDelegates,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        /// Ends jobs whose deadline has passed and removes rows that were kept long enough, as far as
        /// the weight goes.
        fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
            let mut meter = WeightMeter::with_limit(remaining);
            Self::sweep(&mut meter);
            meter.consumed()
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Makes the sender a worker. `signer` attests and declines for it from then on, fees go
        /// to `payout`. A signer acts for one worker; it may be the sender.
        ///
        /// Holds `bond` native units (`WorkerBond`) and a deposit (`WorkerDeposit`).
        ///
        /// Errors: `AlreadyRegistered`, `SignerTaken`, `Unreachable`, `BondBelowMinimum`, or what
        /// holding says. Event: `WorkerRegistered`.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::register_worker())]
        pub fn register_worker(
            origin: OriginFor<T>,
            signer: T::AccountId,
            payout: T::AccountId,
            details: WorkerDetails,
            #[pallet::compact] bond: Balance,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_register(who, signer, payout, details, bond)
        }

        /// Changes the sender's signer, payout account and details, also for jobs that are open:
        /// a new signer answers them, a new payout account is paid for them. The chain keeps no
        /// earlier sealing key; a worker keeps its own until what was sealed to it has ended. That
        /// the payout account can receive is not checked here: what it cannot goes to the sender.
        ///
        /// By the worker (the bond's account). Moves no money.
        ///
        /// Errors: `WorkerNotFound`, `SignerTaken`, `Unreachable`. Event: `WorkerUpdated`.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::update_worker())]
        pub fn update_worker(
            origin: OriginFor<T>,
            signer: T::AccountId,
            payout: T::AccountId,
            details: WorkerDetails,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_update(who, signer, payout, details)
        }

        /// Serves `version` for `fee` a unit, in the asset of the version's price, to jobs of at
        /// least `min_duration` ticks; or changes both for jobs opened later.
        /// A `min_duration` above the rules' longest stops new jobs on this version alone.
        ///
        /// By the worker. Holds a deposit (`OfferDeposit`) for a new offer.
        ///
        /// Errors: `WorkerNotFound`, `WorkerSuspended`, `AssetNotAccepted`, `PayoutCannotReceive`, what
        /// the registry says of the version and the fee, or what holding says. Event: `OfferSet`.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::set_offer())]
        pub fn set_offer(
            origin: OriginFor<T>,
            version: VersionId,
            #[pallet::compact] fee: Balance,
            min_duration: Tick,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_offer(who, version, fee, min_duration)
        }

        /// Ends the offer of `version`: no new jobs on it. Open ones go on as they were opened.
        ///
        /// By the worker. Gives the offer's deposit back.
        ///
        /// Errors: `OfferNotFound`. Event: `OfferRemoved`.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::remove_offer())]
        pub fn remove_offer(origin: OriginFor<T>, version: VersionId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove_offer(who, version)
        }

        /// Takes no new work; open jobs go on.
        ///
        /// By the worker or its signer. Moves no money.
        ///
        /// Errors: `WorkerNotFound`. Event: `WorkerPaused`.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::pause())]
        pub fn pause(origin: OriginFor<T>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_paused(who, true)
        }

        /// Takes new work again.
        ///
        /// By the worker or its signer. Moves no money.
        ///
        /// Errors: `WorkerNotFound`. Event: `WorkerResumed`.
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::resume())]
        pub fn resume(origin: OriginFor<T>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_paused(who, false)
        }

        /// Adds `amount` of an accepted asset to the sender's bond.
        ///
        /// By the worker. Holds the amount (`WorkerBond`).
        ///
        /// Errors: `WorkerNotFound`, `ZeroAmount`, `AssetNotAccepted`, or what holding says.
        /// Event: `BondAdded`.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::bond_more())]
        pub fn bond_more(
            origin: OriginFor<T>,
            asset: Asset,
            #[pallet::compact] value: Balance,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_bond_more(who, asset, value)
        }

        /// Takes `value` of the sender's bond back. The native bond of a registered worker stays
        /// at or above the rules' minimum; bonds in other assets may be had back after leaving too.
        ///
        /// By the worker. Releases the amount (`WorkerBond`).
        ///
        /// Errors: `ZeroAmount`, `BondTooSmall`, `BondBelowMinimum`, or what releasing says.
        /// Event: `BondWithdrawn`.
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::withdraw_bond())]
        pub fn withdraw_bond(
            origin: OriginFor<T>,
            asset: Asset,
            #[pallet::compact] value: Balance,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_withdraw_bond(who, asset, value)
        }

        /// Stops being a worker, with no open job and no offer left. The record of one
        /// that has had a job stays.
        ///
        /// By the worker. Gives the whole native bond and the worker's deposit back.
        ///
        /// Errors: `WorkerNotFound`, `HasOpenWork`, `HasOffers`. Event: `WorkerLeft`.
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::leave())]
        pub fn leave(origin: OriginFor<T>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_leave(who)
        }

        /// Ends a worker's offer of a retired version, so that the version can be removed. Open jobs
        /// go on.
        ///
        /// By anyone. Gives the offer's deposit back to the worker.
        ///
        /// Errors: `OfferNotFound`, `NotRetired`. Event: `OfferRemoved`.
        #[pallet::call_index(9)]
        #[pallet::weight(T::WeightInfo::clear_offer())]
        pub fn clear_offer(
            origin: OriginFor<T>,
            worker: T::AccountId,
            version: VersionId,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_clear_offer(worker, version)
        }

        /// Opens a job: `units` of a version, to be answered within `duration` ticks in which the
        /// chain serves. Its id is the hash of payer, opener and order, so that it is known before it
        /// opens and the same on every fork; an order opens once. Pins price, fee, the version's
        /// split, the network's share and the rules. The sealed input is handed to the HOP pool once
        /// the job is open.
        ///
        /// By anyone, at the latest at `open_by`, with the hash of the policies that bind the version
        /// where any do. Holds units × (price + fee), which `max_cost` may not be less than, and the
        /// job's deposit, in the asset of the version's price (`Job`). A lock or freeze made later
        /// changes nothing about it. Of the fee for this call, what was paid for grants and approvals
        /// that the version does not ask for, for rows that were not there to be removed, for looking
        /// at suspensions where no model is suspended, and, in the token and without an uploader, for
        /// these, comes back.
        ///
        /// Errors: `NoDelegates`, `NoUnits`, `OrderExpired`, `OpenByTooFar`, `DurationOutOfBounds`,
        /// `JobExists`, `WorkerNotFound`, `OfferNotFound`, `WorkerSuspended`, `WorkerPaused`, `NoRoom`,
        /// `BondBelowMinimum`, `ShorterThanOffered`, `PolicyNotAccepted`, `CostsMore`,
        /// `PayoutCannotReceive`, `AssetNotAccepted`, what the registry says of the version, or what holding says.
        /// Event: `JobOpened`.
        #[pallet::call_index(10)]
        #[pallet::weight(T::WeightInfo::open_job(
            MAX_LINES,
            2 * MAX_CONDITIONS,
            MAX_REMOVED,
            MAX_SUSPENSIONS,
        ))]
        pub fn open_job(
            origin: OriginFor<T>,
            order: Box<Order<T::AccountId>>,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            let o = Self::do_open(payer, *order, Asks::Opener)?;
            let weight = match o.is_plain {
                true => T::WeightInfo::open_job_native(
                    o.lives_by,
                    o.approvals,
                    o.removed,
                    o.suspensions,
                ),
                false => T::WeightInfo::open_job(o.lives_by, o.approvals, o.removed, o.suspensions),
            };
            Ok(Some(weight).into())
        }

        /// States that the job's version turned its input into the output committed to, with
        /// `units` used (at least one). `blob` is the hash of the sealed answer, uploaded before.
        /// Counts up to and at the deadline.
        ///
        /// By the signer of the job's worker; free when it succeeds. Pays the used units: the
        /// network's cuts, the version's split, the payout account (the worker, where that cannot
        /// receive); releases the rest and the deposit to the payer. What cannot move becomes a debt,
        /// and the job is settled all the same.
        ///
        /// Errors: `NotOpen`, `NotItsSigner`, `DeadlinePassed`, `UnitsOutOfBounds`.
        /// Event: `JobSettled`.
        #[pallet::call_index(11)]
        #[pallet::weight(T::WeightInfo::attest().max(T::WeightInfo::attest_first()))]
        pub fn attest(
            origin: OriginFor<T>,
            job: JobId,
            output_commitment: Hash32,
            #[pallet::compact] units: u32,
            blob: Hash32,
        ) -> DispatchResultWithPostInfo {
            let who = ensure_signed(origin)?;
            let weight = match Self::do_attest(who, job, output_commitment, units, blob)? {
                Attested::Plain => T::WeightInfo::attest_native(),
                Attested::FirstOfEpoch => T::WeightInfo::attest_first(),
                Attested::Dear => T::WeightInfo::attest(),
            };
            Ok((Some(weight), Pays::No).into())
        }

        /// Gives the job back, up to and at the deadline.
        ///
        /// By the signer of the job's worker; free when it succeeds, but where the reason blames the
        /// payer (`BadInput`, `BlobMissing`). Releases all that was held to the payer; one who spoilt
        /// the job loses `spoilt_charge` of its deposit to the network's split.
        ///
        /// Errors: `NotOpen`, `NotItsSigner`, `DeadlinePassed`. Event: `JobDeclined`.
        #[pallet::call_index(12)]
        #[pallet::weight(T::WeightInfo::decline())]
        pub fn decline(
            origin: OriginFor<T>,
            job: JobId,
            reason: DeclineReason,
        ) -> DispatchResultWithPostInfo {
            let who = ensure_signed(origin)?;
            Self::do_decline(who, job, reason)?;
            Ok(match reason.blames_payer() {
                true => Pays::Yes,
                false => Pays::No,
            }
            .into())
        }

        /// Ends an open job whose deadline has passed, or removes the row of one that ended and was
        /// kept long enough.
        ///
        /// By anyone. Releases all that was held to the payer.
        ///
        /// Errors: `NotOpen`, `DeadlineNotPassed`, `StillKept`. Event: `JobExpired` where it was open.
        #[pallet::call_index(13)]
        #[pallet::weight(T::WeightInfo::expire())]
        pub fn expire(origin: OriginFor<T>, job: JobId) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_expire(job)
        }
    }
}
