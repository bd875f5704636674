//! What derivatives of share-alike work may not add, by whatever way.

use super::*;

#[test]
fn share_alike_is_inherited() {
    let mut family = Family::default();
    let base = family.published(draft(share_alike()));
    let hash = share_alike().license_hash();
    assert_eq!(family.of(base).share_alike, Some(hash));

    let other_text = but(alike(), |c| c.text = Some(file(0xdd)));
    let no_text = but(alike(), |c| c.text = None);
    let other_name = but(alike(), |c| c.license = text("CC-BY-4.0"));
    let mut youngest = base;
    for _ in 0..10 {
        for clauses in [&other_text, &no_text, &other_name] {
            family.refuses(draft(clauses.clone()).on(youngest, 0), LicensesDisagree);
        }
        // Whether it states the clause itself or not.
        let again = but(alike(), |c| c.share_alike = true);
        assert!(family.inherit(&draft(again).on(youngest, 0)).is_ok());
        youngest = family.published(draft(alike()).on(youngest, 0));
        assert_eq!(family.of(youngest).share_alike, Some(hash));
        // Who stated it can be found, and not be removed.
        assert_eq!(family.of(youngest).bound_by.len(), 1);
        assert_eq!(family.of(youngest).bound_by[0].licensor, base);
    }
}

#[test]
fn two_share_alike_licenses_cannot_both_be_kept() {
    let mut family = Family::default();
    let base = family.published(draft(share_alike()));
    let data = family.terms(1, 1, &but(share_alike(), |c| c.license = text("ODbL-1.0")));
    for license in ["CC-BY-SA-4.0", "ODbL-1.0"] {
        let clauses = but(alike(), |c| c.license = text(license));
        family.refuses(draft(clauses).on(base, 0).on(data, 0), LicensesDisagree);
    }
}

/// Each term that a derivative could add.
fn additions() -> [Clauses; 7] {
    let add = |change: fn(&mut ClausesV1)| but(alike(), change);
    [
        add(|c| c.derivatives = Derivatives::Approval),
        add(|c| c.derivatives = Derivatives::Forbidden),
        add(|c| c.royalty = royalty(1, &[(Unit::Call, NATIVE, 1, Balance::MAX)])),
        add(|c| c.commercial = Commercial::Forbidden { fees: None }),
        add(|c| c.hosting = Access::Approval),
        add(|c| c.users = Access::Approval),
        add(|c| c.use_policy = Some(file(1))),
    ]
}

#[test]
fn share_alike_asks_no_more() {
    let mut family = Family::default();
    let base = family.published(draft(share_alike()));
    let child = family.published(draft(alike()).on(base, 0));
    for parent in [base, child] {
        for clauses in additions() {
            family.refuses(draft(clauses).on(parent, 0), ShareAlikeAddsTerms);
        }
        // Terms that nobody could meet are terms.
        let dear = but(alike(), |c| {
            c.royalty = royalty(1, &[(Unit::Call, NATIVE, Balance::MAX, 0)])
        });
        family.refuses(draft(dear).on(parent, 0), ShareAlikeAddsTerms);
        let revocable = but(alike(), |c| c.irrevocable = false);
        family.refuses(draft(revocable).on(parent, 0), ShareAlikeNotIrrevocable);
        let credited = but(alike(), |c| c.attribution = text("Tuned by us"));
        assert!(family.inherit(&draft(credited).on(parent, 0)).is_ok());
        // A price of one's own is no term.
        assert!(family
            .inherit(&draft(alike()).on(parent, 0).price(9))
            .is_ok());
    }
}

