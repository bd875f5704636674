//! What moderation stops, and what goes on, on the composed runtime.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;
use frame_support::assert_noop;
use pallet_model_registry::{Call as RegistryCall, Error as RegistryError};
use pallet_reward_split::{Call as SplitCall, Error as SplitError, Event as SplitEvent};
use sp_runtime::{DispatchError, DispatchResult};
use support::*;

/// How long suspensions last here.
const TICKS: Tick = 50;
/// What versions are priced in: hundredths of the token, and the dollar's.
const UNIT: Balance = MAI / 100;
const CENTS: Balance = 10_000;

/// Alice's base and Charlie's data; Bob's derivative of both, of which Two has an extra share;
/// Ferdie's worker. Dave asks.
struct Story {
    base: VersionId,
    bobs: ModelId,
    version: VersionId,
    dataset: DatasetId,
    grant: GrantId,
}

fn story(price: fn(Balance) -> Amount, unit: Balance) -> Story {
    let base = publish(
        Who::Alice,
        model(Who::Alice),
        VersionSpec {
            clauses: royalty(200_000),
            ..spec(1, price(10 * unit))
        },
    );
    let dataset = dataset(Who::Charlie, dataset_terms());
    let bobs = model(Who::Bob);
    let grant = acquire(Who::Bob, dataset, bobs);
    let extra = ExtraLine {
        account: account(Who::Two),
        share: Ppm(100_000),
    };
    let version = publish(
        Who::Bob,
        bobs,
        VersionSpec {
            bases: bases(&[(base, 200_000)]),
            datasets: grants(&[(grant, 50_000)]),
            extras: vec![extra].try_into().unwrap(),
            ..spec(2, price(20 * unit))
        },
    );
    worker(Who::Ferdie);
    set_offer(Who::Ferdie, version, 5 * unit);
    Story {
        base,
        bobs,
        version,
        dataset,
        grant,
    }
}

/// The lines of the derivative's split.
const BASE: u32 = 0;
const DATA: u32 = 1;
const EXTRA: u32 = 2;
const OWNER: u32 = 3;

fn now() -> Tick {
    <RewardSplit as Clock>::now()
}

fn suspend(subject: Subject<AccountId>) -> DispatchResult {
    let until = now() + TICKS;
    root(RegistryCall::suspend { subject, until })
}

fn claim(split: SplitId, asset: Asset, share: u32) -> DispatchResult {
    let claim = SplitCall::claim {
        split,
        asset,
        share,
    };
    call(Who::Eve, claim)
}

fn opens(version: VersionId) -> DispatchResult {
    call(Who::Dave, open_call(version, Who::Ferdie, 1))
}

/// Why a job would be refused, as the runtime API says.
fn quoted(version: VersionId) -> Result<Balance, DispatchError> {
    let (payer, worker) = (account(Who::Dave), account(Who::Ferdie));
    InferenceEscrow::quote(&payer, version, &worker, Mode::Direct, 1, 100, 100).map(|q| q.gross)
}

fn owed(split: SplitId, asset: Asset, share: u32) -> Balance {
    RewardSplit::owed_view(split, asset)[share as usize].value
}

/// What `who` gains while `act` is done.
fn gain(who: Who, asset: Asset, act: impl FnOnce()) -> Balance {
    let before = has(&account(who), &asset);
    act();
    has(&account(who), &asset) - before
}

/// What `who` gains by a claim of Eve's.
fn earns(who: Who, split: SplitId, asset: Asset, share: u32) -> Balance {
    gain(who, asset, || {
        assert_ok!(claim(split, asset, share));
    })
}

