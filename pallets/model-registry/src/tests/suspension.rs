//! Suspensions and the halt: who, for how long, what they stop here, and how they end.

use crate::{
    mock::*,
    CurrentRules, Error, Event, Imposed,
    Moderator::{self, Moderation, Root},
    Suspensions,
};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::*;
use myai_support::{Suspensions as _, Versions as _};
use sp_runtime::{DispatchError, DispatchResult};

type E = Error<Test>;

/// The default of `max_suspension`.
const LONGEST: Tick = 201_600;

fn suspend(subject: Subject<AccountId>, until: Tick) -> DispatchResult {
    Registry::suspend(signed(moderator()), subject, until)
}

fn root_suspends(subject: Subject<AccountId>, until: Tick) -> DispatchResult {
    Registry::suspend(RuntimeOrigin::root(), subject, until)
}

fn lift(subject: Subject<AccountId>) -> DispatchResult {
    Registry::lift(signed(moderator()), subject)
}

fn root_lifts(subject: Subject<AccountId>) -> DispatchResult {
    Registry::lift(RuntimeOrigin::root(), subject)
}

fn halt(until: Tick) -> DispatchResult {
    Registry::halt_new_work(signed(moderator()), until)
}

fn clear(subject: Subject<AccountId>) -> DispatchResult {
    Registry::clear_suspension(signed(carol()), subject)
}

/// Whether work can be opened now.
fn opens(version: VersionId) -> DispatchResult {
    open(version, Now::get() + 1)
}

fn row(by: Moderator, since: Tick, until: Tick) -> Option<Imposed> {
    let suspension = Suspension { since, until };
    Some(Imposed { suspension, by })
}

/// A model of Alice's with a version, and subjects of each kind, in an order in which all can be
/// suspended.
fn published() -> (ModelId, VersionId, [Subject<AccountId>; 4]) {
    let m = model(alice());
    let v = publish(m, spec());
    terms(1, open_clauses());
    let subjects = [
        Subject::Version(v),
        Subject::Model(m),
        Subject::Dataset(DatasetId(1)),
        Subject::Worker(bob()),
    ];
    (m, v, subjects)
}

#[test]
fn suspended_model_and_version_take_no_work() {
    test(|| {
        let (m, v, _) = published();
        let (sister, other) = (publish(m, spec()), publish(model(bob()), spec()));
        assert_ok!(suspend(Subject::Version(v), 1_010));
        System::assert_last_event(
            Event::Suspended {
                subject: Subject::Version(v),
                since: 1_000,
                until: 1_010,
            }
            .into(),
        );
        assert_noop!(opens(v), E::VersionSuspended);
        assert_ok!(opens(sister));
        assert_eq!(Registry::frozen_until(v), Some(1_010));
        assert_eq!(Registry::frozen_until(sister), None);

        assert_ok!(suspend(Subject::Model(m), 1_020));
        assert_noop!(opens(sister), E::ModelSuspended);
        assert_noop!(opens(v), E::VersionSuspended);
        assert_ok!(opens(other));
        assert_eq!(Registry::frozen_until(v), Some(1_020));
        assert_eq!(Registry::frozen_until(sister), Some(1_020));
        assert_eq!(Registry::frozen_until(other), None);
        // What is published meanwhile takes none either.
        let newer = publish(m, spec());
        assert_noop!(opens(newer), E::ModelSuspended);
        // A worker may serve them for the time after.
        assert_ok!(Registry::ensure_offer(v, &bob(), 0));
    });
}

#[test]
fn suspension_lapses() {
    test(|| {
        let (m, v, subjects) = published();
        for subject in &subjects {
            assert_ok!(suspend(subject.clone(), 1_010));
        }
        Now::set(1_009);
        for subject in &subjects {
            assert_eq!(Registry::suspended_until(subject), Some(1_010));
        }
        assert_noop!(opens(v), E::VersionSuspended);
        Now::set(1_010);
        for subject in &subjects {
            assert_eq!(Registry::suspended_until(subject), None);
        }
        assert_ok!(opens(v));
        assert_eq!(Registry::frozen_until(v), None);
        // Of a model's, too, once its version was not suspended any more.
        assert_ok!(root_suspends(Subject::Model(m), 1_012));
        assert_noop!(opens(v), E::ModelSuspended);
        Now::set(1_012);
        assert_ok!(opens(v));
    });
}