/// Whatever a derivative may not add itself it may not take from an own base or dataset either:
/// published before, under the same license and share-alike or not, or with an empty version in
/// between.
#[test]
fn share_alike_through_an_own_base_is_refused() {
    let mut family = Family::default();
    let base = family.published(draft(share_alike()));
    let empty = family.published(draft(alike()).on(base, 0));
    for clauses in additions() {
        // The only one that could not be a base anyway.
        let closed = clauses.derivatives == Derivatives::Forbidden;
        let expected = match closed {
            true => DerivativesForbidden,
            false => ShareAlikeAsksMore,
        };
        for also_share_alike in [false, true] {
            let clauses = but(clauses.clone(), |c| c.share_alike = also_share_alike);
            let own = family.published(draft(clauses.clone()));
            let data = family.terms(1, 1, &clauses);
            let price = match clauses.commercial {
                Commercial::Allowed => 1_000_000,
                Commercial::Forbidden { .. } => 0,
            };
            for parent in [base, empty] {
                for added in [own, data] {
                    let derived = draft(alike()).on(parent, 0).on(added, 1).price(price);
                    family.refuses(derived, expected);
                }
            }
            // Nor by way of a version that derives from the own base alone.
            if !closed {
                let through = family.published(draft(alike()).on(own, 1).price(price));
                let derived = draft(alike()).on(base, 0).on(through, 0).on(own, 1);
                family.refuses(derived.price(price), expected);
            }
        }
    }
}

#[test]
fn share_alike_bases_of_one_license_may_be_merged() {
    let mut family = Family::default();
    let terms = |credit| {
        but(share_alike(), |c| {
            c.commercial = Commercial::Forbidden { fees: None };
            c.use_policy = Some(file(1));
            c.attribution = text(credit);
        })
    };
    let (a, b) = (
        family.published(draft(terms("A"))),
        family.published(draft(terms("B"))),
    );
    let data = family.terms(1, 1, &but(open(), |c| c.attribution = text("C")));
    let merged = family.published(draft(alike()).on(a, 0).on(b, 0).on(data, 0));
    assert_eq!(family.of(merged).bound_by.len(), 3);
    family.published(draft(alike()).on(merged, 0));
}

#[test]
fn share_alike_licensor_may_ask_a_royalty_itself() {
    let mut family = Family::default();
    let terms = but(share_alike(), |c| c.royalty = a_tenth().royalty.clone());
    let base = family.published(draft(terms));
    let mut youngest = family.published(draft(alike()).on(base, 100_000).price(300));
    for _ in 0..5 {
        family.refuses(
            draft(alike()).on(youngest, 100_000).price(300),
            LicensorNotNamed,
        );
        let named = draft(alike()).on(youngest, 0).on(base, 100_000);
        youngest = family.published(named.price(300));
    }
    assert_eq!(family.of(youngest).shares_down(), Ppm(100_000));
}

#[test]
fn share_alike_keeps_what_came_down_to_the_one_who_stated_it() {
    let mut family = Family::default();
    let base = family.published(draft(but(a_tenth(), |c| c.use_policy = Some(file(1)))));
    let first = family.published(draft(share_alike()).on(base, 100_000).price(300));
    let second = draft(alike()).on(first, 0).on(base, 100_000).price(300);
    let second = family.published(second);
    assert_eq!(family.of(second).policies.to_vec(), [[1; 32]]);
    // An older sibling's terms are not among them.
    let sibling = but(a_tenth(), |c| c.royalty.share = Ppm(1_000));
    let sibling = family.published(draft(sibling).on(base, 100_000).price(300));
    family.refuses(
        draft(alike())
            .on(second, 0)
            .on(base, 100_000)
            .on(sibling, 100_000)
            .price(3_000_000),
        ShareAlikeAsksMore,
    );
}

#[test]
fn newer_terms_of_a_dataset_ask_no_more_under_share_alike() {
    let mut family = Family::default();
    let asks = |share, floor, max_fee| {
        but(open(), |c| {
            c.royalty = royalty(share, &[(Unit::Call, NATIVE, floor, max_fee)])
        })
    };
    let old = family.terms(1, 1, &asks(1_000, 5, 50));
    let base = family.published(draft(share_alike()).on(old, 10_000).price(500));
    for (number, (newer, kept)) in [
        (asks(1_000, 5, 50), true),
        (asks(999, 4, 51), true),
        (asks(1_001, 5, 50), false),
        (asks(1_000, 6, 50), false),
        (asks(1_000, 5, 49), false),
        (
            but(asks(1_000, 5, 50), |c| {
                c.derivatives = Derivatives::Approval
            }),
            false,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let newer = family.terms(1, number as u32 + 2, &newer);
        let derived = draft(alike()).on(base, 0).on(newer, 10_000).price(1_000);
        let expected = match kept {
            true => None,
            false => Some(ShareAlikeAsksMore),
        };
        assert_eq!(family.inherit(&derived).err(), expected);
    }
}