/// The whole story, in the token and in dollars: of a model, and of its version alone.
#[test]
fn suspended_model_takes_no_job_pays_its_bases_and_data_and_lapses() {
    let prices: [(fn(Balance) -> Amount, Balance); 2] = [(native, UNIT), (dollars, CENTS)];
    for (price, unit) in prices {
        for is_model in [true, false] {
            on_a_chain(|| {
                let asset = price(0).asset;
                let story = story(price, unit);
                let split = split_of(story.version);
                let base = split_of(story.base);
                let data = DataLicense::dataset_view(story.dataset).unwrap().split;
                let [open, declined, overdue] =
                    [2, 1, 1].map(|units| open(Who::Dave, story.version, Who::Ferdie, units));
                let (subject, refusal): (_, DispatchError) = match is_model {
                    true => (
                        Subject::Model(story.bobs),
                        RegistryError::<Runtime>::ModelSuspended.into(),
                    ),
                    false => (
                        Subject::Version(story.version),
                        RegistryError::<Runtime>::VersionSuspended.into(),
                    ),
                };
                assert_ok!(suspend(subject.clone()));
                let until = now() + TICKS;
                assert_noop!(opens(story.version), refusal);
                assert_eq!(quoted(story.version), Err(refusal));

                // What is open is answered, given back, refunded; the worker is paid.
                let paid = gain(Who::Ferdie, asset, || attest(Who::Ferdie, open, 2));
                assert_eq!(paid, 2 * 5 * unit * 975 / 1_000);
                let decline = pallet_inference_escrow::Call::decline {
                    job: declined,
                    reason: DeclineReason::Other,
                };
                let held = held_in(asset);
                assert_ok!(call(Who::Ferdie, decline));
                assert!(held_in(asset) < held);
                check_invariants();

                // Bases and data are paid to the unit, whoever claims; owner and extra account not.
                let income = 2 * 20 * unit * 975 / 1_000;
                for share in [EXTRA, OWNER] {
                    assert!(owed(split, asset, share) > 0);
                    assert_noop!(
                        claim(split, asset, share),
                        SplitError::<Runtime>::ShareFrozen
                    );
                    let view = &RewardSplit::owed_view(split, asset)[share as usize];
                    assert_eq!(view.frozen_until, Some(until));
                }
                assert_ok!(claim(split, asset, BASE));
                assert_ok!(claim(split, asset, DATA));
                let alice = earns(Who::Alice, base, asset, 0);
                let charlie = earns(Who::Charlie, data, asset, 0);
                assert_eq!((alice, charlie), (income / 5, income / 20));

                // One tick before the end; then everybody has the rest, to the unit.
                pass(TICKS - 1);
                assert_noop!(opens(story.version), refusal);
                assert_noop!(
                    claim(split, asset, OWNER),
                    SplitError::<Runtime>::ShareFrozen
                );
                pass(1);
                let two = earns(Who::Two, split, asset, EXTRA);
                let bob = earns(Who::Bob, split, asset, OWNER);
                assert_eq!(two, income / 10);
                assert_eq!(alice + charlie + two + bob, income);
                assert_ok!(opens(story.version));
                assert!(outcome(overdue).is_none());
                pass(101);
                assert_ok!(call(
                    Who::Eve,
                    pallet_inference_escrow::Call::expire { job: overdue }
                ));
            });
        }
    }
}

fn held_in(asset: Asset) -> Balance {
    <configs::money::Money as Money<AccountId>>::held(
        &asset,
        &RuntimeHoldReason::InferenceEscrow(pallet_inference_escrow::HoldReason::Job),
        &account(Who::Dave),
    )
}

/// By many claims at once, by a sale, by removing the version: none brings the owner its share.
#[test]
fn nothing_frees_a_frozen_share_before_its_time() {
    on_a_chain(|| {
        let asset = Asset::Native;
        let story = story(native, UNIT);
        let split = split_of(story.version);
        let job = open(Who::Dave, story.version, Who::Ferdie, 1);
        attest(Who::Ferdie, job, 1);
        assert_ok!(call(
            Who::Bob,
            RegistryCall::transfer_ownership {
                model: story.bobs,
                to: account(Who::One)
            }
        ));
        let seen = ModelRegistry::model_view(story.bobs).unwrap().changes;
        assert_ok!(call(
            Who::Dave,
            pallet_balances::Call::transfer_keep_alive {
                dest: account(Who::One).into(),
                value: 100 * MAI
            }
        ));
        assert_ok!(suspend(Subject::Model(story.bobs)));
        let until = now() + TICKS;

        // Many at once: what is frozen is said to have failed, the others are made.
        let network = <RewardSplit as Splits<AccountId>>::network();
        let claims = [(split, OWNER), (split, BASE), (split, EXTRA), (network, 0)];
        let claims: Vec<_> = claims.map(|(of, share)| (of, asset, share)).to_vec();
        System::reset_events();
        assert_ok!(call(
            Who::Bob,
            SplitCall::claim_many {
                claims: claims.try_into().unwrap()
            }
        ));
        let failed: Vec<_> = System::events()
            .into_iter()
            .filter_map(|record| match record.event {
                RuntimeEvent::RewardSplit(SplitEvent::ClaimFailed { share, error, .. }) => {
                    assert_eq!(error, SplitError::<Runtime>::ShareFrozen.into());
                    Some(share)
                }
                _ => None,
            })
            .collect();
        assert_eq!(failed, [OWNER, EXTRA]);
        assert_eq!(owed(split, asset, BASE), 0);
        assert_eq!(owed(network, asset, 0), 0);
        for who in [Who::Bob, Who::Two] {
            assert_eq!(RewardSplit::claimable(&account(who), None).claims, []);
        }

        // A buyer that signed before is refused; one that has seen it buys what is frozen.
        let accept = |changes| RegistryCall::accept_ownership {
            model: story.bobs,
            changes,
        };
        assert_noop!(
            call(Who::One, accept(seen)),
            RegistryError::<Runtime>::ChangedMeanwhile
        );
        assert_ok!(call(Who::One, accept(seen + 1)));
        let frozen = SplitError::<Runtime>::ShareFrozen;
        assert_noop!(claim(split, asset, OWNER), frozen);

        // Nor is it swept to the network as dust, however little it is and whoever removes.
        assert_ok!(call(
            Who::Ferdie,
            pallet_inference_escrow::Call::remove_offer {
                version: story.version
            }
        ));
        let retire = RegistryCall::retire_version {
            version: story.version,
        };
        assert_ok!(call(Who::One, retire));
        let served = <RewardSplit as Clock>::served();
        pallet_reward_split::Clock::<Runtime>::put(pallet_reward_split::Reading {
            last: now(),
            served: served + MAX_JOB_DURATION + 1,
        });
        let remove = || {
            call(
                Who::One,
                RegistryCall::remove_version {
                    version: story.version,
                },
            )
        };
        assert_noop!(remove(), RegistryError::<Runtime>::VersionFrozen);

        pass(until - now());
        let value = 20 * UNIT * 975 / 1_000;
        let bob = has(&account(Who::Bob), &asset);
        let one = earns(Who::One, split, asset, OWNER);
        assert_eq!(one, value * 65 / 100);
        assert_eq!(has(&account(Who::Bob), &asset), bob);
        assert_ok!(claim(split, asset, EXTRA));
        assert_ok!(claim(split, asset, DATA));
        assert_ok!(remove());
    });
}

