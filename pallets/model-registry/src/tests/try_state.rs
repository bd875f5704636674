//! The invariants bite: each is broken by hand and found.

use crate::{
    mock::*, Approvals, Artifacts, CurrentRules, DerivativeApprovals, Effectives, Imposed, Listing,
    Listings, ModelOf, Models, ModelsOf, Moderator, NextModel, NextVersion, PastRules, References,
    Suspensions, VersionOf, VersionReferences, Versions, VersionsOf,
};
use frame_support::assert_ok;
use myai_primitives::*;
use myai_support::{Licenses as _, Trained};

const MODEL: ModelId = ModelId(0);
/// Asks for a royalty and lives by a grant.
const BASE: VersionId = VersionId(0);
/// Derived from that, by a grant of its own.
const DERIVED: VersionId = VersionId(1);
/// Derived from the derivative, for a fee.
const LAST: VersionId = VersionId(2);

/// A model with a base, a version derived from it and one from that, which live by grants and are
/// bound by conditions, approvals and another revision of the rules; and then a hand that breaks
/// something. The check says `what`.
fn found(what: &str, corrupt: impl FnOnce()) {
    new_ext().execute_with(|| {
        accept(Asset::Native);
        let (m, other) = (model(alice()), model(bob()));
        let asking = but(open_clauses(), |c| {
            c.royalty = royalty_in(10_000, Unit::Call, Asset::Native, 20, 500);
            c.derivatives = Derivatives::Approval;
            c.hosting = Access::Approval;
            c.users = Access::Approval;
            c.use_policy = Some(file(9));
        });
        let g = grant(
            m,
            1,
            but(open_clauses(), |c| c.royalty = royalty(20_000, 1)),
        );
        let mut first = spec().grant(g, 20_000);
        first.clauses = asking;
        let base = publish(m, first);
        let own = grant(m, 2, open_clauses());
        publish(
            m,
            spec()
                .base(base, 10_000)
                .dataset(1, 20_000)
                .grant(own, 0)
                .extra(bob(), 30)
                .price(3_000),
        );
        publish(
            m,
            spec()
                .base(base, 10_000)
                .base(DERIVED, 0)
                .dataset(1, 20_000)
                .price(3_000),
        );
        let licensor = Licensor::Version(base);
        assert_ok!(Registry::approve_derivative(
            signed(alice()),
            base,
            other,
            bob()
        ));
        assert_ok!(Registry::request_approval(
            signed(bob()),
            licensor,
            ApprovalKind::Host
        ));
        assert_ok!(Registry::set_rule(
            RuntimeOrigin::root(),
            Rule::NetworkShare,
            1
        ));
        assert_eq!(Registry::do_try_state(), Ok(()));
        corrupt();
        let error = Registry::do_try_state().expect_err("it is broken");
        let what = Box::leak(what.to_string().into_boxed_str());
        assert_eq!(error, sp_runtime::TryRuntimeError::Other(what));
    });
}

fn model_row(change: impl FnOnce(&mut ModelOf<Test>)) {
    Models::<Test>::mutate(MODEL.place(), |m| change(m.as_mut().expect("it is there")));
}

fn version_row(version: VersionId, change: impl FnOnce(&mut VersionOf<Test>)) {
    Versions::<Test>::mutate(version, |v| change(v.as_mut().expect("it is there")));
}

fn listing_row(change: impl FnOnce(&mut Listing)) {
    Listings::<Test>::mutate(DERIVED, |l| change(l.as_mut().expect("it is there")));
}

fn effective_row(version: VersionId, change: impl FnOnce(&mut Effective)) {
    Effectives::<Test>::mutate(version, |e| change(e.as_mut().expect("it is there")));
}

fn split_row(version: VersionId, change: impl FnOnce(&mut Vec<Share<AccountId>>)) {
    let id = split(version);
    SplitTable::mutate(|t| change(&mut t.get_mut(&id).expect("it is there").shares));
}

#[test]
fn an_id_that_was_not_given_is_found() {
    found("a model has an id that was not given", || {
        NextModel::<Test>::put(ModelId(0))
    });
    found("a version has an id that was not given", || {
        NextVersion::<Test>::put(VersionId(1))
    });
}