#[test]
fn moderation_and_root_alone_suspend_lift_and_halt() {
    test(|| {
        let (_, _, [subject, ..]) = published();
        for who in [signed(alice()), signed(governance()), RuntimeOrigin::none()] {
            let bad = DispatchError::BadOrigin;
            assert_noop!(Registry::suspend(who.clone(), subject.clone(), 1_001), bad);
            assert_noop!(Registry::lift(who.clone(), subject.clone()), bad);
            assert_noop!(Registry::halt_new_work(who.clone(), 1_001), bad);
            assert_noop!(Registry::resume_new_work(who), bad);
        }
        assert_noop!(
            Registry::clear_suspension(RuntimeOrigin::root(), subject.clone()),
            DispatchError::BadOrigin
        );
        assert_ok!(root_suspends(subject.clone(), 1_001));
        assert_ok!(root_lifts(subject));
        assert_ok!(Registry::halt_new_work(RuntimeOrigin::root(), 1_001));
        assert_ok!(Registry::resume_new_work(RuntimeOrigin::root()));
    });
}

#[test]
fn suspension_is_of_what_exists_and_for_as_long_as_the_rules_allow() {
    test(|| {
        let (_, _, subjects) = published();
        assert_noop!(suspend(Subject::Model(ModelId(9)), 1_010), E::ModelNotFound);
        assert_noop!(
            suspend(Subject::Version(VersionId(9)), 1_010),
            E::VersionNotFound
        );
        assert_noop!(
            suspend(Subject::Dataset(DatasetId(9)), 1_010),
            E::DatasetNotFound
        );
        for subject in &subjects {
            for by in [suspend, root_suspends] {
                assert_noop!(by(subject.clone(), 1_000), E::SuspensionOver);
                assert_noop!(
                    by(subject.clone(), 1_000 + LONGEST + 1),
                    E::SuspensionTooLong
                );
                assert_noop!(by(subject.clone(), Tick::MAX), E::SuspensionTooLong);
            }
            assert_ok!(suspend(subject.clone(), 1_000 + LONGEST));
        }
        assert_ok!(Registry::set_rule(
            signed(governance()),
            Rule::MaxSuspension,
            0
        ));
        assert_noop!(
            suspend(Subject::Worker(alice()), 1_001),
            E::SuspensionTooLong
        );
        assert_noop!(halt(1_001), E::SuspensionTooLong);
    });
}

#[test]
fn only_root_renews_before_as_long_again_has_passed() {
    test(|| {
        let (_, _, subjects) = published();
        for subject in &subjects {
            assert_ok!(suspend(subject.clone(), 1_100));
        }
        for now in [1_000, 1_099, 1_100, 1_199] {
            Now::set(now);
            for subject in &subjects {
                assert_noop!(suspend(subject.clone(), 1_300), E::OnlyRootRenews);
            }
        }
        Now::set(1_200);
        for subject in &subjects {
            assert_noop!(
                Registry::suspend(signed(alice()), subject.clone(), 1_300),
                DispatchError::BadOrigin
            );
            assert_ok!(suspend(subject.clone(), 1_300));
            assert_eq!(
                Suspensions::<Test>::get(subject),
                row(Moderation, 1_200, 1_300)
            );
        }
        // Root does at any time; it has lasted since it began, so it rests longer.
        Now::set(1_250);
        for subject in &subjects {
            assert_ok!(root_suspends(subject.clone(), 1_400));
            assert_eq!(Suspensions::<Test>::get(subject), row(Root, 1_200, 1_400));
        }
        Now::set(1_400);
        let worker = &subjects[3];
        assert_ok!(root_suspends(worker.clone(), 1_410));
        assert_eq!(Suspensions::<Test>::get(worker), row(Root, 1_400, 1_410));
        Now::set(1_599);
        assert_noop!(suspend(subjects[2].clone(), 1_700), E::OnlyRootRenews);
        Now::set(1_600);
        assert_ok!(suspend(subjects[2].clone(), 1_700));
    });
}

