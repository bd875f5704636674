//! What versions stand on.

use super::*;
use myai_support::Trained;

fn pair(version: u32) -> Trained {
    Trained {
        version: VersionId(version),
        dataset: DATASET,
    }
}

/// Sells the dataset for another royalty from now on.
fn change_royalty(share: u32) {
    let mut terms = terms();
    terms.clauses.royalty = royalty(share);
    set_terms(DATASET, terms);
}

#[test]
fn a_version_stands_on_the_grant_that_it_was_published_under() {
    test(|| {
        let grant = granted(terms());
        let version = version(1, grant);
        assert_eq!(DataLicense::grant_of(version, DATASET), Some(grant));
        assert_eq!(record(grant).versions, 1);
        // Once is once.
        assert_ok!(DataLicense::attach(grant, version));
        assert_eq!(record(grant).versions, 1);
        assert_noop!(
            DataLicense::attach(GrantId(9), version),
            Error::GrantNotFound
        );
        DataLicense::detach(version, DATASET);
        DataLicense::detach(version, DATASET);
        assert_eq!(DataLicense::grant_of(version, DATASET), None);
        assert_eq!(record(grant).versions, 0);
    });
}

#[test]
fn version_moves_within_its_dataset_only() {
    test(|| {
        let from = granted(terms());
        let to = acquire(DATASET);
        let version = version(1, from);
        // A licensee's own empty dataset, whose owner agrees to everything.
        let own = register(BOB);
        assert_ok!(DataLicense::set_terms(by(BOB), own, Box::new(terms())));
        let elsewhere = acquire(own);
        sell(CAROLS, BOB);
        let anothers = crate::NextGrant::<Test>::get();
        assert_ok!(DataLicense::acquire(by(BOB), DATASET, CAROLS, 1, 1_000, 0));

        let go = |origin, version, from, to| DataLicense::move_version(origin, version, from, to);
        assert_noop!(
            go(by(BOB), version, from, elsewhere),
            Error::GrantOfAnotherDataset
        );
        assert_noop!(
            go(by(BOB), version, from, anothers),
            Error::GrantOfAnotherModel
        );
        assert_noop!(
            go(RuntimeOrigin::root(), version, from, to),
            DispatchError::BadOrigin
        );
        assert_noop!(go(by(ALICE), version, from, to), Error::NotModelOwner);
        assert_noop!(go(by(BOB), version, GrantId(9), to), Error::GrantNotFound);
        assert_noop!(go(by(BOB), version, from, GrantId(9)), Error::GrantNotFound);
        assert_noop!(
            go(by(BOB), VersionId(7), from, to),
            Error::VersionNotUnderGrant
        );
        assert_noop!(go(by(BOB), version, to, from), Error::VersionNotUnderGrant);
        assert_noop!(
            go(by(BOB), version, from, from),
            Error::VersionUnderGrantAlready
        );
        assert_ok!(go(by(BOB), version, from, to));
        emitted(Event::VersionMoved { version, from, to });
        assert_eq!(DataLicense::grant_of(version, DATASET), Some(to));
        assert_eq!((record(from).versions, record(to).versions), (0, 1));
        ModelOwners::remove(MODEL);
        assert_noop!(go(by(BOB), version, to, from), Error::ModelNotFound);
    });
}

#[test]
fn a_version_moves_only_to_clauses_that_it_keeps() {
    test(|| {
        let from = granted(terms());
        let version = version(1, from);
        change_royalty(50_001);
        let dearer = acquire(DATASET);
        change_royalty(49_999);
        let cheaper = acquire(DATASET);
        let go = |to| DataLicense::move_version(by(BOB), version, from, to);
        assert_noop!(go(dearer), ASKS_MORE);
        assert_ok!(go(cheaper));
    });
}

#[test]
fn a_version_moves_only_to_a_live_grant() {
    test(|| {
        let from = granted(terms());
        let to = acquire(DATASET);
        let version = version(1, from);
        at(200);
        // The old one may be over: that is what moving is for.
        assert_noop!(
            DataLicense::move_version(by(BOB), version, from, to),
            Error::GrantLapsed
        );
        assert_ok!(renew(BOB, to));
        assert_ok!(DataLicense::move_version(by(BOB), version, from, to));
    });
}

/// Otherwise a model's buyer would publish under a grant that asks nobody and move the version to one
/// that was approved for the seller.
#[test]
fn a_buyer_moves_no_version_to_a_grant_that_it_is_not_approved_for() {
    test(|| {
        let to = approve(requested(approved_terms()));
        set_terms(DATASET, terms());
        let from = acquire(DATASET);
        let version = version(1, from);
        sell(MODEL, CAROL);
        let go = || DataLicense::move_version(by(CAROL), version, from, to);
        assert_noop!(go(), Error::OwnerNotApproved);
        assert_ok!(DataLicense::approve_owner(by(ALICE), to, CAROL));
        assert_ok!(go());
    });
}

