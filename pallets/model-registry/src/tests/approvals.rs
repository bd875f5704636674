//! Approvals: of derivatives, used up one by one; of hosts and users, for a whole family.

use crate::{mock::*, Approvals, DerivativeApprovals, Error, Event, APPROVAL_SIZE};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::*;
use myai_support::{Versions as _, Work};
use sp_runtime::{DispatchError, DispatchResult};
use ApprovalKind::{Host, User};

type E = Error<Test>;

/// A version of Alice's of which derivatives need approval.
fn guarded() -> VersionId {
    publish(model(alice()), spec().derivatives(Derivatives::Approval))
}

fn approve_derivative(version: VersionId, model: ModelId) -> DispatchResult {
    let owner = Registry::model_owner(model).unwrap();
    Registry::approve_derivative(signed(alice()), version, model, owner)
}

fn left(version: VersionId, model: ModelId) -> u32 {
    Registry::derivative_approvals(version, model)
}

#[test]
fn approval_needed() {
    test(|| {
        let base = guarded();
        let (ours, second) = (model(bob()), model(bob()));
        let derived = || spec().base(base, 0);
        assert_noop!(try_publish(ours, derived()), E::DerivativeNotApproved);
        for count in [1, 2] {
            assert_ok!(approve_derivative(base, ours));
            System::assert_last_event(
                Event::DerivativeApproved {
                    version: base,
                    model: ours,
                    owner: bob(),
                    count,
                }
                .into(),
            );
        }
        // One approval is one model's.
        assert_noop!(try_publish(second, derived()), E::DerivativeNotApproved);
        // And one publication's.
        for n in [1, 0] {
            publish(ours, derived());
            assert_eq!(left(base, ours), n);
            System::assert_has_event(
                Event::DerivativeApprovalUsed {
                    version: base,
                    model: ours,
                    left: n,
                }
                .into(),
            );
        }
        assert_noop!(try_publish(ours, derived()), E::DerivativeNotApproved);
        assert_eq!(DerivativeApprovals::<Test>::iter().count(), 0);
    });
}

#[test]
fn approval_is_asked_of_every_licensor() {
    test(|| {
        let base = guarded();
        let (b, c) = (model(bob()), model(carol()));
        assert_ok!(approve_derivative(base, b));
        // Bob's version asks as well.
        let second = publish(b, spec().base(base, 0).derivatives(Derivatives::Approval));
        let third = || spec().base(second, 0).base(base, 0);
        let approve_second = || Registry::approve_derivative(signed(bob()), second, c, carol());
        assert_noop!(try_publish(c, third()), E::DerivativeNotApproved);
        assert_ok!(approve_second());
        assert_noop!(try_publish(c, third()), E::DerivativeNotApproved);
        // What failed used nothing up.
        assert_eq!(left(second, c), 1);
        assert_ok!(approve_derivative(base, c));
        publish(c, third());
        assert_eq!((left(base, c), left(second, c)), (0, 0));
        // Also a licensor that takes no derivatives of its own any more is asked.
        assert_ok!(Registry::retire_version(signed(alice()), base));
        assert_ok!(approve_second());
        assert_noop!(try_publish(c, third()), E::DerivativeNotApproved);
        assert_ok!(approve_derivative(base, c));
        publish(c, third());
    });
}

#[test]
fn approval_does_not_travel() {
    test(|| {
        let base = guarded();
        let ours = model(bob());
        let derived = || spec().base(base, 0);
        assert_ok!(approve_derivative(base, ours));
        publish(ours, derived());
        assert_ok!(approve_derivative(base, ours));
        sell(ours, carol());
        // What stands goes on; the buyer needs its own.
        assert_eq!(left(base, ours), 0);
        assert_noop!(try_publish(ours, derived()), E::DerivativeNotApproved);
        let row = DerivativeApprovals::<Test>::get(base, ours).unwrap();
        assert_eq!((row.owner, row.count), (bob(), 1));
        // A new approval voids what the seller has left.
        assert_ok!(approve_derivative(base, ours));
        assert_eq!(left(base, ours), 1);
        publish(ours, derived());
        assert_noop!(try_publish(ours, derived()), E::DerivativeNotApproved);
    });
}

#[test]
fn an_approval_of_a_derivative_is_the_owners_and_makes_sense() {
    test(|| {
        let base = guarded();
        let open = publish(model(alice()), spec());
        let b = model(bob());
        let approve = Registry::approve_derivative;
        assert_noop!(
            approve(RuntimeOrigin::root(), base, b, bob()),
            DispatchError::BadOrigin
        );
        assert_noop!(approve(signed(bob()), base, b, bob()), E::NotOwner);
        let owner = || signed(alice());
        assert_noop!(approve(owner(), VersionId(9), b, bob()), E::VersionNotFound);
        assert_noop!(approve(owner(), base, ModelId(9), bob()), E::ModelNotFound);
        // It is given to somebody, not to whoever has the model when it is included.
        assert_noop!(approve(owner(), base, b, carol()), E::ModelOfAnotherOwner);
        assert_noop!(approve(owner(), open, b, bob()), E::ApprovalNotNeeded);
    });
}