/// Shares that are less than an account needs would go to the network with the version's split.
#[test]
fn frozen_crumbs_wait_until_they_can_be_claimed() {
    on_a_chain(|| {
        let mut spec = spec(1, native(10));
        let extra = ExtraLine {
            account: account(Who::Charlie),
            share: Ppm(500_000),
        };
        spec.extras = vec![extra].try_into().unwrap();
        let version = publish(Who::Bob, model(Who::Bob), spec);
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, version, 0);
        let job = open(Who::Dave, version, Who::Ferdie, 1);
        attest(Who::Ferdie, job, 1);
        assert_ok!(call(
            Who::Ferdie,
            pallet_inference_escrow::Call::remove_offer { version }
        ));
        assert_ok!(call(Who::Bob, RegistryCall::retire_version { version }));
        pallet_reward_split::Clock::<Runtime>::put(pallet_reward_split::Reading {
            last: now(),
            served: <RewardSplit as Clock>::served() + MAX_JOB_DURATION + 1,
        });
        assert_ok!(suspend(Subject::Version(version)));
        let remove = || call(Who::Bob, RegistryCall::remove_version { version });
        assert_noop!(remove(), RegistryError::<Runtime>::VersionFrozen);
        pass(TICKS);
        let split = split_of(version);
        let crumbs = earns(Who::Charlie, split, Asset::Native, 0);
        assert_eq!(crumbs, 5);
        assert_ok!(remove());
    });
}

/// What could not move when a job on a suspended version ended is paid as ever, to whom it is due.
#[test]
fn debts_and_refunds_are_paid_while_a_model_is_suspended() {
    on_a_chain(|| {
        let asset = dollars(0).asset;
        let story = story(dollars, CENTS);
        let job = open(Who::Dave, story.version, Who::Ferdie, 2);
        assert_ok!(suspend(Subject::Model(story.bobs)));
        let id = presets::DOLLAR.into();
        assert_ok!(call(Who::Alice, pallet_assets::Call::freeze_asset { id }));
        attest(Who::Ferdie, job, 1);
        assert_ok!(call(Who::Alice, pallet_assets::Call::thaw_asset { id }));
        let debts: Vec<_> = pallet_reward_split::Debts::<Runtime>::iter_keys().collect();
        assert_eq!(debts.len(), 4);
        for (payer, (reason, asset, destination)) in debts {
            assert_ok!(call(
                Who::Eve,
                SplitCall::pay_out {
                    payer,
                    reason,
                    asset,
                    destination
                }
            ));
        }
        assert_eq!(held_in(asset), 0);
        let split = split_of(story.version);
        assert_ok!(claim(split, asset, BASE));
        assert_noop!(
            claim(split, asset, OWNER),
            SplitError::<Runtime>::ShareFrozen
        );
        pass(TICKS);
        assert_ok!(claim(split, asset, OWNER));
    });
}

/// Who builds on what is suspended works on, and pays it its royalty, which waits.
#[test]
fn descendants_of_a_suspended_version_take_work() {
    on_a_chain(|| {
        let story = story(native, UNIT);
        assert_ok!(suspend(Subject::Version(story.base)));
        let job = open(Who::Dave, story.version, Who::Ferdie, 1);
        attest(Who::Ferdie, job, 1);
        let (split, base) = (split_of(story.version), split_of(story.base));
        for share in [BASE, DATA, EXTRA, OWNER] {
            assert_ok!(claim(split, Asset::Native, share));
        }
        let frozen = SplitError::<Runtime>::ShareFrozen;
        assert_noop!(claim(base, Asset::Native, 0), frozen);
        pass(TICKS);
        assert_ok!(claim(base, Asset::Native, 0));
    });
}

