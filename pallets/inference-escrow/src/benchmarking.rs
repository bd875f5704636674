//! Every call in its dearest case: a version priced in an asset that is not native, in which the
//! payout account has nothing yet, and a full payout.

use crate::{types::*, *};
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{traits::Consideration, BoundedVec};
use frame_system::RawOrigin;
use myai_primitives::*;
use myai_support::{Money, RulesAt, Versions};

/// What the benchmarks need of the other pallets.
pub trait BenchmarkHelper<AccountId> {
    /// A live version that may be served for a fee, that lives by so many grants and asks for the
    /// approval of hosts and users by so many licensors, all given to anybody who asks by
    /// [`Self::approve`]; priced above zero in the token, or in an accepted asset that is not native.
    fn version(native: bool, lives_by: u32, approvals: u32) -> VersionId;
    /// Lets `who` serve and use a version made by [`Self::version`].
    fn approve(version: VersionId, who: &AccountId);
    /// Retires a version made by [`Self::version`].
    fn retire(version: VersionId);
    /// Gives `who` plenty of the native token and of `asset`: at least 10⁶ times its minimum, and
    /// more than any worker's bond.
    fn fund(who: &AccountId, asset: &Asset);
    /// Some other model than those of such versions is suspended, so that openings look for it.
    fn suspend_a_model();
    /// Lets both clocks go on by `ticks`.
    fn advance(ticks: Tick);
}

const FEE: Balance = 1_000;
const UNITS: u32 = 2;

struct Cast<T: Config> {
    worker: T::AccountId,
    signer: T::AccountId,
    payout: T::AccountId,
    payer: T::AccountId,
    version: VersionId,
    asset: Asset,
}

fn details() -> WorkerDetails {
    let mut endpoint: Vec<u8> = b"https://".to_vec();
    endpoint.resize(MAX_URI as usize, b'a');
    let mut mailbox: Vec<u8> = b"wss://".to_vec();
    mailbox.resize(MAX_URI as usize, b'a');
    WorkerDetails {
        endpoint: BoundedVec::truncate_from(endpoint),
        mailbox: BoundedVec::truncate_from(mailbox),
        sealing_key: [1; 32],
        max_open_jobs: u32::MAX,
    }
}

fn rules<T: Config>() -> RuleSet {
    T::RulesAt::current()
        .map(|rules| rules.list)
        .unwrap_or_default()
}

fn bond<T: Config>() -> Balance {
    rules::<T>().min_worker_bond()
}

fn duration<T: Config>() -> Tick {
    rules::<T>().max_job_duration()
}

fn cast<T: Config>(native: bool, lives_by: u32, approvals: u32) -> Result<Cast<T>, BenchmarkError> {
    let version = T::BenchmarkHelper::version(native, lives_by, approvals);
    let worker: T::AccountId = account("worker", 0, 0);
    T::BenchmarkHelper::approve(version, &worker);
    T::BenchmarkHelper::approve(version, &account("payer", 0, 0));
    let asset = T::Versions::ensure_offer(version, &worker, FEE)?.asset;
    let cast = Cast {
        worker,
        signer: account("signer", 0, 0),
        payout: account("payout", 0, 0),
        payer: account("payer", 0, 0),
        version,
        asset,
    };
    for who in [&cast.worker, &cast.signer, &cast.payer] {
        T::BenchmarkHelper::fund(who, &cast.asset);
    }
    T::BenchmarkHelper::fund(&cast.payout, &Asset::Native);
    T::WorkerConsideration::ensure_successful(&cast.worker, Pallet::<T>::worker_footprint());
    T::OfferConsideration::ensure_successful(&cast.worker, Pallet::<T>::offer_footprint());
    Ok(cast)
}

impl<T: Config> Cast<T> {
    fn registered() -> Result<Self, BenchmarkError> {
        Self::registered_for(false, MAX_LINES, MAX_CONDITIONS)
    }

    fn registered_for(native: bool, grants: u32, licensors: u32) -> Result<Self, BenchmarkError> {
        let cast = cast::<T>(native, grants, licensors)?;
        Pallet::<T>::register_worker(
            RawOrigin::Signed(cast.worker.clone()).into(),
            cast.signer.clone(),
            cast.payout.clone(),
            details(),
            bond::<T>(),
        )?;
        Ok(cast)
    }

    fn serving() -> Result<Self, BenchmarkError> {
        Self::serving_for(false, MAX_LINES, MAX_CONDITIONS)
    }

