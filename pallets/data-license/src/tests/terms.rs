use super::*;
use crate::Terms;

#[test]
fn a_change_makes_a_new_number_and_the_unused_one_goes() {
    test(|| {
        let dataset = dataset_under(terms());
        emitted(Event::TermsSet { dataset, number: 1 });
        let dearer = DatasetTerms {
            price: price(MAI, 2_000),
            ..terms()
        };
        assert_ok!(DataLicense::set_terms(
            by(ALICE),
            dataset,
            Box::new(dearer.clone())
        ));
        emitted(Event::TermsSet { dataset, number: 2 });
        assert!(!Terms::<Test>::contains_key(dataset, 1));
        assert_eq!(
            DataLicense::dataset_view(dataset).and_then(|d| d.terms),
            Some((2, dearer))
        );
    });
}

#[test]
fn a_grant_keeps_its_terms_until_it_is_removed() {
    test(|| {
        let dataset = dataset_under(terms());
        let (first, second) = (acquire(dataset), acquire(dataset));
        set_terms(dataset, approved_terms());
        let of = DataLicense::grant(first).expect("given");
        assert_eq!((of.number, of.terms), (1, terms()));
        assert_ok!(DataLicense::remove_grant(by(BOB), first));
        assert!(Terms::<Test>::contains_key(dataset, 1));
        assert_ok!(DataLicense::remove_grant(by(BOB), second));
        assert!(!Terms::<Test>::contains_key(dataset, 1));
        assert!(Terms::<Test>::contains_key(dataset, 2));
    });
}

#[test]
fn terms_are_set_by_the_owner_alone() {
    test(|| {
        register(ALICE);
        assert_noop!(
            DataLicense::set_terms(RuntimeOrigin::root(), DATASET, Box::new(terms())),
            DispatchError::BadOrigin
        );
        assert_noop!(
            DataLicense::set_terms(by(EVE), DATASET, Box::new(terms())),
            Error::NotDatasetOwner
        );
        assert_noop!(
            DataLicense::set_terms(by(ALICE), DatasetId(3), Box::new(terms())),
            Error::DatasetNotFound
        );
    });
}

fn set(terms: DatasetTerms) -> DispatchResult {
    DataLicense::set_terms(by(ALICE), DATASET, Box::new(terms))
}

/// Sets these terms with other clauses.
fn set_clauses(change: impl FnOnce(&mut ClausesV1)) -> DispatchResult {
    let mut terms = terms();
    change(&mut terms.clauses);
    set(terms)
}

#[test]
fn unsound_clauses_are_refused() {
    test(|| {
        register(ALICE);
        let unsound = File {
            uris: Default::default(),
            ..file()
        };
        assert_noop!(set_clauses(|c| c.license = text("")), Error::LicenseNotText);
        assert_noop!(
            set_clauses(|c| c.attribution = text("a\u{202e}b")),
            Error::AttributionNotText
        );
        assert_noop!(
            set_clauses(|c| c.text = Some(unsound.clone())),
            Error::LicenseFileNotSound
        );
        assert_noop!(
            set_clauses(|c| c.use_policy = Some(unsound.clone())),
            Error::PolicyNotSound
        );
        assert_noop!(
            set_clauses(|c| c.royalty.share = Ppm(0)),
            Error::FloorWithoutRoyalty
        );
        let unpaid = Commercial::Forbidden { fees: None };
        assert_noop!(
            set_clauses(|c| c.commercial = unpaid),
            Error::RoyaltyNotCommercial
        );
        let fees = Some(FeeLimit {
            unit: Unit::Call,
            asset: MAI,
            max_fee: 0,
        });
        assert_noop!(
            set_clauses(|c| {
                c.royalty = Royalty::default();
                c.commercial = Commercial::Forbidden { fees };
            }),
            Error::FeeLimitZero
        );
        assert_noop!(
            set_clauses(|c| c.irrevocable = true),
            Error::IrrevocableWithNotice
        );
        let mut firm = firm_terms();
        firm.clauses.irrevocable = true;
        assert_ok!(set(firm));
    });
}