#[test]
fn a_version_is_not_suspended_where_its_model_rests() {
    test(|| {
        let (m, v, _) = published();
        let other = publish(model(alice()), spec());
        assert_ok!(suspend(Subject::Model(m), 1_100));
        for now in [1_000, 1_100, 1_199] {
            Now::set(now);
            assert_noop!(suspend(Subject::Version(v), 1_250), E::OnlyRootRenews);
        }
        assert_ok!(suspend(Subject::Version(other), 1_250));
        assert_ok!(root_suspends(Subject::Version(v), 1_200));
        assert_ok!(root_lifts(Subject::Version(v)));
        Now::set(1_200);
        assert_ok!(suspend(Subject::Version(v), 1_250));
    });
}

#[test]
fn lifting_ends_a_suspension_and_is_no_way_to_renew_it() {
    test(|| {
        let (_, v, subjects) = published();
        for subject in &subjects {
            assert_noop!(lift(subject.clone()), E::NotSuspended);
            assert_ok!(suspend(subject.clone(), 1_100));
        }
        Now::set(1_060);
        for subject in &subjects {
            assert_ok!(lift(subject.clone()));
            System::assert_last_event(
                Event::SuspensionLifted {
                    subject: subject.clone(),
                }
                .into(),
            );
            assert_eq!(Registry::suspended_until(subject), None);
            assert_eq!(
                Suspensions::<Test>::get(subject),
                row(Moderation, 1_000, 1_060)
            );
            assert_noop!(lift(subject.clone()), E::NotSuspended);
        }
        assert_ok!(opens(v));
        assert_eq!(Registry::frozen_until(v), None);
        assert_eq!(SuspendedWorkers::get().get(&bob()), Some(&1_060));
        Now::set(1_119);
        for subject in &subjects {
            assert_noop!(suspend(subject.clone(), 1_200), E::OnlyRootRenews);
        }
        Now::set(1_120);
        for subject in &subjects {
            assert_ok!(suspend(subject.clone(), 1_200));
        }
    });
}

#[test]
fn what_root_suspended_root_alone_lifts() {
    test(|| {
        let (_, v, subjects) = published();
        for subject in &subjects {
            assert_ok!(root_suspends(subject.clone(), 1_100));
        }
        Now::set(1_050);
        for subject in &subjects {
            assert_noop!(lift(subject.clone()), E::OnlyRootLifts);
            assert_eq!(Registry::suspended_until(subject), Some(1_100));
        }
        assert_noop!(opens(v), E::VersionSuspended);
        for subject in &subjects {
            assert_ok!(root_lifts(subject.clone()));
            let lifted = row(Root, 1_000, 1_050);
            assert_eq!(Suspensions::<Test>::get(subject), lifted);
            assert_noop!(lift(subject.clone()), E::NotSuspended);
        }
        assert_ok!(opens(v));
        // Moderation's next one is its own again, and Root lifts it, too.
        Now::set(1_100);
        for subject in &subjects {
            assert_ok!(suspend(subject.clone(), 1_200));
        }
        Now::set(1_120);
        let [version, model, rest @ ..] = &subjects;
        assert_ok!(lift(version.clone()));
        assert_ok!(root_lifts(model.clone()));
        let lifted = row(Moderation, 1_100, 1_120);
        assert_eq!(Suspensions::<Test>::get(model), lifted);
        // Renewed by Root it is Root's, also where Root makes it shorter, until it lapses.
        for subject in rest {
            assert_ok!(root_suspends(subject.clone(), 1_150));
        }
        Now::set(1_149);
        for subject in rest {
            assert_noop!(lift(subject.clone()), E::OnlyRootLifts);
        }
        Now::set(1_150);
        for subject in rest {
            assert_noop!(lift(subject.clone()), E::NotSuspended);
            assert_noop!(root_lifts(subject.clone()), E::NotSuspended);
        }
    });
}

