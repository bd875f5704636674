//! The invariants bite: each is broken by hand and found.

use crate::{
    mock::*, place, Artifacts, Conditions, CurrentRevision, Listings, Models, NextModel,
    NextVersion, Pallet, References, RuleSets, Versions, VersionsOf,
};
use myai_primitives::{documents::*, ModelId, Ppm, RuleSet, VersionId};

const MODEL: ModelId = ModelId(0);
const BASE: VersionId = VersionId(0);
const DERIVED: VersionId = VersionId(1);

/// A model with a base, a version derived from it that lives by a grant, and then a hand that
/// breaks something; the check says `what`.
fn found(what: &str, corrupt: impl FnOnce()) {
    new_ext().execute_with(|| {
        accept(myai_primitives::Asset::Native);
        let m = model(alice());
        let base = publish(m, spec().min_royalty(10).reaching_descendants());
        let g = grant(m, 1, dataset_terms());
        set_end(g, Some(9_000));
        publish(m, spec().base(base, 10).grant(g, 20).extra(bob(), 30));
        assert_eq!(Pallet::<Test>::do_try_state(), Ok(()));
        corrupt();
        let error = Pallet::<Test>::do_try_state().expect_err("it is broken");
        assert_eq!(error, what.into_error());
    });
}

trait IntoError {
    fn into_error(self) -> sp_runtime::TryRuntimeError;
}
impl IntoError for &str {
    fn into_error(self) -> sp_runtime::TryRuntimeError {
        sp_runtime::TryRuntimeError::Other(Box::leak(self.to_string().into_boxed_str()))
    }
}

fn listing(change: impl FnOnce(&mut crate::Listing)) {
    Listings::<Test>::mutate(DERIVED, |o| change(o.as_mut().expect("it is there")));
}

fn conditions(change: impl FnOnce(&mut crate::ConditionsOfVersion)) {
    Conditions::<Test>::mutate(DERIVED, |c| change(c.as_mut().expect("it is there")));
}

#[test]
fn a_number_not_given_is_found() {
    found("a model has a number that was not given", || {
        NextModel::<Test>::put(ModelId(0))
    });
    found("a version has a number not given", || {
        NextVersion::<Test>::put(VersionId(1))
    });
}

#[test]
fn a_deposit_of_somebody_else_is_found() {
    found("a model's deposit is not its owner's", || {
        Models::<Test>::mutate(MODEL, |m| m.as_mut().expect("it is there").owner = bob())
    });
}

#[test]
fn a_miscount_of_versions_is_found() {
    found("a model miscounts its versions", || {
        Models::<Test>::mutate(MODEL, |m| m.as_mut().expect("it is there").versions = 3)
    });
}

#[test]
fn a_version_without_its_model_is_found() {
    found("a version's model is gone", || {
        Models::<Test>::remove(MODEL)
    });
}

#[test]
fn an_index_that_differs_is_found() {
    found(
        "the index of a model names a version that is not its own",
        || VersionsOf::<Test>::insert(ModelId(5), place(BASE), ()),
    );
    found("a model miscounts its versions", || {
        VersionsOf::<Test>::remove(MODEL, place(DERIVED));
    });
    found("a listing without its index", || {
        VersionsOf::<Test>::remove(MODEL, place(DERIVED));
        Models::<Test>::mutate(MODEL, |m| m.as_mut().expect("it is there").versions = 1);
    });
}

#[test]
fn records_that_do_not_stand_together_are_found() {
    found("a listing without its version", || {
        Versions::<Test>::remove(DERIVED)
    });
    found("a listing without conditions", || {
        Conditions::<Test>::remove(DERIVED)
    });
}

#[test]
fn a_forgotten_artifact_is_found() {
    found("an artifact is not taken by its first version", || {
        Artifacts::<Test>::remove([1; 32])
    });
}

#[test]
fn a_missing_split_is_found() {
    found("a version's split is gone", || {
        SplitTable::set(Default::default())
    });
}

#[test]
fn lines_that_leave_nothing_are_found() {
    found("a version's lines leave nothing for its owner", || {
        conditions(|c| c.grants[0].share = Ppm(999_960))
    });
}

#[test]
fn a_wrong_end_is_found() {
    found(
        "a version is not licensed until the least end of its grants",
        || listing(|o| o.licensed_until = Some(9_001)),
    );
    found(
        "a version is not licensed until the least end of its grants",
        || GrantTable::set(Default::default()),
    );
}

#[test]
fn a_price_that_may_not_be_is_found() {
    found("a price is below its least", || {
        conditions(|c| c.min_price = 1_001)
    });
    found("a price where none is allowed", || {
        listing(|o| o.commercial = false)
    });
}

#[test]
fn a_lost_ancestor_is_found() {
    found("a version's ancestors are not in order", || {
        listing(|o| o.ancestors = Lines::truncate_from(vec![BASE, BASE]))
    });
    found("a version does not list an ancestor of its base", || {
        listing(|o| o.ancestors = Default::default())
    });
}

#[test]
fn a_diluted_royalty_is_found() {
    found("a royalty is below its least", || {
        Versions::<Test>::mutate(DERIVED, |v| {
            v.as_mut().expect("it is there").bases[0].royalty = Ppm(9)
        })
    });
}

#[test]
fn lost_share_alike_is_found() {
    found("share-alike was lost", || {
        Conditions::<Test>::mutate(BASE, |c| {
            c.as_mut().expect("it is there").share_alike = true
        })
    });
}

#[test]
fn lost_references_are_found() {
    found("a version forgets a derivative", || {
        References::<Test>::remove(BASE)
    });
    found("a version referred to is gone", || {
        References::<Test>::insert(VersionId(7), 1)
    });
    found("a count of zero is kept", || {
        References::<Test>::insert(DERIVED, 0)
    });
}

#[test]
fn a_missing_revision_is_found() {
    found("the current revision is not there", || {
        CurrentRevision::<Test>::put(4)
    });
    found("a revision is ahead of the current one", || {
        RuleSets::<Test>::insert(9, RuleSet::default())
    });
}