#[test]
fn an_approvals_deposit_covers_what_it_stores() {
    test(|| {
        let base = guarded();
        let b = model(bob());
        let before = (stored(), deposits(&alice()).1);
        assert_ok!(approve_derivative(base, b));
        let paid = deposits(&alice()).1 - before.1;
        assert_eq!(paid, deposit_for(APPROVAL_SIZE));
        assert!(covers(paid, stored() - before.0));

        let licensor = Licensor::Version(binding());
        let before = (stored(), deposits(&bob()).1);
        assert_ok!(Registry::request_approval(signed(bob()), licensor, User));
        let paid = deposits(&bob()).1 - before.1;
        assert_eq!(paid, deposit_for(APPROVAL_SIZE));
        assert!(covers(paid, stored() - before.0));
    });
}

#[test]
fn an_approval_of_a_derivative_gives_its_deposit_back() {
    test(|| {
        let base = guarded();
        let (b, c) = (model(bob()), model(carol()));
        let before = deposits(&alice());
        // Two approvals of one model are one deposit; it goes with the last one used.
        assert_ok!(approve_derivative(base, b));
        let one = deposits(&alice());
        assert_ok!(approve_derivative(base, b));
        assert_eq!(deposits(&alice()), one);
        publish(b, spec().base(base, 0));
        assert_eq!(deposits(&alice()), one);
        publish(b, spec().base(base, 0));
        assert_eq!(deposits(&alice()), before);
        // Or when it is withdrawn.
        assert_ok!(approve_derivative(base, c));
        let withdraw = Registry::withdraw_derivative_approval;
        assert_noop!(
            withdraw(RuntimeOrigin::root(), base, c),
            DispatchError::BadOrigin
        );
        assert_noop!(withdraw(signed(carol()), base, c), E::NotOwner);
        assert_noop!(withdraw(signed(alice()), base, b), E::ApprovalNotFound);
        assert_ok!(withdraw(signed(alice()), base, c));
        System::assert_last_event(
            Event::DerivativeApprovalWithdrawn {
                version: base,
                model: c,
            }
            .into(),
        );
        assert_eq!(deposits(&alice()), before);
        assert_noop!(
            try_publish(c, spec().base(base, 0)),
            E::DerivativeNotApproved
        );
    });
}

#[test]
fn anyone_clears_an_approval_that_means_nothing_any_more() {
    test(|| {
        let base = guarded();
        let (sold, gone, c) = (model(bob()), model(bob()), model(bob()));
        let before = deposits(&alice());
        for m in [sold, gone, c] {
            assert_ok!(approve_derivative(base, m));
        }
        let withdraw = |m| Registry::withdraw_derivative_approval(signed(carol()), base, m);
        assert_noop!(withdraw(sold), E::NotOwner);
        sell(sold, carol());
        assert_ok!(withdraw(sold));
        assert_ok!(Registry::remove_model(signed(bob()), gone));
        assert_ok!(withdraw(gone));
        assert_noop!(withdraw(c), E::NotOwner);
        assert_ok!(remove(base));
        assert_ok!(withdraw(c));
        assert_eq!(deposits(&alice()), (before.0, 0));
    });
}

// Hosts and users.

/// A version of Alice's that asks for approval of its hosts and users.
fn binding() -> VersionId {
    let asking = |c: &mut ClausesV1| {
        c.hosting = Access::Approval;
        c.users = Access::Approval;
    };
    publish(model(alice()), spec().with(asking))
}

/// Work on `version`, by `host` for `user`.
fn opened(version: VersionId, host: AccountId, user: AccountId) -> Result<u32, DispatchError> {
    Registry::ensure_open(&Work {
        hosts: &[host],
        user: &user,
        ..work(version)
    })
    .map(|offerable| offerable.approvals)
}

fn offered(version: VersionId, host: AccountId) -> DispatchResult {
    Registry::ensure_offer(version, &host, 0).map(drop)
}

fn dataset_number(dataset: u32, number: TermsNumber) -> Licensor {
    Licensor::Dataset(DatasetId(dataset), number)
}

