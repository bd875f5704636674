use super::*;
use crate::Replacements;
use sp_runtime::{DispatchError, TokenError};

fn replace(version: VersionId, old: GrantId, new: GrantId) -> sp_runtime::DispatchResult {
    DataLicense::replace(by(BOB), version, old, new)
}

fn versions(grant: GrantId) -> Vec<VersionId> {
    DataLicense::grant_view(grant).expect("a grant").versions
}

#[test]
fn replacement_grant_revives() {
    test(|| {
        let dataset = dataset_under(terms());
        let old = acquire(dataset);
        let version = version(1, &[old]);
        at(300);
        assert!(ends(old) <= Some(300));
        let new = acquire(dataset);
        assert_ok!(replace(version, old, new));
        emitted(Event::VersionMoved { version, old, new });
        assert_eq!(Moved::get(), [(version, old, new)]);
        assert_eq!((versions(old), versions(new)), (vec![], vec![version]));
        // The old one can go now.
        assert_ok!(DataLicense::remove_grant(by(EVE), old));
    });
}

#[test]
fn replacing_is_refused_for_each_unmet_condition() {
    test(|| {
        let dataset = dataset_under(terms());
        let (old, new) = (acquire(dataset), acquire(dataset));
        let version = version(1, &[old]);
        assert_noop!(
            DataLicense::replace(RuntimeOrigin::root(), version, old, new),
            DispatchError::BadOrigin
        );
        assert_noop!(
            DataLicense::replace(by(ALICE), version, old, new),
            Error::NotModelOwner
        );
        assert_noop!(replace(VersionId(9), old, new), Error::VersionNotFound);
        assert_noop!(replace(version, GrantId(9), new), Error::GrantNotFound);
        assert_noop!(replace(version, old, GrantId(9)), Error::GrantNotFound);
        assert_noop!(replace(version, new, old), Error::VersionNotUnderGrant);
        assert_noop!(replace(version, old, old), Error::VersionUnderGrantAlready);
        assert_ok!(DataLicense::acquire(
            by(CAROL),
            dataset,
            CAROLS,
            1,
            1_000,
            0
        ));
        assert_noop!(
            replace(version, old, GrantId(2)),
            Error::GrantOfAnotherModel
        );
        at(200);
        assert_noop!(replace(version, old, new), Error::GrantLapsed);
        let full = acquire(dataset);
        for id in 100..116 {
            super::version(id, &[full]);
        }
        assert_noop!(replace(version, old, full), Error::TooManyVersions);
        ModelOwners::remove(MODEL);
        assert_noop!(replace(version, old, full), Error::ModelNotFound);
    });
}

#[test]
fn stricter_terms_of_the_same_dataset_are_refused() {
    test(|| {
        let dataset = dataset_under(terms());
        let old = acquire(dataset);
        let version = version(1, &[old]);
        let stricter = DatasetTerms {
            min_share: Ppm(50_001),
            ..terms()
        };
        assert_ok!(DataLicense::set_terms(by(ALICE), dataset, stricter));
        let new = acquire(dataset);
        assert_noop!(replace(version, old, new), Error::TermsStricter);
        let laxer = DatasetTerms {
            min_share: Ppm(1),
            period: Some(7),
            ..terms()
        };
        assert_ok!(DataLicense::set_terms(by(ALICE), dataset, laxer));
        let new = acquire(dataset);
        assert_ok!(replace(version, old, new));
    });
}

#[test]
fn another_dataset_needs_its_owners_word_which_is_good_once() {
    test(|| {
        let old = granted(terms());
        let version = version(1, &[old]);
        let dataset = dataset_under(DatasetTerms {
            min_share: Ppm(100_000),
            ..terms()
        });
        let new = acquire(dataset);
        assert_noop!(replace(version, old, new), Error::ReplacementNotAllowed);

        let allow =
            |origin, dataset, version| DataLicense::allow_replacement(origin, dataset, version);
        assert_noop!(
            allow(RuntimeOrigin::root(), dataset, version),
            DispatchError::BadOrigin
        );
        assert_noop!(allow(by(BOB), dataset, version), Error::NotDatasetOwner);
        assert_noop!(
            allow(by(ALICE), DatasetId(9), version),
            Error::DatasetNotFound
        );
        assert_noop!(
            allow(by(ALICE), dataset, VersionId(9)),
            Error::VersionNotFound
        );
        let before = free(&MAI, ALICE);
        assert_ok!(allow(by(ALICE), dataset, version));
        emitted(Event::ReplacementAllowed { dataset, version });
        assert_eq!(
            before - free(&MAI, ALICE),
            deposit(DataLicense::replacement_footprint())
        );
        assert_noop!(
            allow(by(ALICE), dataset, version),
            Error::ReplacementAllowedAlready
        );

        assert_ok!(replace(version, old, new));
        assert_eq!(free(&MAI, ALICE), before);
        assert_eq!(Replacements::<Test>::iter().count(), 0);
        // Back to the first dataset it needs that owner's word.
        assert_noop!(replace(version, new, old), Error::ReplacementNotAllowed);
    });
}

#[test]
fn the_owners_word_does_not_cover_what_binds_the_version() {
    test(|| {
        let old = granted(terms());
        let version = version(1, &[old]);
        for stricter in [
            DatasetTerms {
                share_alike: true,
                ..terms()
            },
            DatasetTerms {
                commercial: false,
                ..terms()
            },
            DatasetTerms {
                reach: Reach::Descendants,
                ..terms()
            },
        ] {
            let dataset = dataset_under(stricter);
            let new = acquire(dataset);
            assert_ok!(DataLicense::allow_replacement(by(ALICE), dataset, version));
            assert_noop!(replace(version, old, new), Error::TermsStricter);
        }
    });
}

#[test]
fn an_allowance_can_be_taken_back_and_outlives_a_sale() {
    test(|| {
        let version = version(1, &[]);
        let dataset = dataset_under(terms());
        let disallow = |origin| DataLicense::disallow_replacement(origin, dataset, version);
        assert_noop!(disallow(by(ALICE)), Error::ReplacementNotAllowed);
        assert_ok!(DataLicense::allow_replacement(by(ALICE), dataset, version));
        assert_ok!(DataLicense::transfer_ownership(by(ALICE), dataset, CAROL));
        assert_ok!(DataLicense::accept_ownership(by(CAROL), dataset));
        assert_noop!(disallow(RuntimeOrigin::root()), DispatchError::BadOrigin);
        assert_noop!(disallow(by(ALICE)), Error::NotDatasetOwner);
        assert_noop!(
            DataLicense::disallow_replacement(by(CAROL), DatasetId(9), version),
            Error::DatasetNotFound
        );
        assert_ok!(disallow(by(CAROL)));
        emitted(Event::ReplacementDisallowed { dataset, version });
        assert_eq!(free(&MAI, ALICE), WEALTH);
        assert_eq!(free(&MAI, CAROL), WEALTH - dataset_deposit());
    });
}

#[test]
fn who_cannot_pay_the_deposit_allows_nothing() {
    test(|| {
        let version = version(1, &[]);
        let dataset = register(ALICE);
        crate::Datasets::<Test>::mutate(dataset, |d| {
            if let Some(d) = d {
                d.owner = POOR
            }
        });
        assert_noop!(
            DataLicense::allow_replacement(by(POOR), dataset, version),
            DispatchError::Token(TokenError::FundsUnavailable)
        );
    });
}
