//! Licenses of versions, and what other pallets ask.

use crate::{mock::*, Conditions, ConditionsOfVersion, Error, Event, Listing, Listings};
use codec::MaxEncodedLen;
use frame_support::{assert_noop, assert_ok, hypothetically_ok};
use myai_primitives::{
    documents::*, Amount, Asset, DatasetId, GrantId, ModelId, Ppm, Tick, VersionId, Versions,
};
use sp_runtime::DispatchError;

type E = Error<Test>;

fn until(version: VersionId) -> Option<Tick> {
    Listings::<Test>::get(version).unwrap().licensed_until
}

fn open(version: VersionId, until: Tick) -> Result<ModelId, DispatchError> {
    Registry::open_until(version, Mode::Direct, until).map(|o| o.model)
}

/// A version of Alice's that lives by one grant on dataset 1 with a share of 10%.
fn licensed(terms: DatasetTerms) -> (ModelId, GrantId, VersionId) {
    let m = model(alice());
    let g = grant(m, 1, terms);
    (m, g, publish(m, spec().grant(g, 100_000)))
}

#[test]
fn opening_gives_model_price_and_split() {
    test(|| {
        let m = model(alice());
        let v = publish(m, spec());
        let listing = Registry::open_until(v, Mode::Direct, Tick::MAX).unwrap();
        assert_eq!(listing.model, m);
        assert_eq!(
            listing.price,
            Amount {
                asset: Asset::Native,
                value: 1_000
            }
        );
        assert_eq!(Some(listing.split), Registry::split_of(v));
        assert_eq!(open(VersionId(9), 0), Err(E::VersionNotFound.into()));
        assert_eq!(
            Registry::may_serve(VersionId(9), 0),
            Err(E::VersionNotFound.into())
        );
    });
}

#[test]
fn a_mode_that_is_not_allowed_is_refused() {
    test(|| {
        let v = publish(model(alice()), spec());
        // There is one mode only; a version without it cannot be published.
        Listings::<Test>::mutate(v, |o| o.as_mut().unwrap().modes = Default::default());
        assert_eq!(open(v, 0), Err(E::ModeNotAllowed.into()));
    });
}

#[test]
fn a_version_is_licensed_until_the_least_end_of_its_grants() {
    test(|| {
        let m = model(alice());
        let (one, two) = (grant(m, 1, dataset_terms()), grant(m, 2, dataset_terms()));
        set_end(two, Some(7_000));
        let v = publish(m, spec().grant(one, 0).grant(two, 0));
        assert_eq!(until(v), Some(7_000));
        set_end(one, Some(6_000));
        System::assert_last_event(
            Event::LicenseChanged {
                version: v,
                licensed_until: Some(6_000),
            }
            .into(),
        );
        assert_eq!(until(v), Some(6_000));
        assert_eq!(open(v, 5_999), Ok(m));
        assert_eq!(open(v, 6_000), Err(E::LicenseLapsed.into()));
        set_end(two, None);
        set_end(one, None);
        assert_eq!(until(v), None);
        assert_eq!(open(v, Tick::MAX), Ok(m));
    });
}

#[test]
fn a_change_that_changes_nothing_says_nothing() {
    test(|| {
        let (_, g, _) = licensed(dataset_terms());
        set_end(g, Some(5_000));
        let events = System::events().len();
        set_end(g, Some(5_000));
        assert_eq!(System::events().len(), events);
    });
}

#[test]
fn a_replaced_grant_revives_the_version() {
    test(|| {
        let (m, old, v) = licensed(dataset_terms());
        set_end(old, Some(1_001));
        let new = grant(m, 1, dataset_terms());
        let before = shares(v);
        assert_ok!(Registry::replace_grant(v, old, new));
        System::assert_last_event(
            Event::GrantReplaced {
                version: v,
                old,
                new,
                licensed_until: None,
            }
            .into(),
        );
        assert_eq!(until(v), None);
        assert_eq!(shares(v), before);
        let view = Registry::version_view(v).unwrap();
        assert_eq!(
            view.spec.grants[0],
            GrantLine {
                grant: new,
                share: Ppm(100_000)
            }
        );
        assert_noop!(Registry::replace_grant(v, old, new), E::GrantNotNamed);
    });
}