#[test]
fn hosting_needs_approval() {
    test(|| {
        let base = publish(
            model(alice()),
            spec().with(|c| c.hosting = Access::Approval),
        );
        let licensor = Licensor::Version(base);
        let derived = publish(model(bob()), spec().base(base, 0));
        for v in [base, derived] {
            assert_noop!(offered(v, carol()), E::HostNotApproved);
            assert_eq!(opened(v, carol(), bob()), Err(E::HostNotApproved.into()));
        }
        assert_ok!(Registry::approve(signed(alice()), licensor, Host, carol()));
        System::assert_last_event(
            Event::ApprovalGiven {
                licensor,
                kind: Host,
                account: carol(),
            }
            .into(),
        );
        // One row serves the whole family, and users need none.
        for v in [base, derived] {
            assert_ok!(offered(v, carol()));
            assert_eq!(opened(v, carol(), bob()), Ok(1));
        }
        // The licensor's own owner needs none; a derivative's owner does.
        assert_ok!(offered(derived, alice()));
        assert_noop!(offered(derived, bob()), E::HostNotApproved);
    });
}

#[test]
fn using_needs_approval_of_each_that_asks() {
    test(|| {
        let users = |c: &mut ClausesV1| c.users = Access::Approval;
        let b = model(bob());
        let base = publish(model(alice()), spec().with(users));
        let g = grant(b, 1, but(open_clauses(), users));
        let derived = publish(b, spec().base(base, 0).grant(g, 0));
        let stranger = governance();
        let with = |user: AccountId| opened(derived, bob(), user);
        let approve =
            |owner, licensor| Registry::approve(signed(owner), licensor, User, governance());
        assert_eq!(with(stranger.clone()), Err(E::UserNotApproved.into()));
        assert_ok!(approve(alice(), Licensor::Version(base)));
        assert_eq!(with(stranger.clone()), Err(E::UserNotApproved.into()));
        // The dataset's owner, by the terms of that number.
        assert_noop!(approve(alice(), dataset_number(1, 1)), E::NotOwner);
        assert_ok!(approve(carol(), dataset_number(1, 1)));
        assert_eq!(with(stranger.clone()), Ok(2));
        assert_eq!(DatasetChanges::get()[&DatasetId(1)], 1);
        // The owners of both need the other's.
        for owner in [alice(), carol()] {
            assert_eq!(with(owner), Err(E::UserNotApproved.into()));
        }
        // A host is not a user.
        assert_eq!(
            opened(base, stranger.clone(), bob()),
            Err(E::UserNotApproved.into())
        );
        assert_ok!(offered(derived, stranger));
    });
}

#[test]
fn withdrawn_approval_stops_new_work() {
    test(|| {
        let v = binding();
        let licensor = Licensor::Version(v);
        for (kind, account) in [(Host, bob()), (User, carol())] {
            assert_ok!(Registry::approve(signed(alice()), licensor, kind, account));
        }
        assert_eq!(opened(v, bob(), carol()), Ok(2));
        assert_ok!(Registry::withdraw_approval(
            signed(alice()),
            licensor,
            User,
            carol()
        ));
        System::assert_last_event(
            Event::ApprovalWithdrawn {
                licensor,
                kind: User,
                account: carol(),
            }
            .into(),
        );
        assert_eq!(opened(v, bob(), carol()), Err(E::UserNotApproved.into()));
        assert_eq!(opened(v, bob(), alice()), Ok(2));
        assert_ok!(offered(v, bob()));
        assert_ok!(Registry::withdraw_approval(
            signed(alice()),
            licensor,
            Host,
            bob()
        ));
        assert_noop!(offered(v, bob()), E::HostNotApproved);
        assert_eq!(opened(v, bob(), alice()), Err(E::HostNotApproved.into()));
    });
}

#[test]
fn an_approval_is_requested_by_who_pays_its_deposit() {
    test(|| {
        let v = binding();
        let licensor = Licensor::Version(v);
        let before = (deposits(&alice()), deposits(&bob()));
        let request = || Registry::request_approval(signed(bob()), licensor, User);
        assert_ok!(request());
        System::assert_last_event(
            Event::ApprovalRequested {
                licensor,
                kind: User,
                account: bob(),
            }
            .into(),
        );
        assert_noop!(request(), E::AlreadyRequested);
        // A request is no approval.
        assert_eq!(opened(v, alice(), bob()), Err(E::UserNotApproved.into()));
        let approve = || Registry::approve(signed(alice()), licensor, User, bob());
        assert_ok!(approve());
        assert_noop!(approve(), E::AlreadyApproved);
        assert_noop!(request(), E::AlreadyApproved);
        assert_eq!(deposits(&alice()), before.0);
        assert!(deposits(&bob()) > before.1);
        assert_eq!(opened(v, alice(), bob()), Ok(2));
        // Withdrawn by the owner, it goes back to who asked.
        let withdraw = |who| Registry::withdraw_approval(signed(who), licensor, User, bob());
        assert_ok!(withdraw(alice()));
        assert_eq!(deposits(&bob()), before.1);
        assert_noop!(withdraw(alice()), E::ApprovalNotFound);

        // Given without a request, its giver pays; who was approved may give it back.
        assert_ok!(approve());
        assert!(deposits(&alice()) > before.0);
        assert_eq!(deposits(&bob()), before.1);
        assert_noop!(withdraw(carol()), E::NotOwner);
        assert_ok!(withdraw(bob()));
        assert_eq!(deposits(&alice()), before.0);
        // A request is taken back in the same way.
        assert_ok!(request());
        assert_ok!(withdraw(bob()));
        assert_eq!(Approvals::<Test>::iter().count(), 0);
    });
}

