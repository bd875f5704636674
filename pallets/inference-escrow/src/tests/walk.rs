//! A random walk through every call: whatever comes in whatever order, the invariants hold, no
//! money is made or lost, and in the end nothing is left behind.

use crate::{extension::CheckJobCalls, mock::*, types::JobRow, *};
use frame_support::{
    dispatch::{DispatchResultWithPostInfo, GetDispatchInfo},
    traits::Hooks,
    weights::Weight,
};
use myai_primitives::*;
use proptest::prelude::*;
use sp_runtime::{
    traits::{DispatchTransaction, Dispatchable},
    transaction_validity::TransactionSource,
};

#[derive(Clone, Debug)]
enum Step {
    Register(u8, u8),
    Update(u8, u8),
    Serve(u8, u8, u16),
    Unserve(u8, u8),
    Pause(u8, bool),
    Bond(u8, u16, bool),
    Leave(u8),
    Clear(u8, u8),
    /// Who, which of the offers, units, duration.
    Open(u8, u8, u8, u8),
    Attest(u8, u8, u8),
    Decline(u8, u8),
    Expire(u8),
    Quote(u8, u8, u8),
    Advance(u8),
    Idle,
    Price(u8, u16),
    Retire(u8),
    Share(u16),
    Stuck(bool),
}

fn steps() -> impl Strategy<Value = Step> {
    use Step::*;
    let (who, v, n) = (1..=8u8, 1..=3u8, 0..12u8);
    prop_oneof![
        4 => (who.clone(), who.clone()).prop_map(|(a, b)| Register(a, b)),
        2 => (who.clone(), who.clone()).prop_map(|(a, b)| Update(a, b)),
        8 => (who.clone(), v.clone(), any::<u16>()).prop_map(|(a, b, c)| Serve(a, b, c)),
        2 => (who.clone(), v.clone()).prop_map(|(a, b)| Unserve(a, b)),
        2 => (who.clone(), any::<bool>()).prop_map(|(a, b)| Pause(a, b)),
        2 => (who.clone(), any::<u16>(), any::<bool>()).prop_map(|(a, b, c)| Bond(a, b, c)),
        2 => who.clone().prop_map(Leave),
        2 => (who.clone(), v.clone()).prop_map(|(a, b)| Clear(a, b)),
        30 => (who.clone(), any::<u8>(), 0..8u8, 5..60u8)
            .prop_map(|(a, b, c, d)| Open(a, b, c, d)),
        20 => (who.clone(), n.clone(), 0..6u8).prop_map(|(a, b, c)| Attest(a, b, c)),
        6 => (who.clone(), n.clone()).prop_map(|(a, b)| Decline(a, b)),
        6 => n.prop_map(Expire),
        2 => (who.clone(), who, v.clone()).prop_map(|(a, b, c)| Quote(a, b, c)),
        6 => (0..15u8).prop_map(Advance),
        2 => Just(Idle),
        2 => (v.clone(), any::<u16>()).prop_map(|(a, b)| Price(a, b)),
        1 => v.prop_map(Retire),
        2 => (0..1_000u16).prop_map(Share),
        2 => any::<bool>().prop_map(Stuck),
    ]
}

/// Signs a call and sees that the extension refuses it only if it would fail, and always if it
/// ends a job and would.
fn send(who: AccountId, call: Call<Test>) -> DispatchResultWithPostInfo {
    let ends_job = matches!(
        call,
        Call::attest { .. } | Call::decline { .. } | Call::expire { .. }
    );
    let call = RuntimeCall::from(call);
    let valid = CheckJobCalls::<Test>::new().validate_only(
        signed(who.clone()),
        &call,
        &call.get_dispatch_info(),
        0,
        TransactionSource::External,
        0,
    );
    let result = frame_support::storage::with_storage_layer(|| call.dispatch(signed(who)));
    assert_eq!(valid.is_err(), ends_job && result.is_err());
    result
}

/// One of the jobs, open or ended, or one that is not.
fn pick_job(pick: u8) -> JobId {
    let all: Vec<JobId> = Jobs::<Test>::iter_keys().collect();
    let of = all.get(usize::from(pick) % (all.len() + 1)).copied();
    of.unwrap_or(JobId([pick; 32]))
}

/// One of the offers, or none.
fn pick_offer(pick: u8) -> (AccountId, VersionId) {
    let offers: Vec<_> = Offers::<Test>::iter_keys().collect();
    let of = offers.get(usize::from(pick) % (offers.len() + 1)).cloned();
    of.unwrap_or((account(pick), V1))
}

/// Somebody likely to be right: mostly the signer of the job's worker.
fn answerer(who: u8, job: JobId) -> AccountId {
    let signer = match Jobs::<Test>::get(job) {
        Some(JobRow::Open(job)) => job.run.workers().next().and_then(Escrow::worker_view),
        _ => None,
    }
    .map(|worker| worker.signer);
    match signer {
        Some(signer) if who > 2 => signer,
        _ => account(who),
    }
}