#[test]
fn anyone_clears_a_suspension_that_has_rested() {
    test(|| {
        let (_, v, subjects) = published();
        for subject in &subjects {
            assert_noop!(clear(subject.clone()), E::NotSuspended);
            assert_ok!(suspend(subject.clone(), 1_100));
        }
        for now in [1_000, 1_100, 1_199] {
            Now::set(now);
            for subject in &subjects {
                assert_noop!(clear(subject.clone()), E::SuspensionKept);
            }
        }
        Now::set(1_200);
        for subject in &subjects {
            assert_ok!(clear(subject.clone()));
            System::assert_last_event(
                Event::SuspensionCleared {
                    subject: subject.clone(),
                }
                .into(),
            );
            assert_eq!(Registry::suspension_view(subject), None);
        }
        assert_eq!(listing(v).suspended_until, None);
        assert_eq!(SuspendedWorkers::get().get(&bob()), None);
    });
}

#[test]
fn a_worker_is_told_until_when_it_is_suspended() {
    test(|| {
        let worker = Subject::Worker(carol());
        assert_ok!(suspend(worker.clone(), 1_010));
        assert_eq!(SuspendedWorkers::get().get(&carol()), Some(&1_010));
        assert_ok!(root_suspends(worker, 1_030));
        assert_eq!(SuspendedWorkers::get().get(&carol()), Some(&1_030));
    });
}

#[test]
fn halt_stops_every_opening_and_lapses() {
    test(|| {
        let (_, v, _) = published();
        let other = publish(model(bob()), spec());
        assert_noop!(halt(1_000), E::SuspensionOver);
        assert_noop!(halt(1_000 + LONGEST + 1), E::SuspensionTooLong);
        assert_ok!(halt(1_010));
        System::assert_last_event(
            Event::NewWorkHalted {
                since: 1_000,
                until: 1_010,
            }
            .into(),
        );
        for version in [v, other] {
            assert_noop!(opens(version), E::NewWorkHalted);
        }
        // Nothing is frozen by it, no offer refused, and rules go on.
        assert_eq!(Registry::frozen_until(v), None);
        assert_ok!(Registry::ensure_offer(v, &bob(), 0));
        assert_ok!(Registry::set_rule(
            signed(governance()),
            Rule::NetworkShare,
            1
        ));
        Now::set(1_009);
        assert_noop!(opens(v), E::NewWorkHalted);
        Now::set(1_010);
        assert_ok!(opens(v));
    });
}

#[test]
fn only_root_halts_again_before_as_long_again_has_passed() {
    test(|| {
        let (_, v, _) = published();
        assert_noop!(
            Registry::resume_new_work(signed(moderator())),
            E::NotSuspended
        );
        assert_ok!(halt(1_100));
        Now::set(1_060);
        assert_ok!(Registry::resume_new_work(signed(moderator())));
        System::assert_last_event(Event::NewWorkResumed.into());
        assert_ok!(opens(v));
        assert_noop!(
            Registry::resume_new_work(signed(moderator())),
            E::NotSuspended
        );
        Now::set(1_119);
        assert_noop!(halt(1_200), E::OnlyRootRenews);
        assert_ok!(Registry::halt_new_work(RuntimeOrigin::root(), 1_120));
        Now::set(1_120);
        assert_noop!(halt(1_200), E::OnlyRootRenews);
        Now::set(1_121);
        assert_ok!(halt(1_200));
        assert_noop!(opens(v), E::NewWorkHalted);
    });
}

#[test]
fn what_root_halted_root_alone_resumes() {
    test(|| {
        let (_, v, _) = published();
        let root_halts = |until| Registry::halt_new_work(RuntimeOrigin::root(), until);
        let root_resumes = || Registry::resume_new_work(RuntimeOrigin::root());
        let resume = || Registry::resume_new_work(signed(moderator()));
        assert_ok!(root_halts(1_100));
        assert_noop!(resume(), E::OnlyRootLifts);
        assert_noop!(opens(v), E::NewWorkHalted);
        Now::set(1_050);
        assert_ok!(root_resumes());
        assert_noop!(resume(), E::NotSuspended);
        assert_ok!(opens(v));
        // Moderation's is Root's once Root has renewed it, whatever the rules become.
        Now::set(1_100);
        assert_ok!(halt(1_200));
        assert_ok!(root_halts(1_150));
        assert_ok!(Registry::set_rule(
            signed(governance()),
            Rule::NetworkShare,
            1
        ));
        assert_noop!(resume(), E::OnlyRootLifts);
        Now::set(1_150);
        assert_noop!(resume(), E::NotSuspended);
        assert_ok!(opens(v));
        // Root resumes after moderation's, too.
        Now::set(1_200);
        assert_ok!(halt(1_300));
        assert_ok!(root_resumes());
        assert_ok!(opens(v));
    });
}