#[test]
fn suspended_dataset_sells_no_grants_and_its_versions_work_on() {
    on_a_chain(|| {
        let story = story(native, UNIT);
        assert_ok!(suspend(Subject::Dataset(story.dataset)));
        let acquire = pallet_data_license::Call::acquire {
            dataset: story.dataset,
            model: story.bobs,
            number: 1,
            max_cost: 0,
            lasts: 1,
        };
        assert_noop!(
            call(Who::Bob, acquire.clone()),
            pallet_data_license::Error::<Runtime>::DatasetSuspended
        );
        let job = open(Who::Dave, story.version, Who::Ferdie, 1);
        attest(Who::Ferdie, job, 1);
        // Nothing of a dataset's income is frozen, nor of what its versions earn.
        let split = split_of(story.version);
        for share in [BASE, DATA, EXTRA, OWNER] {
            assert_ok!(claim(split, Asset::Native, share));
        }
        let data = DataLicense::dataset_view(story.dataset).unwrap().split;
        assert_ok!(claim(data, Asset::Native, 0));
        // A grant that stands carries a new version.
        publish(
            Who::Bob,
            story.bobs,
            VersionSpec {
                datasets: grants(&[(story.grant, 50_000)]),
                ..spec(3, native(20 * UNIT))
            },
        );
        pass(TICKS);
        assert_ok!(call(Who::Bob, acquire));
    });
}

#[test]
fn suspended_worker_gets_no_job_and_is_paid_for_what_is_open() {
    on_a_chain(|| {
        let story = story(native, UNIT);
        let job = open(Who::Dave, story.version, Who::Ferdie, 1);
        let subject = Subject::Worker(account(Who::Ferdie));
        assert_ok!(suspend(subject.clone()));
        let suspended: DispatchError =
            pallet_inference_escrow::Error::<Runtime>::WorkerSuspended.into();
        assert_noop!(opens(story.version), suspended);
        assert_eq!(quoted(story.version), Err(suspended));
        assert_noop!(
            call(
                Who::Ferdie,
                pallet_inference_escrow::Call::set_offer {
                    version: story.version,
                    fee: 1,
                    min_duration: 10
                }
            ),
            pallet_inference_escrow::Error::<Runtime>::WorkerSuspended
        );
        let paid = gain(Who::Ferdie, Asset::Native, || attest(Who::Ferdie, job, 1));
        assert_eq!(paid, 5 * UNIT * 975 / 1_000);
        assert_ok!(root(RegistryCall::lift { subject }));
        assert_ok!(opens(story.version));
    });
}

#[test]
fn halt_of_new_work_stops_openings_and_nothing_else() {
    on_a_chain(|| {
        let story = story(native, UNIT);
        let job = open(Who::Dave, story.version, Who::Ferdie, 1);
        let until = now() + TICKS;
        assert_ok!(root(RegistryCall::halt_new_work { until }));
        assert_eq!(
            ModelRegistry::halt_view().map(|halt| halt.until),
            Some(until)
        );
        let halted: DispatchError = RegistryError::<Runtime>::NewWorkHalted.into();
        assert_noop!(opens(story.version), halted);
        assert_eq!(quoted(story.version), Err(halted));
        attest(Who::Ferdie, job, 1);
        let split = split_of(story.version);
        for share in [BASE, DATA, EXTRA, OWNER] {
            assert_ok!(claim(split, Asset::Native, share));
        }
        set_offer(Who::Ferdie, story.version, 4 * UNIT);
        acquire(Who::Alice, story.dataset, model(Who::Alice));
        pass(TICKS);
        assert_ok!(opens(story.version));
    });
}

#[test]
fn no_account_moderates() {
    on_a_chain(|| {
        let story = story(native, UNIT);
        let subject = Subject::Model(story.bobs);
        let calls: [RuntimeCall; 4] = [
            RegistryCall::suspend {
                subject: subject.clone(),
                until: now() + TICKS,
            }
            .into(),
            RegistryCall::lift { subject }.into(),
            RegistryCall::halt_new_work {
                until: now() + TICKS,
            }
            .into(),
            RegistryCall::resume_new_work {}.into(),
        ];
        for moderated in calls {
            for who in [Who::Alice, Who::Bob] {
                assert_noop!(call(who, moderated.clone()), DispatchError::BadOrigin);
            }
            assert_ok!(root(moderated));
        }
    });
}
