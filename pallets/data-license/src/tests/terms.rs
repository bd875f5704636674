use super::*;
use crate::{
    terms::{honours, refund},
    Terms,
};
use proptest::prelude::*;
use sp_runtime::DispatchError;

#[test]
fn a_change_makes_a_new_number_and_the_unused_one_goes() {
    test(|| {
        let dataset = dataset_under(terms());
        emitted(Event::TermsSet { dataset, number: 1 });
        let dearer = DatasetTerms {
            price: Amount {
                asset: MAI,
                value: 2_000,
            },
            ..terms()
        };
        assert_ok!(DataLicense::set_terms(by(ALICE), dataset, dearer.clone()));
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
        assert_ok!(DataLicense::set_terms(by(ALICE), dataset, approved_terms()));
        assert_eq!(DataLicense::grant(first).map(|g| g.terms), Some(terms()));
        assert_eq!(DataLicense::grant_view(first).map(|g| g.number), Some(1));
        assert_ok!(DataLicense::remove_grant(by(BOB), first));
        assert!(Terms::<Test>::contains_key(dataset, 1));
        assert_ok!(DataLicense::remove_grant(by(BOB), second));
        assert!(!Terms::<Test>::contains_key(dataset, 1));
        assert!(Terms::<Test>::contains_key(dataset, 2));
    });
}

#[test]
fn unsound_terms_are_refused() {
    test(|| {
        register(ALICE);
        let set = |terms| DataLicense::set_terms(by(ALICE), DATASET, terms);
        let unaccepted = Asset::Id(9);
        let notice = |notice, perpetual_term| Revocation::Notice {
            notice,
            perpetual_term,
        };

        assert_noop!(
            DataLicense::set_terms(RuntimeOrigin::root(), DATASET, terms()),
            DispatchError::BadOrigin
        );
        assert_noop!(
            DataLicense::set_terms(by(EVE), DATASET, terms()),
            Error::NotDatasetOwner
        );
        assert_noop!(
            DataLicense::set_terms(by(ALICE), DatasetId(3), terms()),
            Error::DatasetNotFound
        );
        assert_noop!(
            set(DatasetTerms {
                period: Some(0),
                ..terms()
            }),
            Error::PeriodZero
        );
        assert_noop!(
            set(DatasetTerms {
                min_share: Ppm(500_001),
                ..terms()
            }),
            Error::ShareAboveMaximum
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
        assert_noop!(
            set(DatasetTerms {
                price: Amount {
                    asset: unaccepted.clone(),
                    value: 1
                },
                ..terms()
            }),
            Error::AssetNotAccepted
        );
        assert_noop!(
            set(DatasetTerms {
                min_per_unit: Some(Amount {
                    asset: unaccepted.clone(),
                    value: 0
                }),
                ..terms()
            }),
            Error::AssetNotAccepted
        );
        // What costs nothing may name any asset; the bounds themselves are allowed.
        assert_ok!(set(DatasetTerms {
            price: Amount {
                asset: unaccepted,
                value: 0
            },
            period: None,
            min_share: Ppm(500_000),
            min_per_unit: Some(Amount {
                asset: USD,
                value: 3
            }),
            revocation: notice(10, 1),
            ..terms()
        }));
        assert_ok!(set(DatasetTerms {
            revocation: Revocation::Never,
            ..terms()
        }));
    });
}

#[test]
fn numbers_are_never_given_twice() {
    test(|| {
        let dataset = dataset_under(terms());
        Terms::<Test>::swap(dataset, 1, dataset, u32::MAX);
        crate::Datasets::<Test>::mutate(dataset, |d| {
            if let Some(d) = d {
                d.number = u32::MAX
            }
        });
        assert_noop!(
            DataLicense::set_terms(by(ALICE), dataset, terms()),
            Error::IdsExhausted
        );
    });
}

#[test]
fn an_empty_dataset_has_no_terms_to_acquire() {
    test(|| {
        register(ALICE);
        assert_noop!(
            DataLicense::acquire(by(BOB), DATASET, MODEL, 0, 1_000, 0),
            Error::TermsNotSet
        );
    });
}

#[test]
fn stricter_terms_are_told_from_laxer_ones() {
    let old = DatasetTerms {
        min_per_unit: Some(Amount {
            asset: MAI,
            value: 5,
        }),
        ..terms()
    };
    let per_unit = |asset, units| {
        Some(Amount {
            asset,
            value: units,
        })
    };
    assert!(honours(&old, &old, false));
    let income = [
        DatasetTerms {
            min_share: Ppm(50_001),
            ..old.clone()
        },
        DatasetTerms {
            min_per_unit: per_unit(MAI, 6),
            ..old.clone()
        },
        DatasetTerms {
            min_per_unit: per_unit(USD, 5),
            ..old.clone()
        },
    ];
    for new in &income {
        assert!(!honours(&old, new, false));
        assert!(honours(&old, new, true));
    }
    assert!(!honours(&terms(), &old, false));
    for new in [
        DatasetTerms {
            share_alike: true,
            ..old.clone()
        },
        DatasetTerms {
            commercial: false,
            ..old.clone()
        },
        DatasetTerms {
            reach: Reach::Descendants,
            ..old.clone()
        },
    ] {
        assert!(!honours(&old, &new, false));
        assert!(!honours(&old, &new, true));
        assert!(honours(&new, &old, false));
    }
    assert!(honours(
        &old,
        &DatasetTerms {
            min_share: Ppm(0),
            min_per_unit: per_unit(MAI, 4),
            ..old.clone()
        },
        false
    ));
    assert!(honours(
        &old,
        &DatasetTerms {
            min_per_unit: None,
            ..old.clone()
        },
        false
    ));
}

proptest! {
    /// The refund is the least amount that is not below the exact share of what was paid, and
    /// never more than was paid.
    #[test]
    fn refund_is_exact_and_rounded_up(
        price in 0u128..=1u128 << 90,
        period in 1u32..=5_259_600,
        periods in 1u32..=20,
        started in 0u32..=1_000_000,
        cut in 0u32..=200_000_000,
        perpetual: bool,
    ) {
        let mut terms = DatasetTerms {
            price: Amount { asset: MAI, value: price },
            period: Some(period),
            ..terms()
        };
        let new_end = started.saturating_add(cut);
        let (ends, paid_until, paid) = if perpetual {
            terms.period = None;
            terms.revocation = Revocation::Notice { notice: 10, perpetual_term: period };
            (None, started + period, price)
        } else {
            let end = started + period * periods;
            (Some(end), end, price * u128::from(periods))
        };
        let unused = u128::from(paid_until.saturating_sub(new_end));
        let got = refund(&terms, started, ends, new_end).expect("in range");
        let over = u128::from(period);
        prop_assert!(got <= paid);
        prop_assert!(got * over >= price * unused);
        prop_assert!(got == 0 || (got - 1) * over < price * unused);
    }
}

#[test]
fn a_refund_beyond_any_balance_is_none() {
    let terms = DatasetTerms {
        price: Amount {
            asset: MAI,
            value: u128::MAX,
        },
        period: Some(1),
        ..terms()
    };
    assert_eq!(refund(&terms, 0, Some(10), 0), None);
}
