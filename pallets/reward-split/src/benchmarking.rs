//! Every call in its worst case.

use crate::{issuance::key_of, splits::size, *};
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::traits::{Consideration, EnsureOrigin, Footprint, Get, Hooks};
use frame_system::RawOrigin;
use myai_primitives::{
    Asset, Balance, Beneficiary, Ppm, Share, Shares, SplitId, EPOCH, MAX_SHARES,
};
use myai_support::{Earners, Keeper, Money};
use sp_runtime::{traits::BlockNumberProvider, DispatchError};

const FOREIGN: u32 = 1_000;
const INCOME: Balance = 1_000_000_000_000;

const ASKED: AcceptedAsset = AcceptedAsset {
    job_deposit: 1,
    session_deposit: 1,
    min_lock: 1,
};

fn foreign() -> Asset {
    Asset::Id(FOREIGN)
}

/// One of as many assets as one call may claim in.
fn another(i: u32) -> Asset {
    Asset::Id(FOREIGN + i)
}

/// An account that can pay deposits.
fn depositor<T: Config>() -> T::AccountId {
    let who = account("depositor", 0, 0);
    T::BenchmarkHelper::fund(&Asset::Native, &who);
    for _ in 0..=MAX_SHARES {
        T::SplitConsideration::ensure_successful(
            &who,
            Footprint::from_parts(1, size::<T::AccountId>(MAX_SHARES as usize)),
        );
    }
    who
}

/// `n` shares of as equal parts as can be.
fn lines<T: Config>(
    n: u32,
    beneficiary: impl Fn(u32) -> Beneficiary<T::AccountId>,
) -> Shares<T::AccountId> {
    let each = 1_000_000 / n;
    let lines: Vec<_> = (0..n)
        .map(|i| {
            let parts = if i == 0 {
                1_000_000 - each * (n - 1)
            } else {
                each
            };
            Share {
                beneficiary: beneficiary(i),
                parts: Ppm(parts),
            }
        })
        .collect();
    Shares::truncate_from(lines)
}

fn one<T: Config>(
    who: &T::AccountId,
    beneficiary: Beneficiary<T::AccountId>,
) -> Result<SplitId, BenchmarkError> {
    let shares = lines::<T>(1, |_| beneficiary.clone());
    Ok(Pallet::<T>::do_create(Some(who), shares, Keeper::None)?)
}

/// Shares that each name another split.
fn naming<T: Config>(who: &T::AccountId, n: u32) -> Result<Shares<T::AccountId>, BenchmarkError> {
    let mut named = vec![];
    for i in 0..n {
        named.push(one::<T>(who, Beneficiary::Account(account("heir", i, 0)))?);
    }
    Ok(lines::<T>(n, |i| Beneficiary::Split(named[i as usize])))
}

/// An asset accepted, and somebody who has plenty of it.
fn accepted<T: Config>() -> Result<T::AccountId, BenchmarkError> {
    let payer = account("payer", 0, 0);
    T::BenchmarkHelper::fund(&Asset::Native, &Pallet::<T>::vault());
    T::BenchmarkHelper::fund(&foreign(), &payer);
    T::BenchmarkHelper::fund(&foreign(), &T::Treasury::get());
    Pallet::<T>::do_accept_asset(FOREIGN, ASKED)?;
    Ok(payer)
}

/// A split with income in an asset, all of it owed to a model's owner.
fn owing<T: Config>(
    who: &T::AccountId,
    payer: &T::AccountId,
    asset: &Asset,
    i: u32,
) -> Result<SplitId, BenchmarkError> {
    let owner = account("owner", i, 0);
    T::BenchmarkHelper::fund(&Asset::Native, &owner);
    let (version, model) = T::BenchmarkHelper::version(&owner);
    let shares = lines::<T>(MAX_SHARES, |_| Beneficiary::ModelOwner(model));
    let split = Pallet::<T>::do_create(Some(who), shares, Keeper::Version(version))?;
    Pallet::<T>::receive_free(payer, asset, INCOME, split)?;
    Ok(split)
}

/// `n` assets are accepted, whatever was before.
fn fill_accepted<T: Config>(n: u32) {
    let before: Vec<u32> = AcceptedAssets::<T>::iter_keys().collect();
    before.into_iter().for_each(AcceptedAssets::<T>::remove);
    for id in 0..n {
        AcceptedAssets::<T>::insert(2_000_000 + id, ASKED);
    }
}

/// Issuance begins now, in an epoch long after the first.
fn begin<T: Config>() {
    Issuance::<T>::kill();
    Clock::<T>::kill();
    Epochs::<T>::iter_keys().for_each(Epochs::<T>::remove);
    T::RelayNumber::set_block_number(100 * EPOCH);
    <Pallet<T> as Hooks<_>>::on_finalize(1u32.into());
    // Whatever benchmarks were given counts for nothing.
    Issuance::<T>::put(Issued::begin(100 * EPOCH, T::Cap::get()));
}