/// A model with a live grant of its own is not bound to the grants of those it derives from, and not
/// helped by a grant of its own that is over.
#[test]
fn own_grant_frees_from_the_ancestors() {
    test(|| {
        let ancestors = granted(terms());
        version(1, ancestors);
        let asked = || DataLicense::standing(CAROLS, &pair(1));
        assert_eq!(asked(), Some((ancestors, Some(200))));
        at(150);
        let own = crate::NextGrant::<Test>::get();
        assert_ok!(DataLicense::acquire(
            by(CAROL),
            DATASET,
            CAROLS,
            1,
            1_000,
            0
        ));
        assert_eq!(asked(), Some((own, Some(250))));
        // The ancestor itself is not served by it.
        assert_eq!(
            DataLicense::standing(MODEL, &pair(1)),
            Some((ancestors, Some(200)))
        );
        at(200);
        assert_eq!(asked(), Some((own, Some(250))));
        assert_ok!(DataLicense::revoke(by(ALICE), own));
        assert_eq!(asked(), Some((own, Some(230))));
        assert_ok!(renew(EVE, ancestors));
        at(230);
        assert_eq!(asked(), Some((ancestors, Some(300))));
        assert_ok!(DataLicense::remove_grant(by(CAROL), own));
        assert_eq!(asked(), Some((ancestors, Some(300))));
    });
}

#[test]
fn of_several_own_grants_the_one_that_ends_last_is_asked() {
    test(|| {
        let first = granted(terms());
        version(1, first);
        at(150);
        let second = acquire(DATASET);
        let asked = || DataLicense::standing(MODEL, &pair(1));
        assert_eq!(asked(), Some((second, Some(250))));
        assert_ok!(DataLicense::renew(by(EVE), first, 2, 2_000));
        assert_eq!(asked(), Some((first, Some(400))));
        set_terms(DATASET, perpetual_terms());
        let endless = acquire(DATASET);
        assert_eq!(asked(), Some((endless, None)));
        assert_ok!(DataLicense::remove_grant(by(BOB), endless));
        assert_eq!(asked(), Some((first, Some(400))));
        // When all are over, what it stands on says when.
        at(400);
        assert_eq!(asked(), Some((first, Some(400))));
        assert_eq!(DataLicense::standing(MODEL, &pair(2)), None);
    });
}

#[test]
fn a_grant_that_a_version_needs_is_removed_by_nobody() {
    test(|| {
        let grant = granted(terms());
        let (live, base) = (version(1, grant), version(2, grant));
        // Retired, but somebody builds on it.
        Retired::insert(base, ());
        // Nobody builds on it, but it is not retired.
        NotBuiltOn::insert(live, ());
        at(100_000);
        for who in [BOB, EVE] {
            assert_noop!(DataLicense::remove_grant(by(who), grant), Error::GrantInUse);
            for version in [live, base] {
                assert_noop!(
                    DataLicense::detach_versions(
                        by(who),
                        grant,
                        vec![version].try_into().expect("few")
                    ),
                    Error::VersionInUse
                );
            }
        }
        assert_ok!(renew(EVE, grant));
    });
}

#[test]
fn retired_versions_that_nobody_builds_on_do_not_keep_a_grant() {
    test(|| {
        let grant = granted(terms());
        let versions: Vec<VersionId> = (0..33).map(|id| version(id, grant)).collect();
        versions.iter().for_each(|version| retire(*version));
        let detach = |origin, grant, versions: &[VersionId]| {
            let versions = versions.to_vec().try_into().expect("few");
            DataLicense::detach_versions(origin, grant, versions)
        };
        assert_noop!(
            detach(RuntimeOrigin::root(), grant, &versions[..1]),
            DispatchError::BadOrigin
        );
        assert_noop!(
            detach(by(BOB), GrantId(9), &versions[..1]),
            Error::GrantNotFound
        );
        // A stranger must wait as long as for the grant itself: an irrevocable version may yet be
        // built on.
        assert_noop!(detach(by(EVE), grant, &versions[..1]), Error::GrantKept);
        let other = acquire(DATASET);
        assert_noop!(
            detach(by(BOB), other, &versions[..1]),
            Error::VersionNotUnderGrant
        );
        assert_ok!(detach(by(BOB), grant, &versions[..1]));
        emitted(Event::VersionDetached {
            version: versions[0],
            grant,
        });
        at(14_600);
        assert_ok!(detach(by(EVE), grant, &versions[1..]));
        assert_eq!(record(grant).versions, 0);
        assert_ok!(DataLicense::remove_grant(by(EVE), grant));
        // Removing the version later changes nothing.
        DataLicense::detach(versions[0], DATASET);
    });
}