    fn serving_for(native: bool, grants: u32, licensors: u32) -> Result<Self, BenchmarkError> {
        let cast = Self::registered_for(native, grants, licensors)?;
        Pallet::<T>::set_offer(
            RawOrigin::Signed(cast.worker.clone()).into(),
            cast.version,
            FEE,
            1,
        )?;
        Ok(cast)
    }

    fn with_job() -> Result<(Self, JobId), BenchmarkError> {
        Self::serving()?.with_open_job()
    }

    fn with_open_job(self) -> Result<(Self, JobId), BenchmarkError> {
        let job = self.open_job(0)?;
        Ok((self, job))
    }

    fn order(&self, salt: u8) -> Order<T::AccountId> {
        Order {
            payer: Payer::Own,
            parent: None,
            version: self.version,
            units: UNITS,
            max_cost: Balance::MAX,
            duration: duration::<T>(),
            open_by: <T::Clock as myai_support::Clock>::served() + MAX_OPEN_AHEAD,
            policies: None,
            uploader: match self.asset {
                Asset::Native => None,
                Asset::Id(_) => Some(account("uploader", 0, 0)),
            },
            input_commitment: [salt; 32],
            input_length: 1,
            run: Run::Direct {
                worker: self.worker.clone(),
                blob: [3; 32],
            },
        }
    }

    fn open_job(&self, salt: u8) -> Result<JobId, BenchmarkError> {
        let order = self.order(salt);
        let id = JobId::of(&self.payer, &self.payer, &order);
        let payer = RawOrigin::Signed(self.payer.clone());
        Pallet::<T>::open_job(payer.into(), alloc::boxed::Box::new(order))?;
        Ok(id)
    }

    /// So many rows of ended jobs that are due to be removed. Nobody has earned anything: the payout
    /// account has nothing in the asset.
    fn with_due_rows(&self, rows: u32) -> Result<(), BenchmarkError> {
        for n in 0..rows {
            let job = self.open_job(100 + n as u8)?;
            let signer = RawOrigin::Signed(self.signer.clone());
            Pallet::<T>::decline(signer.into(), job, DeclineReason::Other)?;
        }
        T::BenchmarkHelper::advance(duration::<T>() + rules::<T>().answer_kept() + 1);
        Ok(())
    }

    /// One unit of two: all four legs move money.
    fn attest(&self, job: JobId) -> Result<(), BenchmarkError> {
        let signer = RawOrigin::Signed(self.signer.clone());
        Pallet::<T>::attest(signer.into(), job, [4; 32], 1, [5; 32])?;
        Ok(())
    }
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn register_worker() -> Result<(), BenchmarkError> {
        let cast = cast::<T>(false, MAX_LINES, MAX_CONDITIONS)?;
        let who = cast.worker.clone();
        #[extrinsic_call]
        _(
            RawOrigin::Signed(who.clone()),
            cast.signer,
            cast.payout,
            details(),
            bond::<T>(),
        );
        assert!(Workers::<T>::contains_key(who));
        Ok(())
    }

    #[benchmark]
    fn update_worker() -> Result<(), BenchmarkError> {
        let cast = Cast::<T>::registered()?;
        let other: T::AccountId = account("other", 0, 0);
        #[extrinsic_call]
        _(
            RawOrigin::Signed(cast.worker),
            other.clone(),
            other.clone(),
            details(),
        );
        assert!(SignerOf::<T>::contains_key(other));
        Ok(())
    }