#[test]
fn a_model_of_somebody_else_is_found() {
    found("a model's deposit is not its owner's", || {
        model_row(|m| m.ownership.owner = carol())
    });
    found("a model is offered to its owner", || {
        model_row(|m| m.ownership.offered_to = Some(alice()))
    });
}

#[test]
fn owners_lists_that_differ_are_found() {
    found("a model is not among its owner's", || {
        ModelsOf::<Test>::remove(alice(), MODEL.place())
    });
    found("an owner has a model that is not its own", || {
        ModelsOf::<Test>::insert(carol(), MODEL.place(), ())
    });
    found("an owner has a model that is not its own", || {
        ModelsOf::<Test>::insert(alice(), ModelId(7).place(), ())
    });
}

#[test]
fn versions_lists_that_differ_are_found() {
    found(
        "the index of a model names a version that is not its own",
        || VersionsOf::<Test>::insert(ModelId(5), BASE.place(), ()),
    );
    found("a model miscounts its versions", || {
        VersionsOf::<Test>::remove(MODEL, DERIVED.place());
    });
    found("a version is not in its model's index", || {
        VersionsOf::<Test>::remove(MODEL, DERIVED.place());
        model_row(|m| m.versions = 2);
    });
    found("a model miscounts its versions", || {
        model_row(|m| m.versions = 4)
    });
    found("a version's model is gone", || {
        Models::<Test>::remove(MODEL.place());
    });
}

#[test]
fn rows_that_do_not_stand_together_are_found() {
    let what = "the rows of a version do not stand together";
    found(what, || Versions::<Test>::remove(LAST));
    found(what, || Effectives::<Test>::remove(LAST));
    found(what, || {
        let row = Versions::<Test>::take(LAST).expect("it is there");
        Versions::<Test>::insert(VersionId(9), row);
    });
}

#[test]
fn artifacts_that_differ_are_found() {
    let place = BASE.place();
    found("an artifact has a row without a version", || {
        Artifacts::<Test>::remove([1; 32], place)
    });
    found("an artifact has a row without a version", || {
        Artifacts::<Test>::insert([7; 32], place, 1)
    });
    found("a version's artifact has no row", || {
        Artifacts::<Test>::remove([1; 32], place);
        Artifacts::<Test>::insert([7; 32], place, 1);
    });
}

#[test]
fn a_split_that_is_not_that_of_its_lines_is_found() {
    let what = "a version's split is not that of its lines";
    let someone = Beneficiary::Account(governance());
    // Somebody else is paid, one beside the lines, or other parts.
    found(what, || split_row(DERIVED, |s| s[0].beneficiary = someone));
    found(what, || {
        split_row(DERIVED, |s| {
            let last = s.len() - 1;
            s[0].parts = Ppm(9_999);
            s[last].parts = Ppm(s[last].parts.0 + 1);
        })
    });
    found(what, || {
        split_row(DERIVED, |s| {
            s.remove(0);
        })
    });
    // Another version's split.
    found(what, || {
        let (one, two) = (split(BASE), split(DERIVED));
        Listings::<Test>::mutate(BASE, |l| l.as_mut().unwrap().split = two);
        listing_row(|l| l.split = one);
    });
    // Also where both would divide alike.
    found("two versions have one split", || {
        let (one, two) = (publish(MODEL, spec()), publish(MODEL, spec()));
        Listings::<Test>::mutate(two, |l| l.as_mut().unwrap().split = split(one));
    });
    found("a version's split is gone", || {
        let split = split(DERIVED);
        SplitTable::mutate(|t| t.remove(&split));
    });
}

#[test]
fn lines_that_were_changed_are_found() {
    found("a version's lines do not keep what they are asked", || {
        version_row(DERIVED, |v| v.spec.bases[0].royalty = Ppm(9_999))
    });
    found("a version's lines do not keep what they are asked", || {
        version_row(LAST, |v| v.spec.bases.truncate(1));
        version_row(LAST, |v| v.spec.bases[0].version = DERIVED);
    });
    found("a version's lines do not keep what they are asked", || {
        version_row(DERIVED, |v| {
            v.spec.datasets.remove(0);
        })
    });
    found("a version's split is not that of its lines", || {
        version_row(DERIVED, |v| v.spec.extras[0].account = carol())
    });
}

