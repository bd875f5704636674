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
pub mod packed;
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
pub use extension::CheckJobCalls;
pub use jobs::JobCallError;
pub use pallet::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use crate::{jobs::Order, types::*};
    use frame_support::{
        pallet_prelude::*,
        traits::{Consideration, Footprint},
        weights::WeightMeter,
    };
    use frame_system::pallet_prelude::*;
    use myai_primitives::{
        Amount, Asset, Balance, Clock, DeclineReason, Hash32, JobId, Mode, Money, Payouts,
        Revision, Rules, Splits, Tick, VersionId, Versions, WorkerDetails, MAX_LINES,
    };

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    pub type WorkerOf<T> =
        Worker<<T as frame_system::Config>::AccountId, <T as Config>::WorkerConsideration>;
    pub type OfferOf<T> = Offer<<T as Config>::OfferConsideration>;
    pub type JobOf<T> =
        Job<<T as frame_system::Config>::AccountId, <T as Config>::JobConsideration>;

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

        /// Asked for the network's split and which assets are accepted.
        type Splits: Splits<Self::AccountId>;

        type Versions: Versions;

        type Rules: Rules;

        type Clock: Clock;

        /// Deposit for a worker, borne by it until it leaves. Native, under
        /// [`HoldReason::WorkerDeposit`].
        type WorkerConsideration: Consideration<Self::AccountId, Footprint>;

        /// Deposit for an offer, borne by the worker. Native, under
        /// [`HoldReason::OfferDeposit`].
        type OfferConsideration: Consideration<Self::AccountId, Footprint>;

        /// Deposit for an open job, borne by its payer. Native, above zero, under
        /// [`HoldReason::JobDeposit`], where quotes look for it, and the HOP pool for who has
        /// open work.
        type JobConsideration: Consideration<Self::AccountId, Footprint>;

        type WeightInfo: WeightInfo;

        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
    }

    /// Why money is held. Indices 1 (`Session`) and 3 (`RevealBond`) are reserved.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// The gross of a payer's open jobs, and debts of ended ones.
        #[codec(index = 0)]
        Job,
        /// A worker's bond.
        #[codec(index = 2)]
        WorkerBond,
        /// Storage deposit of a payer's open jobs.
        #[codec(index = 4)]
        JobDeposit,
        /// Storage deposit of a worker.
        #[codec(index = 5)]
        WorkerDeposit,
        /// Storage deposit of a worker's offers.
        #[codec(index = 6)]
        OfferDeposit,
    }

    /// Workers by the account of their bond. Owner: `workers.rs`. Deleted when the worker leaves.
    #[pallet::storage]
    pub type Workers<T: Config> =
        StorageMap<_, Blake2_128Concat, T::AccountId, WorkerOf<T>, OptionQuery>;

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

    /// What each worker does and has done. Owner: `reputation.rs`. Never deleted: leaving and coming
    /// back changes nothing.
    #[pallet::storage]
    pub type Records<T: Config> =
        StorageMap<_, Blake2_128Concat, T::AccountId, WorkerRecord, ValueQuery>;

    /// Id of the next job. Owner: `jobs.rs`. A counter; never deleted.
    #[pallet::storage]
    pub type NextJob<T: Config> = StorageValue<_, JobId, ValueQuery>;

    /// Open jobs by id, big endian: storage lists them in the order of opening. Ids are counted,
    /// nobody chooses them, hence `Identity`. Owner: `jobs.rs`. Deleted when the job ends.
    #[pallet::storage]
    pub type Jobs<T: Config> = StorageMap<_, Identity, JobKey, JobOf<T>, OptionQuery>;

    /// Open jobs by deadline (tick of [`Clock::served`], big endian), so that storage lists the
    /// next deadline first, and job. Owner: `jobs.rs`. Deleted when the job ends.
    #[pallet::storage]
    pub type Deadlines<T: Config> =
        StorageDoubleMap<_, Identity, DueKey, Identity, JobKey, (), OptionQuery>;

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
        BondAdded {
            worker: T::AccountId,
            asset: Asset,
            amount: Balance,
        },
        BondWithdrawn {
            worker: T::AccountId,
            asset: Asset,
            amount: Balance,
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
        /// A job is open: `units × (price + fee)` is held.
        JobOpened {
            job: JobId,
            payer: T::AccountId,
            opener: Option<T::AccountId>,
            version: VersionId,
            mode: Mode,
            workers: NamedWorkers<T::AccountId>,
            units: u32,
            asset: Asset,
            /// For one unit.
            price: Balance,
            /// For one unit.
            fee: Balance,
            /// Last tick of [`Clock::served`] at which an attestation counts.
            deadline: Tick,
            revision: Revision,
            input_commitment: Hash32,
            /// Hash of the sealed input in the HOP pool.
            blob: Hash32,
        },
        /// The worker attested: this version turned the input into the output. The money is paid,
        /// what could not move is a debt.
        JobSettled {
            job: JobId,
            payer: T::AccountId,
            worker: T::AccountId,
            version: VersionId,
            /// To whom the fee went.
            payout: T::AccountId,
            asset: Asset,
            /// Units used.
            units: u32,
            /// For the units used, cuts included.
            price: Balance,
            fee: Balance,
            /// The network's cuts of both.
            network: Balance,
            /// The rest of the price, to the version's split.
            to_model: Balance,
            /// The rest of the fee, to the payout account.
            to_worker: Balance,
            /// Back to the payer.
            refunded: Balance,
            input_commitment: Hash32,
            output_commitment: Hash32,
            /// Hash of the sealed answer in the HOP pool.
            blob: Hash32,
        },
        /// The worker gave the job back.
        JobDeclined {
            job: JobId,
            payer: T::AccountId,
            worker: T::AccountId,
            reason: DeclineReason,
            asset: Asset,
            refunded: Balance,
        },
        /// The deadline passed without an answer.
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
        /// The native bond is, or would be, below the rules' least.
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
        NotServed,
        /// The version is not retired.
        NotRetired,
        /// Jobs are open.
        HasOpenWork,
        /// Versions are still served.
        HasOffers,
        /// The worker takes no new work.
        WorkerPaused,
        /// The worker has as many open jobs as it takes.
        NoRoom,
        /// The mode wants another number of workers.
        WrongNumberOfWorkers,
        /// A job has at least one unit.
        NoUnits,
        /// The duration is outside the rules' bounds.
        DurationOutOfBounds,
        /// The worker takes only longer jobs.
        ShorterThanOffered,
        /// The job costs more than the most it may.
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
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        /// Ends jobs whose deadline has passed, as far as the weight goes.
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
        /// the payout account can receive is not checked here: what it cannot becomes a debt.
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
        /// least `min_duration` ticks; or changes fee and least deadline for jobs opened later.
        /// A least deadline above the rules' longest stops new jobs on this version alone.
        ///
        /// By the worker. Holds a deposit (`OfferDeposit`) for a new offer.
        ///
        /// Errors: `WorkerNotFound`, `AssetNotAccepted`, `PayoutCannotReceive`, what the registry
        /// says of the version and the fee, or what holding says. Event: `OfferSet`.
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
        /// Errors: `NotServed`. Event: `OfferRemoved`.
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
            #[pallet::compact] amount: Balance,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_bond_more(who, asset, amount)
        }

        /// Takes `amount` of the sender's bond back. The native bond of a registered worker stays
        /// at or above the rules' least; bonds in other assets may be had back after leaving too.
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
            #[pallet::compact] amount: Balance,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_withdraw_bond(who, asset, amount)
        }

        /// Stops being a worker, with no open job and no offer left. The record stays.
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
        /// Errors: `NotServed`, `NotRetired`. Event: `OfferRemoved`.
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

        /// Opens a job of `units` on `version`, to be answered within `duration` ticks in which
        /// the chain serves. Pins price, fee and rules. `Direct` names exactly one worker. The
        /// sealed input, of hash `blob`, is uploaded once the job is open.
        ///
        /// By anyone. Holds units × (price + fee) (`Job`), which `max_cost` may not be less than, and
        /// a deposit (`JobDeposit`). A lock or freeze made later changes nothing about it. Of the
        /// fee, what was paid for ancestors that the version does not have, and for another asset
        /// than the token, comes back.
        ///
        /// Errors: `NoUnits`, `DurationOutOfBounds`, `WrongNumberOfWorkers`, `WorkerNotFound`,
        /// `NotServed`, `WorkerPaused`, `NoRoom`, `BondBelowMinimum`, `ShorterThanOffered`,
        /// `CostsMore`, what the registry says of the version, or what holding says.
        /// Event: `JobOpened`.
        #[pallet::call_index(10)]
        #[pallet::weight(T::WeightInfo::open_job(MAX_LINES))]
        pub fn open_job(
            origin: OriginFor<T>,
            version: VersionId,
            workers: NamedWorkers<T::AccountId>,
            mode: Mode,
            #[pallet::compact] units: u32,
            #[pallet::compact] max_cost: Balance,
            duration: Tick,
            input_commitment: Hash32,
            blob: Hash32,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            let order = Order {
                version,
                workers,
                mode,
                units,
                max_cost,
                duration,
                input_commitment,
                blob,
            };
            let (_, opening) = Self::do_open(payer, order)?;
            let weight = match opening.price.asset {
                Asset::Native => T::WeightInfo::open_job_native(opening.ancestors),
                Asset::Id(_) => T::WeightInfo::open_job(opening.ancestors),
            };
            Ok(Some(weight).into())
        }

        /// States that the job's version turned its input into the output committed to, with
        /// `units` used (at least one). `blob` is the hash of the sealed answer, uploaded before.
        /// Counts up to and at the deadline.
        ///
        /// By the signer of the job's worker; free when it succeeds. Pays the used units: the
        /// network's cuts, the version's split, the payout account; releases the rest and the
        /// deposit to the payer. What cannot move becomes a debt, and the job is settled all the
        /// same.
        ///
        /// Errors: `NotOpen`, `NotItsSigner`, `DeadlinePassed`, `UnitsOutOfBounds`.
        /// Event: `JobSettled`.
        #[pallet::call_index(11)]
        #[pallet::weight(T::WeightInfo::attest())]
        pub fn attest(
            origin: OriginFor<T>,
            job: JobId,
            output_commitment: Hash32,
            #[pallet::compact] units: u32,
            blob: Hash32,
        ) -> DispatchResultWithPostInfo {
            let who = ensure_signed(origin)?;
            let weight = match Self::do_attest(who, job, output_commitment, units, blob)? {
                Asset::Native => T::WeightInfo::attest_native(),
                Asset::Id(_) => T::WeightInfo::attest(),
            };
            Ok((Some(weight), Pays::No).into())
        }

        /// Gives the job back, up to and at the deadline.
        ///
        /// By the signer of the job's worker; free when it succeeds. Releases all that was held,
        /// and the deposit, to the payer.
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
            Ok(Pays::No.into())
        }

        /// Ends a job whose deadline has passed.
        ///
        /// By anyone. Releases all that was held, and the deposit, to the payer.
        ///
        /// Errors: `NotOpen`, `DeadlineNotPassed`. Event: `JobExpired`.
        #[pallet::call_index(13)]
        #[pallet::weight(T::WeightInfo::expire())]
        pub fn expire(origin: OriginFor<T>, job: JobId) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_expire(job)
        }
    }
}