/// A buyer that signed before does not get a model whose income is frozen.
#[test]
fn a_sale_that_was_signed_before_a_suspension_is_refused() {
    test(|| {
        let (m, v, _) = published();
        for subject in [Subject::Model(m), Subject::Version(v)] {
            assert_ok!(Registry::transfer_ownership(signed(alice()), m, bob()));
            let seen = changes(m);
            assert_ok!(root_suspends(subject, 1_100));
            assert_noop!(
                Registry::accept_ownership(signed(bob()), m, seen),
                E::ChangedMeanwhile
            );
        }
        // Who has seen it buys it, and nothing is freed by that.
        assert_ok!(Registry::accept_ownership(signed(bob()), m, changes(m)));
        assert_eq!(Registry::frozen_until(v), Some(1_100));
        assert_noop!(opens(v), E::VersionSuspended);
        assert_ok!(suspend(Subject::Dataset(DatasetId(1)), 1_100));
        assert_eq!(DatasetChanges::get().get(&DatasetId(1)), Some(&1));
    });
}

/// What nobody can claim meanwhile is not swept away with the split.
#[test]
fn a_version_is_not_removed_while_its_income_is_frozen() {
    test(|| {
        let (m, v, _) = published();
        assert_ok!(Registry::retire_version(signed(alice()), v));
        no_job_is_open();
        assert_ok!(suspend(Subject::Version(v), 1_010));
        assert_noop!(remove(v), E::VersionFrozen);
        Now::set(1_010);
        assert_ok!(suspend(Subject::Model(m), 1_020));
        assert_noop!(remove(v), E::VersionFrozen);
        Now::set(1_020);
        assert_ok!(remove(v));
        // Its row stays until it has rested, and no longer than somebody wants.
        assert_ok!(clear(Subject::Version(v)));
    });
}

#[test]
fn as_long_as_no_model_is_suspended_an_opening_looks_for_none() {
    test(|| {
        let (_, v, _) = published();
        let other = model(bob());
        let looked = || Registry::ensure_open(&work(v)).map(|o| o.suspensions);
        for subject in [
            Subject::Worker(bob()),
            Subject::Dataset(DatasetId(1)),
            Subject::Version(publish(other, spec())),
        ] {
            assert_ok!(suspend(subject, 1_500));
        }
        assert_eq!(looked(), Ok(0));
        assert_ok!(suspend(Subject::Model(other), 1_010));
        assert_eq!(looked(), Ok(1));
        Now::set(1_010);
        assert_eq!(looked(), Ok(0));
    });
}

#[test]
fn suspensions_and_the_halt_can_be_read() {
    test(|| {
        let (m, _, _) = published();
        let subject = Subject::Model(m);
        assert_eq!(Registry::suspension_view(&subject), None);
        assert_eq!(Registry::halt_view(), None);
        assert_ok!(suspend(subject.clone(), 1_100));
        assert_ok!(halt(1_010));
        let view = |until, rests_until| {
            Some(SuspensionView {
                since: 1_000,
                until,
                rests_until,
            })
        };
        Now::set(1_150);
        assert_eq!(Registry::suspension_view(&subject), view(1_100, 1_200));
        assert_eq!(Registry::halt_view(), view(1_010, 1_020));
    });
}

#[test]
fn without_rules_nothing_is_suspended() {
    new_ext().execute_with(|| {
        let (_, v, [subject, ..]) = published_in(Asset::Native);
        CurrentRules::<Test>::kill();
        let gone = E::RevisionNotFound;
        assert_noop!(suspend(subject, 1_010), gone);
        assert_noop!(halt(1_010), E::RevisionNotFound);
        assert_noop!(
            Registry::resume_new_work(signed(moderator())),
            E::RevisionNotFound
        );
        assert_noop!(opens(v), E::RevisionNotFound);
        assert_eq!(Registry::halt_view(), None);
    });
}

fn published_in(asset: Asset) -> (ModelId, VersionId, [Subject<AccountId>; 4]) {
    accept(asset);
    published()
}