#[test]
fn effective_clauses_that_inherit_does_not_give_are_found() {
    let what = "a version's effective clauses are not what its parents come to";
    let changes: [fn(&mut Effective); 11] = [
        |e| e.flags.hosting = false,
        |e| e.flags.users = false,
        |e| e.flags.commercial = Commercial::Forbidden { fees: None },
        |e| e.bound_by = Default::default(),
        |e| e.bound_by[0].users = false,
        |e| e.licensors.truncate(1),
        |e| e.licensors[0].royalty.share = Ppm(9_999),
        |e| e.policies = Default::default(),
        |e| e.share_alike = Some([1; 32]),
        |e| e.min_price -= 1,
        |e| e.max_fee = Some(501),
    ];
    for change in changes {
        found(what, || effective_row(LAST, change));
    }
    // Its own clauses were changed.
    found(what, || {
        version_row(LAST, |v| v.spec.clauses.hosting = Access::Approval)
    });
}

#[test]
fn a_parent_that_was_changed_is_found() {
    found(
        "a version's effective clauses are not what its parents come to",
        || {
            // Share-alike and commercial of a grant's own terms.
            TermsTable::mutate(|t| {
                let terms = t.get_mut(&(DatasetId(2), 1)).expect("it is there");
                terms.clauses.attribution = text("Built with it");
            })
        },
    );
    found("a version's lines do not keep what they are asked", || {
        TermsTable::mutate(|t| {
            let terms = t.get_mut(&(DatasetId(2), 1)).expect("it is there");
            terms.clauses.commercial = Commercial::Forbidden { fees: None };
        })
    });
    found("terms that a version was published under are gone", || {
        TermsTable::mutate(|t| t.remove(&(DatasetId(2), 1)));
    });
    found("a dataset that a version names is gone", || {
        version_row(LAST, |v| {
            v.spec.datasets[0].source = DataSource::Dataset(DatasetId(7))
        });
    });
    found("a version's base is gone", || {
        version_row(DERIVED, |v| v.spec.bases[0].version = VersionId(9))
    });
    found("a grant of a version has no terms", || {
        version_row(DERIVED, |v| v.terms = Default::default())
    });
    found("terms of a version without a grant", || {
        version_row(LAST, |v| v.terms.try_push((DatasetId(1), 1)).unwrap())
    });
}

#[test]
fn a_listing_that_says_something_else_is_found() {
    let what = "a version's listing is not what its spec and clauses come to";
    let changes: [fn(&mut Listing); 11] = [
        |l| l.max_fee = None,
        |l| l.policies = None,
        |l| l.hosting = false,
        |l| l.users = false,
        |l| l.irrevocable = true,
        |l| l.max_input = 7,
        |l| l.price.asset = Asset::Id(7),
        |l| l.modes = Default::default(),
        // One that it lives by is forgotten, or is another.
        |l| l.lives_by.truncate(1),
        |l| {
            l.lives_by[0] = Trained {
                version: DERIVED,
                dataset: DatasetId(1),
            }
        },
        |l| l.lives_by.as_mut().reverse(),
    ];
    for change in changes {
        found(what, || listing_row(change));
    }
}

#[test]
fn a_price_below_its_floor_is_found() {
    found("a price is not what the clauses allow", || {
        listing_row(|l| l.price.value = 1_999)
    });
}

#[test]
fn a_version_without_its_grant_is_found() {
    let what = "a version stands on no grant of a dataset that it was trained on";
    found(what, || {
        Attached::mutate(|a| a.remove(&(DERIVED, DatasetId(2))));
    });
    // On another model's, or on one of another dataset.
    found(what, || {
        let foreign = grant(ModelId(1), 2, open_clauses());
        Attached::mutate(|a| a.insert((DERIVED, DatasetId(2)), foreign));
    });
    found(what, || {
        let of_base = LicensesDouble::grant_of(BASE, DatasetId(1)).expect("it stands on it");
        Attached::mutate(|a| a.insert((DERIVED, DatasetId(2)), of_base));
    });
}