    #[benchmark]
    fn set_offer() -> Result<(), BenchmarkError> {
        let cast = Cast::<T>::registered()?;
        let who = cast.worker.clone();
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), cast.version, FEE, 1);
        assert!(Offers::<T>::contains_key(who, cast.version));
        Ok(())
    }

    #[benchmark]
    fn remove_offer() -> Result<(), BenchmarkError> {
        let cast = Cast::<T>::serving()?;
        let who = cast.worker.clone();
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), cast.version);
        assert!(!Offers::<T>::contains_key(who, cast.version));
        Ok(())
    }

    #[benchmark]
    fn pause() -> Result<(), BenchmarkError> {
        let cast = Cast::<T>::registered()?;
        #[extrinsic_call]
        _(RawOrigin::Signed(cast.signer));
        assert!(Workers::<T>::get(cast.worker).is_some_and(|w| w.paused));
        Ok(())
    }

    #[benchmark]
    fn resume() -> Result<(), BenchmarkError> {
        let cast = Cast::<T>::registered()?;
        Pallet::<T>::pause(RawOrigin::Signed(cast.signer.clone()).into())?;
        #[extrinsic_call]
        _(RawOrigin::Signed(cast.signer));
        assert!(Workers::<T>::get(cast.worker).is_some_and(|w| !w.paused));
        Ok(())
    }

    #[benchmark]
    fn bond_more() -> Result<(), BenchmarkError> {
        let cast = Cast::<T>::registered()?;
        let amount = T::Money::minimum(&cast.asset).max(1);
        #[extrinsic_call]
        _(RawOrigin::Signed(cast.worker.clone()), cast.asset, amount);
        assert_eq!(Pallet::<T>::bond_of(&cast.worker, &cast.asset), amount);
        Ok(())
    }

    #[benchmark]
    fn withdraw_bond() -> Result<(), BenchmarkError> {
        let cast = Cast::<T>::registered()?;
        let amount = T::Money::minimum(&cast.asset).max(1);
        let who = RawOrigin::Signed(cast.worker.clone());
        Pallet::<T>::bond_more(who.clone().into(), cast.asset, amount)?;
        #[extrinsic_call]
        _(who, cast.asset, amount);
        assert_eq!(Pallet::<T>::bond_of(&cast.worker, &cast.asset), 0);
        Ok(())
    }

    #[benchmark]
    fn leave() -> Result<(), BenchmarkError> {
        let cast = Cast::<T>::registered()?;
        // One that has worked leaves its record behind.
        Workers::<T>::mutate(&cast.worker, |worker| {
            if let Some(worker) = worker {
                worker.record.settled = 1;
            }
        });
        #[extrinsic_call]
        _(RawOrigin::Signed(cast.worker.clone()));
        assert!(Records::<T>::contains_key(&cast.worker));
        assert!(!Workers::<T>::contains_key(cast.worker));
        Ok(())
    }

    #[benchmark]
    fn clear_offer() -> Result<(), BenchmarkError> {
        let cast = Cast::<T>::serving()?;
        T::BenchmarkHelper::retire(cast.version);
        #[extrinsic_call]
        _(
            RawOrigin::Signed(cast.payer),
            cast.worker.clone(),
            cast.version,
        );
        assert!(!Offers::<T>::contains_key(cast.worker, cast.version));
        Ok(())
    }

    #[benchmark]
    fn open_job(
        l: Linear<0, MAX_LINES>,
        a: Linear<0, { 2 * MAX_CONDITIONS }>,
        r: Linear<0, MAX_REMOVED>,
        s: Linear<0, MAX_SUSPENSIONS>,
    ) -> Result<(), BenchmarkError> {
        // A licensor asks for two approvals, of the host and of the user.
        let cast = Cast::<T>::serving_for(false, l, a.div_ceil(2))?;
        cast.with_due_rows(r)?;
        if s > 0 {
            T::BenchmarkHelper::suspend_a_model();
        }
        // Its native account is in each block that has its transaction: nonce and fee are there.
        let payer = cast.payer.clone();
        whitelist_account!(payer);
        let job;
        #[block]
        {
            job = cast.open_job(0)?;
        }
        assert!(Jobs::<T>::contains_key(job));
        Ok(())
    }

    #[benchmark]
    fn open_job_native(
        l: Linear<0, MAX_LINES>,
        a: Linear<0, { 2 * MAX_CONDITIONS }>,
        r: Linear<0, MAX_REMOVED>,
        s: Linear<0, MAX_SUSPENSIONS>,
    ) -> Result<(), BenchmarkError> {
        // A licensor asks for two approvals, of the host and of the user.
        let cast = Cast::<T>::serving_for(true, l, a.div_ceil(2))?;
        cast.with_due_rows(r)?;
        if s > 0 {
            T::BenchmarkHelper::suspend_a_model();
        }
        // Its native account is in each block that has its transaction: nonce and fee are there.
        let payer = cast.payer.clone();
        whitelist_account!(payer);
        let job;
        #[block]
        {
            job = cast.open_job(0)?;
        }
        assert!(Jobs::<T>::contains_key(job));
        Ok(())
    }

    #[benchmark]
    fn attest() -> Result<(), BenchmarkError> {
        let (cast, job) = Cast::<T>::with_job()?;
        #[block]
        {
            cast.attest(job)?;
        }
        assert_eq!(Pallet::<T>::record_of(&cast.worker).settled, 1);
        Ok(())
    }

    #[benchmark]
    fn attest_native() -> Result<(), BenchmarkError> {
        let (cast, job) = Cast::<T>::serving_for(true, 0, 0)?.with_open_job()?;
        #[block]
        {
            cast.attest(job)?;
        }
        assert_eq!(Pallet::<T>::record_of(&cast.worker).settled, 1);
        Ok(())
    }

    #[benchmark]
    fn attest_first() -> Result<(), BenchmarkError> {
        let (cast, job) = Cast::<T>::serving_for(true, 0, 0)?.with_open_job()?;
        cast.attest(job)?;
        T::BenchmarkHelper::advance(EPOCH);
        let job = cast.open_job(1)?;
        let earned = Workers::<T>::get(&cast.worker).map(|worker| worker.record.epoch);
        #[block]
        {
            cast.attest(job)?;
        }
        let worker = Workers::<T>::get(&cast.worker);
        assert!(worker.is_some_and(|worker| Some(worker.record.epoch) > earned));
        Ok(())
    }

    #[benchmark]
    fn decline() -> Result<(), BenchmarkError> {
        let (cast, job) = Cast::<T>::with_job()?;
        #[extrinsic_call]
        _(
            RawOrigin::Signed(cast.signer),
            job,
            DeclineReason::BlobMissing,
        );
        assert_eq!(Pallet::<T>::record_of(&cast.worker).spoilt, 1);
        Ok(())
    }

    #[benchmark]
    fn expire() -> Result<(), BenchmarkError> {
        let (cast, job) = Cast::<T>::with_job()?;
        T::BenchmarkHelper::advance(duration::<T>() + 1);
        #[extrinsic_call]
        _(RawOrigin::Signed(cast.signer), job);
        assert_eq!(Pallet::<T>::record_of(&cast.worker).expired, 1);
        Ok(())
    }

    /// Both cursors' looks, of which the first goes by one job that has ended.
    #[benchmark]
    fn sweep_look() -> Result<(), BenchmarkError> {
        let (cast, job) = Cast::<T>::with_job()?;
        cast.attest(job)?;
        T::BenchmarkHelper::advance(duration::<T>() + 1);
        let mut meter = frame_support::weights::WeightMeter::new();
        #[block]
        {
            Pallet::<T>::sweep(&mut meter);
        }
        assert!(EndCursor::<T>::get().is_some());
        Ok(())
    }

    #[benchmark]
    fn sweep_pass() -> Result<(), BenchmarkError> {
        let (cast, job) = Cast::<T>::with_job()?;
        cast.attest(job)?;
        let row;
        #[block]
        {
            row = Deadlines::<T>::iter_keys()
                .next()
                .and_then(|(_, id)| Jobs::<T>::get(id));
        }
        assert!(matches!(row, Some(JobRow::Ended(_))));
        Ok(())
    }

    #[benchmark]
    fn sweep_end() -> Result<(), BenchmarkError> {
        let (cast, job) = Cast::<T>::with_job()?;
        T::BenchmarkHelper::advance(duration::<T>() + 1);
        let Ok(row) = Pallet::<T>::open_job_of(job) else {
            return Err(BenchmarkError::Stop("the job is open"));
        };
        #[block]
        {
            Pallet::<T>::end_expired(job, row);
        }
        assert_eq!(Pallet::<T>::record_of(&cast.worker).expired, 1);
        Ok(())
    }

    #[benchmark]
    fn sweep_remove() -> Result<(), BenchmarkError> {
        let (cast, job) = Cast::<T>::with_job()?;
        cast.attest(job)?;
        #[block]
        {
            if let Some((due, id)) = Deadlines::<T>::iter_keys().next() {
                if matches!(Jobs::<T>::get(id), Some(JobRow::Ended(_))) {
                    Pallet::<T>::forget(id, due_tick(due));
                }
            }
        }
        assert_eq!(Jobs::<T>::iter().count(), 0);
        Ok(())
    }

    #[benchmark]
    fn check_job_calls() -> Result<(), BenchmarkError> {
        let (cast, job) = Cast::<T>::with_job()?;
        let call = Call::<T>::attest {
            job,
            output_commitment: [4; 32],
            units: 1,
            blob: [5; 32],
        };
        // What the call itself reads is weighed with the call.
        for key in [
            Jobs::<T>::hashed_key_for(job),
            Workers::<T>::hashed_key_for(&cast.worker),
        ] {
            frame_benchmarking::benchmarking::add_to_whitelist(key.into());
        }
        let outlook;
        #[block]
        {
            outlook = Pallet::<T>::outlook(&cast.signer, &call);
        }
        assert!(matches!(outlook, Ok(Some(_))));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