/// The epoch that runs ends.
fn end_epoch<T: Config>() {
    let next = Pallet::<T>::running_epoch() + 1;
    T::RelayNumber::set_block_number(next * EPOCH);
    <Pallet<T> as Hooks<_>>::on_finalize(1u32.into());
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn create_split(s: Linear<1, MAX_SHARES>) -> Result<(), BenchmarkError> {
        let who = depositor::<T>();
        let shares = naming::<T>(&who, s)?;
        let id = NextSplit::<T>::get();
        #[extrinsic_call]
        _(RawOrigin::Signed(who), shares);
        assert!(Splits::<T>::contains_key(id));
        Ok(())
    }

    #[benchmark]
    fn claim() -> Result<(), BenchmarkError> {
        let who = depositor::<T>();
        let payer = accepted::<T>()?;
        let split = owing::<T>(&who, &payer, &foreign(), 0)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(who), split, foreign(), MAX_SHARES - 1);
        assert!(Paid::<T>::get(split, foreign())[MAX_SHARES as usize - 1] > 0);
        Ok(())
    }

    #[benchmark]
    fn claim_many(n: Linear<1, MAX_CLAIMS>) -> Result<(), BenchmarkError> {
        let who = depositor::<T>();
        let payer = accepted::<T>()?;
        let mut claims = vec![];
        // Each in another asset: nothing that one touches is touched by the next.
        for i in 0..n {
            for who in [&payer, &Pallet::<T>::vault()] {
                T::BenchmarkHelper::fund(&another(i), who);
            }
            claims.push((owing::<T>(&who, &payer, &another(i), i)?, another(i), 0));
        }
        let first = claims[0].0;
        let claims = claims
            .try_into()
            .map_err(|_| BenchmarkError::Stop("too many claims"))?;
        #[extrinsic_call]
        _(RawOrigin::Signed(who), claims);
        assert!(Paid::<T>::get(first, foreign())[0] > 0);
        Ok(())
    }

    #[benchmark]
    fn remove_split(
        s: Linear<1, MAX_SHARES>,
        a: Linear<0, MAX_RECEIVED>,
    ) -> Result<(), BenchmarkError> {
        let who = depositor::<T>();
        let shares = naming::<T>(&who, s)?;
        let split = Pallet::<T>::do_create(Some(&who), shares, Keeper::None)?;
        for id in 0..a {
            // All claimed but as much dust as can be.
            let asset = Asset::Id(id);
            let mut paid = Paid::<T>::get(split, asset);
            paid.bounded_resize(s as usize, 1_000);
            Paid::<T>::insert(split, asset, paid);
            Received::<T>::insert(split, asset, Income::from(Balance::from(s) * 1_001 - 1));
        }
        #[extrinsic_call]
        _(RawOrigin::Signed(who), split);
        assert!(!Splits::<T>::contains_key(split));
        Ok(())
    }

    #[benchmark]
    fn set_network_shares(s: Linear<1, MAX_SHARES>) -> Result<(), BenchmarkError> {
        let old = Pallet::<T>::network_split();
        let each = 250_000 / MAX_SHARES;
        let mut shares = vec![Share {
            beneficiary: Beneficiary::Account(T::Treasury::get()),
            parts: Ppm(1_000_000 - each * (s - 1)),
        }];
        for i in 1..s {
            let beneficiary = Beneficiary::Account(account("heir", i, 0));
            shares.push(Share {
                beneficiary,
                parts: Ppm(each),
            });
        }
        let origin =
            T::NetworkOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, Shares::truncate_from(shares));
        assert!(Pallet::<T>::network_split() != old);
        Ok(())
    }

    #[benchmark]
    fn pay_out() -> Result<(), BenchmarkError> {
        let who = depositor::<T>();
        let payer = accepted::<T>()?;
        let split = one::<T>(&who, Beneficiary::Account(who.clone()))?;
        let reason = Pallet::<T>::income();
        T::Money::hold(&foreign(), &reason, &payer, INCOME)?;
        let destination = Destination::Split(split);
        let error = DispatchError::Unavailable;
        Pallet::<T>::record_debt(
            &payer,
            &reason,
            &foreign(),
            INCOME,
            destination.clone(),
            error,
        );
        #[extrinsic_call]
        _(
            RawOrigin::Signed(who),
            payer,
            reason,
            foreign(),
            destination,
        );
        assert_eq!(Received::<T>::get(split, foreign()).total, INCOME);
        assert_eq!(Debts::<T>::iter().count(), 0);
        Ok(())
    }

    #[benchmark]
    fn accept_asset() -> Result<(), BenchmarkError> {
        T::BenchmarkHelper::fund(&Asset::Native, &Pallet::<T>::vault());
        T::BenchmarkHelper::fund(&foreign(), &T::Treasury::get());
        fill_accepted::<T>(MAX_ACCEPTED - 1);
        let origin =
            T::RulesOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, FOREIGN, 1, 1, 1);
        assert!(Pallet::<T>::is_accepted(&foreign()));
        Ok(())
    }

    #[benchmark]
    fn drop_asset() -> Result<(), BenchmarkError> {
        accepted::<T>()?;
        let origin =
            T::RulesOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, FOREIGN);
        assert!(!Pallet::<T>::is_accepted(&foreign()));
        Ok(())
    }

    #[benchmark]
    fn sweep_surplus() -> Result<(), BenchmarkError> {
        let payer = accepted::<T>()?;
        T::Money::transfer(&foreign(), &payer, &Pallet::<T>::vault(), INCOME)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(payer), foreign());
        let network = Pallet::<T>::network_split();
        assert_eq!(Received::<T>::get(network, foreign()).total, INCOME);
        Ok(())
    }

    /// Of a split of the network's that has no more this epoch, for a worker that left, both of which
    /// earned in an earlier epoch.
    #[benchmark]
    fn pay_out_cut() -> Result<(), BenchmarkError> {
        let who = depositor::<T>();
        let payer = accepted::<T>()?;
        T::BenchmarkHelper::fund(&Asset::Native, &payer);
        let worker: T::AccountId = account("worker", 0, 0);
        let split = one::<T>(&who, Beneficiary::Account(who.clone()))?;
        begin::<T>();
        T::Earners::earn(&worker, 0, INCOME);
        Pallet::<T>::receive_free(&payer, &Asset::Native, INCOME, split)?;
        Pallet::<T>::earn(split, INCOME, 0);
        end_epoch::<T>();
        let reason = Pallet::<T>::income();
        T::Money::hold(&Asset::Native, &reason, &payer, INCOME)?;
        let destination = Destination::Cut {
            to: Pallet::<T>::network_split(),
            of: Some(split),
            worker,
        };
        Pallet::<T>::record_debt(
            &payer,
            &reason,
            &Asset::Native,
            INCOME,
            destination.clone(),
            DispatchError::Unavailable,
        );
        #[extrinsic_call]
        pay_out(
            RawOrigin::Signed(who),
            payer,
            reason,
            Asset::Native,
            destination,
        );
        assert_eq!(Debts::<T>::iter().count(), 0);
        assert!(Credits::<T>::iter().count() >= 2);
        Ok(())
    }

    /// By a worker: its row is the dearest.
    #[benchmark]
    fn claim_issuance() -> Result<(), BenchmarkError> {
        let who = depositor::<T>();
        T::BenchmarkHelper::fund(&Asset::Native, &Pallet::<T>::vault());
        let worker: T::AccountId = account("worker", 0, 0);
        begin::<T>();
        T::Earners::earn(&worker, 0, INCOME);
        Pallet::<T>::earn(Pallet::<T>::network_split(), 0, INCOME);
        end_epoch::<T>();
        let epoch = Pallet::<T>::running_epoch() - 1;
        #[extrinsic_call]
        _(
            RawOrigin::Signed(who),
            epoch,
            Beneficiary::Account(worker.clone()),
        );
        let payout = T::Earners::payout(&worker);
        assert_eq!(T::Money::balance(&Asset::Native, &payout), INCOME / 2);
        Ok(())
    }

    #[benchmark]
    fn pay_author() {
        T::BenchmarkHelper::fund(&Asset::Native, &Pallet::<T>::vault());
        begin::<T>();
        end_epoch::<T>();
        let author: T::AccountId = account("author", 0, 0);
        #[block]
        {
            Pallet::<T>::pay_author(&author);
        }
        assert!(T::Money::balance(&Asset::Native, &author) > 0);
    }

    #[benchmark]
    fn forget_credit() {
        Clock::<T>::put(Reading {
            last: EPOCH * (CLAIM_EPOCHS + 2),
            served: 0,
        });
        let whose = Beneficiary::<T::AccountId>::Account(account("worker", 0, 0));
        Credits::<T>::insert(key_of(0), &whose, 1);
        Credits::<T>::insert(key_of(CLAIM_EPOCHS + 1), whose, 1);
        let mut meter = frame_support::weights::WeightMeter::new();
        #[block]
        {
            // It looks at the next one, too.
            Pallet::<T>::forget_credits(&mut meter);
        }
        assert_eq!(Credits::<T>::iter().count(), 1);
    }

    /// An epoch ends in which contributors have earned, two close for claims, and the treasury is paid.
    #[benchmark]
    fn on_finalize() {
        T::BenchmarkHelper::fund(&Asset::Native, &Pallet::<T>::vault());
        begin::<T>();
        end_epoch::<T>();
        let running = Pallet::<T>::running_epoch();
        for epoch in 0..2 {
            let closed = ClosedEpoch {
                pool: 1,
                credits: 2,
                unpaid: 1,
            };
            Epochs::<T>::insert(key_of(epoch), closed);
        }
        // What they come to is there.
        Issuance::<T>::mutate(|issued| {
            if let Some(issued) = issued {
                issued.authors = issued.authors.saturating_sub(2);
            }
        });
        Pallet::<T>::earn(Pallet::<T>::network_split(), 0, INCOME);
        T::RelayNumber::set_block_number((running + 1) * EPOCH);
        #[block]
        {
            <Pallet<T> as Hooks<_>>::on_finalize(1u32.into());
        }
        assert_eq!(Epochs::<T>::iter().count(), 1);
        assert_eq!(Issuance::<T>::get().map(|issued| issued.treasury), Some(0));
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