#[test]
fn wrong_references_are_found() {
    let set = |version, derivatives, others| {
        let row = References {
            derivatives,
            others,
        };
        VersionReferences::<Test>::insert(version, row);
    };
    let miscounts = "a version miscounts its derivatives";
    found(miscounts, || VersionReferences::<Test>::remove(BASE));
    found(miscounts, || set(BASE, 1, 0));
    found(miscounts, || set(BASE, 3, 0));
    found(miscounts, || set(LAST, 1, 0));
    found("a version referred to is gone", || set(VersionId(7), 1, 0));
    found("a count of zero is kept", || set(LAST, 0, 0));
    let kept = "terms are not kept as often as versions were published under them";
    found(kept, || TermsRefs::set(Default::default()));
    found(kept, || {
        TermsRefs::mutate(|refs| refs.insert((DatasetId(9), 1), 1));
    });
}

#[test]
fn wrong_approvals_are_found() {
    found("an approval of what never was", || {
        let row = DerivativeApprovals::<Test>::take(BASE, ModelId(1)).expect("it is there");
        DerivativeApprovals::<Test>::insert(VersionId(9), ModelId(1), row);
    });
    found("an approval that is used up is kept", || {
        DerivativeApprovals::<Test>::mutate(BASE, ModelId(1), |a| {
            a.as_mut().expect("it is there").count = 0
        })
    });
    found("an approval of what never was", || {
        let key = (ApprovalKind::Host, bob());
        let row = Approvals::<Test>::take(Licensor::Version(BASE), &key).expect("it is there");
        Approvals::<Test>::insert(Licensor::Version(VersionId(9)), &key, row);
    });
}

#[test]
fn deposits_that_are_not_on_hold_are_found() {
    use frame_support::traits::fungible::MutateHold;
    let what = "deposits on hold are not what the tickets say";
    let none = Default::default;
    // A row is gone with its ticket.
    found(what, || {
        DerivativeApprovals::<Test>::remove(BASE, ModelId(1))
    });
    found(what, || {
        let key = (ApprovalKind::Host, bob());
        Approvals::<Test>::remove(Licensor::Version(BASE), key);
    });
    // Money is on hold for nothing, or is not.
    for reason in [ModelReason::get(), VersionReason::get()] {
        found(what, || {
            assert_ok!(Balances::hold(&reason, &carol(), 1));
        });
        found(what, || {
            let _ = Balances::release(
                &reason,
                &bob(),
                1,
                frame_support::traits::tokens::Precision::Exact,
            );
            let _ = Balances::release(
                &reason,
                &alice(),
                1,
                frame_support::traits::tokens::Precision::Exact,
            );
        });
    }
    // Somebody without an account has paid.
    found(what, || {
        version_row(LAST, |v| v.deposit.payer = AccountId::new(none()))
    });
}

#[test]
fn a_missing_revision_is_found() {
    found("there are no rules in force", || {
        CurrentRules::<Test>::kill()
    });
    found("a past revision is gone", || PastRules::<Test>::remove(0));
    found("a past revision is ahead of the current one", || {
        PastRules::<Test>::insert(1, RuleSet::default())
    });
}

#[test]
fn a_suspension_that_is_not_where_openings_look_is_found() {
    let suspended = |subject: Subject<AccountId>| {
        assert_ok!(Registry::suspend(
            signed(moderator()),
            subject,
            Now::get() + 10
        ));
    };
    let what = "a version's listing does not say until when it is suspended";
    found(what, || {
        suspended(Subject::Version(BASE));
        Listings::<Test>::mutate(BASE, |row| {
            row.as_mut().unwrap().suspended_until = None;
        });
    });
    found(what, || {
        suspended(Subject::Version(BASE));
        Suspensions::<Test>::remove(Subject::Version(BASE));
    });
    found("openings would not look for a model's suspension", || {
        suspended(Subject::Model(MODEL));
        CurrentRules::<Test>::mutate(|row| row.as_mut().unwrap().models_until -= 1);
    });
    let imposed = |since, until| Imposed {
        suspension: Suspension { since, until },
        by: Moderator::Moderation,
    };
    for subject in [Subject::Model(ModelId(9)), Subject::Version(VersionId(9))] {
        found("a suspension of what never was", || {
            Suspensions::<Test>::insert(subject, imposed(0, 0));
        });
    }
    let backwards = imposed(2, 1);
    let what = "a suspension ends before it begins";
    found(what, || {
        Suspensions::<Test>::insert(Subject::Worker(bob()), backwards)
    });
    found(what, || {
        CurrentRules::<Test>::mutate(|row| row.as_mut().unwrap().halt = Some(backwards))
    });
}