#[test]
fn an_approval_is_the_owners_of_today_and_makes_sense() {
    test(|| {
        let v = binding();
        let m = Registry::model_of(v).unwrap();
        let open = Licensor::Version(publish(m, spec()));
        let licensor = Licensor::Version(v);
        terms(1, open_clauses());
        let bad = |origin| {
            [
                Registry::request_approval(origin, licensor, Host),
                Registry::approve(RuntimeOrigin::root(), licensor, Host, bob()),
                Registry::withdraw_approval(RuntimeOrigin::none(), licensor, Host, bob()),
            ]
        };
        for refused in bad(RuntimeOrigin::root()) {
            assert_eq!(refused, Err(DispatchError::BadOrigin));
        }
        for (licensor, why) in [
            (open, E::ApprovalNotNeeded),
            (dataset_number(1, 1), E::ApprovalNotNeeded),
            (dataset_number(1, 2), E::LicensorNotFound),
            (Licensor::Version(VersionId(9)), E::LicensorNotFound),
        ] {
            let why: DispatchError = why.into();
            assert_noop!(
                Registry::request_approval(signed(bob()), licensor, Host),
                why
            );
            assert_noop!(
                Registry::approve(signed(alice()), licensor, Host, bob()),
                why
            );
        }
        let approve = |who| Registry::approve(signed(who), licensor, Host, governance());
        assert_noop!(approve(bob()), E::NotOwner);
        sell(m, bob());
        assert_noop!(approve(alice()), E::NotOwner);
        let seen = changes(m);
        assert_ok!(approve(bob()));
        assert_eq!(changes(m), seen + 1);
    });
}

#[test]
fn anyone_clears_what_a_removed_licensor_has_left() {
    test(|| {
        let v = binding();
        let licensor = Licensor::Version(v);
        let before = deposits(&bob());
        assert_ok!(Registry::request_approval(signed(bob()), licensor, Host));
        let clear = || Registry::withdraw_approval(signed(carol()), licensor, Host, bob());
        assert_noop!(clear(), E::NotOwner);
        assert_ok!(remove(v));
        assert_ok!(clear());
        assert_eq!(deposits(&bob()), before);
    });
}

#[test]
fn approvals_are_paged_by_licensor() {
    test(|| {
        let (one, other) = (Licensor::Version(binding()), Licensor::Version(binding()));
        assert_ok!(Registry::request_approval(signed(bob()), one, Host));
        assert_ok!(Registry::approve(signed(alice()), one, Host, carol()));
        assert_ok!(Registry::approve(signed(alice()), one, User, bob()));
        assert_ok!(Registry::approve(
            signed(alice()),
            other,
            User,
            governance()
        ));
        let view = |licensor, kind, account, given| ApprovalView {
            licensor,
            kind,
            account,
            given,
        };
        let mut walked = vec![];
        let mut after = None;
        loop {
            let page = Registry::approvals_page(one, after.clone(), 2);
            assert!(page.len() <= 2);
            let Some(last) = page.last() else { break };
            after = Some((last.kind, last.account.clone()));
            walked.extend(page);
        }
        assert_eq!(walked.len(), 3);
        for expected in [
            view(one, Host, bob(), false),
            view(one, Host, carol(), true),
            view(one, User, bob(), true),
        ] {
            assert!(walked.contains(&expected), "{expected:?}");
        }
        assert_eq!(
            Registry::approvals_page(other, None, 9),
            vec![view(other, User, governance(), true)]
        );
        // A page is never longer than the API allows.
        assert_ok!(Balances::force_set_balance(
            RuntimeOrigin::root(),
            alice(),
            RICH * 10
        ));
        for n in 0..=MAX_PAGE {
            let mut id = [7; 32];
            id[..4].copy_from_slice(&n.to_le_bytes());
            assert_ok!(Registry::approve(signed(alice()), one, Host, id.into()));
        }
        let page = Registry::approvals_page(one, None, u32::MAX);
        assert_eq!(page.len(), MAX_PAGE as usize);
    });
}