#[test]
fn royalty_without_a_floor_is_refused() {
    test(|| {
        register(ALICE);
        assert_noop!(
            set_clauses(|c| c.royalty.alternatives = Default::default()),
            Error::RoyaltyWithoutFloor
        );
        assert_noop!(
            set_clauses(|c| c.royalty.alternatives[0].floor = 0),
            Error::RoyaltyWithoutFloor
        );
        assert_ok!(set_clauses(|c| c.royalty = Royalty::default()));
    });
}

#[test]
fn royalty_above_maximum_is_refused() {
    test(|| {
        register(ALICE);
        assert_noop!(
            set_clauses(|c| c.royalty = royalty(400_001)),
            Error::RoyaltyAboveMaximum
        );
        assert_ok!(set_clauses(|c| c.royalty = royalty(400_000)));
        // Nor is a grant sold that no version can pay any more.
        set_rule(Rule::MaxRoyalty, 399_999);
        assert_noop!(try_acquire(DATASET), Error::RoyaltyAboveMaximum);
        set_rule(Rule::MaxRoyalty, 400_000);
        assert_ok!(try_acquire(DATASET));
    });
}

#[test]
fn unaccepted_asset_is_refused() {
    test(|| {
        register(ALICE);
        let unaccepted = Asset::Id(9);
        assert_noop!(
            set(DatasetTerms {
                price: price(unaccepted, 1),
                ..terms()
            }),
            Error::AssetNotAccepted
        );
        assert_noop!(
            set_clauses(|c| c.royalty.alternatives[0].asset = unaccepted),
            Error::AssetNotAccepted
        );
        // What costs nothing may name any asset.
        assert_ok!(set(DatasetTerms {
            price: price(unaccepted, 0),
            ..terms()
        }));
        assert_ok!(set_clauses(|c| c.royalty.alternatives[0].asset = USD));
    });
}

#[test]
fn periods_and_notices_are_within_bounds() {
    test(|| {
        register(ALICE);
        let notice = |notice, perpetual_term| Revocation::Notice {
            notice,
            perpetual_term,
        };
        assert_noop!(
            set(DatasetTerms {
                period: Some(0),
                ..terms()
            }),
            Error::PeriodZero
        );
        assert_noop!(
            set(DatasetTerms {
                revocation: notice(9, 0),
                ..terms()
            }),
            Error::NoticeTooShort
        );
        assert_noop!(
            set(DatasetTerms {
                period: None,
                revocation: notice(10, 0),
                ..terms()
            }),
            Error::PerpetualTermZero
        );
        assert_ok!(set(DatasetTerms {
            period: None,
            revocation: notice(10, 1),
            ..terms()
        }));
        assert_ok!(set(DatasetTerms {
            period: None,
            ..firm_terms()
        }));
        assert_ok!(set(DatasetTerms {
            period: Some(1),
            renewable: Some(0),
            revocation: notice(10, 0),
            ..terms()
        }));
    });
}

#[test]
fn numbers_are_never_given_twice() {
    test(|| {
        let dataset = dataset_under(terms());
        Terms::<Test>::swap(dataset, 1, dataset, u32::MAX);
        crate::Datasets::<Test>::mutate(dataset.place(), |d| {
            d.as_mut().expect("registered").number = u32::MAX;
        });
        assert_noop!(
            DataLicense::set_terms(by(ALICE), dataset, Box::new(terms())),
            Error::IdsExhausted
        );
    });
}

#[test]
fn without_rules_nothing_is_sold() {
    test(|| {
        register(ALICE);
        CurrentRules::kill();
        assert_noop!(set(terms()), DispatchError::Unavailable);
    });
}

#[test]
fn a_dataset_without_terms_sells_nothing() {
    test(|| {
        register(ALICE);
        assert_noop!(try_acquire(DATASET), Error::TermsNotSet);
    });
}