#[test]
fn a_replacement_is_a_live_grant_of_the_same_model_named_once() {
    test(|| {
        let (m, old, v) = licensed(dataset_terms());
        assert_noop!(
            Registry::replace_grant(VersionId(9), old, old),
            E::VersionNotFound
        );
        assert_noop!(
            Registry::replace_grant(v, old, GrantId(9)),
            E::GrantNotFound
        );
        assert_noop!(Registry::replace_grant(v, old, old), E::DuplicateGrant);
        let foreign = grant(model(bob()), 1, dataset_terms());
        assert_noop!(
            Registry::replace_grant(v, old, foreign),
            E::GrantOfAnotherModel
        );
        let lapsed = grant(m, 1, dataset_terms());
        set_end(lapsed, Some(1_000));
        assert_noop!(Registry::replace_grant(v, old, lapsed), E::GrantLapsed);
        let fine = grant(m, 1, dataset_terms());
        assert_noop!(Registry::replace_grant(v, fine, fine), E::GrantNotNamed);
        // Two lines for one dataset.
        let second = grant(m, 2, dataset_terms());
        let two = publish(m, spec().grant(old, 0).grant(second, 0));
        assert_noop!(
            Registry::replace_grant(two, second, fine),
            E::DuplicateDataset
        );
    });
}

#[test]
fn a_replacement_binds_no_more_than_was_bound() {
    test(|| {
        let (m, old, v) = licensed(dataset_terms());
        for terms in [
            DatasetTerms {
                share_alike: true,
                ..dataset_terms()
            },
            DatasetTerms {
                commercial: false,
                ..dataset_terms()
            },
            DatasetTerms {
                reach: Reach::Descendants,
                ..dataset_terms()
            },
        ] {
            let new = grant(m, 1, terms);
            assert_noop!(
                Registry::replace_grant(v, old, new),
                E::ReplacementBindsMore
            );
        }
    });
}

#[test]
fn a_replacement_for_the_same_dataset_keeps_its_leasts() {
    test(|| {
        let (m, old, v) = licensed(dataset_terms());
        let asks = |min_share, least| {
            let min_per_unit = Some(Amount {
                asset: Asset::Native,
                value: least,
            });
            let terms = DatasetTerms {
                min_share: Ppm(min_share),
                min_per_unit,
                ..dataset_terms()
            };
            grant(m, 1, terms)
        };
        let replace = |new| Registry::replace_grant(v, old, new);
        assert_noop!(replace(asks(100_001, 0)), E::ShareBelowMinimum);
        // 10% of 1,000 brings 100.
        assert_noop!(replace(asks(0, 101)), E::PriceBelowMinimum);
        let min_per_unit = Some(Amount {
            asset: dollars(),
            value: 1,
        });
        let other = grant(
            m,
            1,
            DatasetTerms {
                min_per_unit,
                ..dataset_terms()
            },
        );
        assert_noop!(replace(other), E::PricedInAnotherAsset);
        assert_ok!(replace(asks(100_000, 100)));
        assert_noop!(
            Registry::set_price(signed(alice()), v, 999),
            E::PriceBelowMinimum
        );
    });
}

#[test]
fn a_replacement_by_another_dataset_leaves_the_split_to_the_first() {
    test(|| {
        let (m, old, v) = licensed(dataset_terms());
        let strict = DatasetTerms {
            min_share: Ppm(300_000),
            ..dataset_terms()
        };
        let other = grant(m, 2, strict);
        assert_ok!(Registry::replace_grant(v, old, other));
        let license = Conditions::<Test>::get(v).unwrap().grants[0].clone();
        assert_eq!(
            (license.dataset, license.paid),
            (DatasetId(2), DatasetId(1))
        );
        // Back to the first, whose terms are measured again.
        let back = grant(
            m,
            1,
            DatasetTerms {
                min_share: Ppm(100_001),
                ..dataset_terms()
            },
        );
        assert_noop!(
            Registry::replace_grant(v, other, back),
            E::ShareBelowMinimum
        );
        hypothetically_ok!(Registry::replace_grant(v, other, old));
    });
}

#[test]
fn what_opening_a_job_reads_is_small() {
    // With eight ancestors, nine of them are read: under a kilobyte of values.
    assert!(
        Listing::max_encoded_len() <= 100,
        "{}",
        Listing::max_encoded_len()
    );
    let conditions = ConditionsOfVersion::max_encoded_len();
    assert!(conditions <= 512, "{conditions}");
    let cold = crate::VersionOf::<Test>::max_encoded_len();
    assert!(cold > 10 * Listing::max_encoded_len(), "{cold}");
}