fn take(step: Step) {
    let nothing = |_: DispatchResultWithPostInfo| ();
    match step {
        Step::Register(who, signer) => nothing(send(
            account(who),
            Call::register_worker {
                signer: account(signer),
                payout: account(who),
                details: details(),
                bond: 100 * MAI + Balance::from(signer),
            },
        )),
        Step::Update(who, signer) => nothing(send(
            account(who),
            Call::update_worker {
                signer: account(signer),
                payout: account(signer),
                details: details(),
            },
        )),
        Step::Serve(who, version, fee) => nothing(send(
            account(who),
            Call::set_offer {
                version: VersionId(version.into()),
                fee: fee.into(),
                min_duration: 10 + Tick::from(fee % 20),
            },
        )),
        Step::Unserve(who, version) => nothing(send(
            account(who),
            Call::remove_offer {
                version: VersionId(version.into()),
            },
        )),
        Step::Pause(who, true) => nothing(send(account(who), Call::pause {})),
        Step::Pause(who, false) => nothing(send(account(who), Call::resume {})),
        Step::Bond(who, amount, more) => {
            let asset = if amount % 2 == 0 {
                Asset::Native
            } else {
                dollar()
            };
            let amount = amount.into();
            let call = if more {
                Call::bond_more {
                    asset,
                    value: amount,
                }
            } else {
                Call::withdraw_bond {
                    asset,
                    value: amount,
                }
            };
            nothing(send(account(who), call));
        }
        Step::Leave(who) => nothing(send(account(who), Call::leave {})),
        Step::Clear(worker, version) => nothing(send(
            stranger(),
            Call::clear_offer {
                worker: account(worker),
                version: VersionId(version.into()),
            },
        )),
        Step::Open(who, offer, units, duration) => {
            let (worker, version) = pick_offer(offer);
            let order = Order {
                units: units.into(),
                max_cost: Balance::MAX,
                duration: duration.into(),
                uploader: (units % 2 == 0).then(|| account(duration % 8 + 1)),
                run: Run::Direct { worker, blob: BLOB },
                ..asked_for(version)
            };
            let call = Call::open_job {
                order: Box::new(order),
            };
            nothing(send(account(who), call));
        }
        Step::Attest(who, job, units) => {
            let job = pick_job(job);
            let call = Call::attest {
                job,
                output_commitment: OUTPUT,
                units: units.into(),
                blob: ANSWER,
            };
            nothing(send(answerer(who, job), call));
        }
        Step::Decline(who, job) => {
            let job = pick_job(job);
            let reason = match who % 2 {
                0 => DeclineReason::Overloaded,
                _ => DeclineReason::BadInput,
            };
            nothing(send(answerer(who, job), Call::decline { job, reason }));
        }
        Step::Expire(job) => nothing(send(stranger(), Call::expire { job: pick_job(job) })),
        Step::Quote(who, worker, version) => {
            let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
            let before = root();
            let version = VersionId(version.into());
            let _ = Escrow::quote(
                &account(who),
                version,
                &account(worker),
                Mode::Direct,
                1,
                20,
                100,
            );
            assert_eq!(root(), before);
        }
        Step::Advance(ticks) => advance(ticks.into()),
        Step::Idle => drop(Escrow::on_idle(1, Weight::MAX)),
        Step::Price(version, price) => with_version(VersionId(version.into()), |known| {
            known.price.value = price.into();
        }),
        Step::Retire(version) => {
            with_version(VersionId(version.into()), |known| known.retired = true)
        }
        Step::Share(share) => set_rule(Rule::NetworkShare, u128::from(share) * 100),
        Step::Stuck(stuck) => NothingMoves::set(stuck),
    }
}

/// All work ends, everybody leaves.
fn end_everything() {
    NothingMoves::set(false);
    advance(100);
    Escrow::on_idle(1, Weight::MAX);
    advance(14_400);
    for _ in 0..3 {
        Escrow::on_idle(1, Weight::MAX);
    }
    let offers: Vec<_> = Offers::<Test>::iter_keys().collect();
    for (worker, version) in offers {
        Escrow::remove_offer(signed(worker), version).expect("is served");
    }
    let workers: Vec<_> = Workers::<Test>::iter_keys().collect();
    for worker in workers {
        Escrow::leave(signed(worker)).expect("nothing is open or served");
    }
    for who in (1..=8).map(account) {
        let bond = Escrow::bond_of(&who, &dollar());
        if bond > 0 {
            Escrow::withdraw_bond(signed(who), dollar(), bond).expect("nobody is registered");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..Default::default() })]

    #[test]
    fn any_sequence_of_calls_keeps_the_invariants(
        walk in prop::collection::vec(steps(), 1..160)
    ) {
        test(|| {
            let everyone = || (1..=8).map(account).chain((0..=3).map(|n| split_account(SplitId(n))));
            let total = || -> (Balance, Balance) {
                everyone().fold((0, 0), |sum, who| (sum.0 + balance(&who), sum.1 + dollars(&who)))
            };
            let before = total();
            worker_serves();
            for step in walk {
                take(step.clone());
                if let Err(complaint) = Escrow::do_try_state() {
                    panic!("{complaint:?} after {step:?}");
                }
                assert_eq!(total(), before);
            }
            end_everything();
            assert_eq!(total(), before);
            assert_eq!(Jobs::<Test>::iter().count(), 0);
            assert_eq!(Deadlines::<Test>::iter().count(), 0);
            assert_eq!(JobsOfWorker::<Test>::iter().count(), 0);
            assert_eq!(Uploaders::<Test>::iter().count(), 0);
            assert_eq!(Profiles::<Test>::iter().count(), 0);
            assert_eq!(OffersByVersion::<Test>::iter().count(), 0);
            assert_eq!(SignerOf::<Test>::iter().count(), 0);
            assert!(Known::get().values().all(|known| known.remembered == 0));
            for who in everyone() {
                for reason in [
                    HoldReason::WorkerBond,
                    HoldReason::WorkerDeposit,
                    HoldReason::OfferDeposit,
                ] {
                    assert_eq!(held(reason, &who), 0);
                }
            }
        });
    }
}
