//! Clauses of bases and datasets, as the registry has them kept: the rules themselves are tested
//! where they are spelled, in `myai-primitives`.

use crate::{mock::*, Error, Listings};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::*;
use myai_support::Versions as _;

type E = Error<Test>;

fn refused(model: ModelId, spec: VersionSpec<AccountId>, why: E) {
    assert_noop!(try_publish(model, spec), why);
}

fn fees(max_fee: Balance) -> Commercial {
    Commercial::Forbidden {
        fees: Some(FeeLimit {
            unit: Unit::Call,
            asset: Asset::Native,
            max_fee,
        }),
    }
}

#[test]
fn base_terms_are_enforced() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        let closed = publish(theirs, spec().derivatives(Derivatives::Forbidden));
        refused(ours, spec().base(closed, 100_000), E::DerivativesForbidden);

        // A tenth, at least 30 a call: a price of 300.
        let asks = publish(theirs, spec().royalty(100_000, 30));
        refused(ours, spec().base(asks, 99_999), E::ShareBelowRoyalty);
        let derived = |price| spec().base(asks, 100_000).price(price);
        refused(ours, derived(299), E::PriceBelowFloor);
        let version = publish(ours, derived(300));
        assert_eq!(effective(version).min_price, 300);
        let set = |value| Registry::set_price(signed(bob()), version, value);
        assert_noop!(set(299), E::PriceBelowFloor);
        assert_ok!(set(301));
        assert_ok!(set(300));
        // Who gives more may be cheaper.
        publish(ours, spec().base(asks, 200_000).price(150));

        assert_ok!(Registry::retire_version(signed(alice()), asks));
        refused(ours, derived(300), E::BaseRetired);
    });
}

#[test]
fn dataset_terms_are_enforced() {
    test(|| {
        let m = model(bob());
        let g = grant(
            m,
            1,
            but(open_clauses(), |c| c.royalty = royalty(50_000, 20)),
        );
        refused(m, spec().grant(g, 49_999), E::ShareBelowRoyalty);
        refused(m, spec().grant(g, 50_000).price(399), E::PriceBelowFloor);
        let version = publish(m, spec().grant(g, 50_000).price(400));
        assert_noop!(
            Registry::set_price(signed(bob()), version, 399),
            E::PriceBelowFloor
        );
    });
}

#[test]
fn clauses_that_cannot_be_stated_are_refused() {
    test(|| {
        let m = model(alice());
        for bad in ["", "  ", "é"] {
            refused(m, spec().with(|c| c.license = text(bad)), E::LicenseNotText);
        }
        refused(
            m,
            spec().with(|c| c.attribution = text("a\nb")),
            E::AttributionNotText,
        );
        refused(
            m,
            spec().with(|c| c.royalty.alternatives = royalty(1, 1).alternatives),
            E::FloorWithoutRoyalty,
        );
        refused(
            m,
            spec().price(0).with(|c| c.commercial = fees(0)),
            E::FeeLimitZero,
        );
        publish(
            m,
            spec().with(|c| {
                c.license = text("MIT OR (Apache-2.0 WITH LLVM-exception)");
                c.attribution = text("Built with Größe 5");
            }),
        );
    });
}

#[test]
fn royalty_without_a_floor_is_refused() {
    test(|| {
        let m = model(alice());
        refused(
            m,
            spec().with(|c| c.royalty.share = Ppm(1)),
            E::RoyaltyWithoutFloor,
        );
        refused(m, spec().royalty(1, 0), E::RoyaltyWithoutFloor);
        publish(m, spec().royalty(1, 1));
    });
}

#[test]
fn floor_names_its_unit() {
    test(|| {
        accept(dollars());
        let (theirs, ours) = (model(alice()), model(bob()));
        let tokens = royalty_in(100_000, Unit::ThousandTokens, Asset::Native, 30, 5);
        let base = publish(theirs, spec().with(|c| c.royalty = tokens));
        let derived = |unit, asset| spec().base(base, 100_000).sold_in(unit, asset);
        // 300 a call, however long, is not 300 for a thousand tokens.
        for (unit, asset) in [
            (Unit::Call, Asset::Native),
            (Unit::Second, Asset::Native),
            (Unit::ThousandTokens, dollars()),
        ] {
            refused(ours, derived(unit, asset), E::UnitOrAssetNotLicensed);
        }
        publish(ours, derived(Unit::ThousandTokens, Asset::Native));
    });
}

#[test]
fn zero_price_with_own_fee_evades_nothing() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        // Every royalty has a floor, so a derivative cannot be given away with a fee on top.
        let base = publish(
            theirs,
            spec().with(|c| c.royalty = royalty_in(1, Unit::Call, Asset::Native, 1, 7)),
        );
        let derived = |price| spec().base(base, 400_000).price(price);
        refused(ours, derived(0), E::PriceBelowFloor);
        refused(ours, derived(2), E::PriceBelowFloor);
        let v = publish(ours, derived(3));
        assert_noop!(Registry::set_price(signed(bob()), v, 0), E::PriceBelowFloor);
        // What is earned beyond the highest fee must be price.
        assert_ok!(Registry::ensure_offer(v, &bob(), 7));
        assert_eq!(
            Registry::ensure_offer(v, &bob(), 8),
            Err(E::FeeAboveMaximum.into())
        );
        assert_noop!(open_for(v, 8), E::FeeAboveMaximum);
        assert_ok!(open_for(v, 7));
        // One that allows no commercial use bears no fee either, nor does what is below it.
        let free = publish(
            theirs,
            spec()
                .price(0)
                .with(|c| c.commercial = Commercial::Forbidden { fees: None }),
        );
        let below = publish(ours, spec().base(free, 0).price(0));
        for v in [free, below] {
            assert_eq!(
                Registry::ensure_offer(v, &bob(), 1),
                Err(E::FeeAboveMaximum.into())
            );
            assert_noop!(open_for(v, 1), E::FeeAboveMaximum);
            assert_ok!(open_for(v, 0));
        }
    });
}

#[test]
fn fee_above_max_is_refused() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(carol()));
        let limited = |max_fee| royalty_in(1_000, Unit::Call, Asset::Native, 1, max_fee);
        let first = publish(a, spec().with(|c| c.royalty = limited(50)));
        // A version's own limit is its descendants'.
        assert_eq!(listing(first).max_fee, None);
        let second = publish(
            b,
            spec().base(first, 1_000).with(|c| c.royalty = limited(70)),
        );
        let third = publish(c, spec().base(first, 1_000).base(second, 1_000));
        for v in [second, third] {
            assert_eq!(listing(v).max_fee, Some(50));
            // All fees together, and at the offer already.
            assert_ok!(open_for(v, 50));
            assert_noop!(open_for(v, 51), E::FeeAboveMaximum);
            assert_ok!(Registry::ensure_offer(v, &bob(), 50));
            assert_eq!(
                Registry::ensure_offer(v, &bob(), 51),
                Err(E::FeeAboveMaximum.into())
            );
        }
        assert_ok!(open_for(first, Balance::MAX));
    });
}

#[test]
fn research_only_cannot_be_sold() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let research = |max_fee| move |c: &mut ClausesV1| c.commercial = fees(max_fee);
        refused(a, spec().with(research(9)), E::NotCommercial);
        refused(
            a,
            spec().price(0).royalty(1, 1).with(research(9)),
            E::RoyaltyNotCommercial,
        );
        let base = publish(a, spec().price(0).with(research(9)));
        // It comes down: no price, no royalty, and fees within the limit.
        refused(b, spec().base(base, 0), E::NotCommercial);
        refused(
            b,
            spec().base(base, 0).price(0).royalty(1, 1),
            E::RoyaltyNotCommercial,
        );
        let derived = publish(b, spec().base(base, 0).price(0));
        assert_noop!(
            Registry::set_price(signed(bob()), derived, 1),
            E::NotCommercial
        );
        assert_ok!(open_for(derived, 9));
        assert_noop!(open_for(derived, 10), E::FeeAboveMaximum);
        // In another unit nothing may be asked.
        let second = publish(
            b,
            spec()
                .base(base, 0)
                .price(0)
                .sold_in(Unit::Second, Asset::Native),
        );
        assert_noop!(open_for(second, 1), E::FeeAboveMaximum);
        // A dataset's ban comes down in the same way.
        let g = grant(a, 1, but(open_clauses(), research(9)));
        refused(a, spec().grant(g, 0), E::NotCommercial);
        publish(a, spec().grant(g, 0).price(0));
    });
}

#[test]
fn share_alike_is_inherited() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(carol()));
        let alike = but(open_clauses(), |c| {
            c.share_alike = true;
            c.attribution = text("Built with data");
        });
        let g = grant(a, 1, alike);
        let trained = || spec().grant(g, 0);
        refused(a, trained(), E::ShareAlikeNotIrrevocable);
        refused(
            a,
            trained().share_alike().with(|c| c.license = text("MIT")),
            E::LicensesDisagree,
        );
        refused(
            a,
            trained().share_alike().derivatives(Derivatives::Approval),
            E::ShareAlikeAddsTerms,
        );
        let first = publish(a, trained().with(|c| c.irrevocable = true));
        // Down the line, and the line below that.
        let below = |base| spec().base(base, 0).with(|c| c.irrevocable = true);
        refused(b, spec().base(first, 0), E::ShareAlikeNotIrrevocable);
        refused(b, below(first).royalty(1, 1), E::ShareAlikeAddsTerms);
        let second = publish(b, below(first));
        refused(
            c,
            below(second).with(|c| c.users = Access::Approval),
            E::ShareAlikeAddsTerms,
        );
        let third = publish(c, below(second));
        let hash = open_clauses().license_hash();
        for v in [first, second, third] {
            assert_eq!(effective(v).share_alike, Some(hash));
        }
    });
}

#[test]
fn share_alike_asks_no_more() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let alike = publish(a, spec().share_alike().royalty(10_000, 1));
        let greedy = publish(b, spec().royalty(10_000, u128::MAX));
        // Another base hands down what nobody could meet.
        refused(
            b,
            spec()
                .share_alike()
                .base(alike, 10_000)
                .base(greedy, 10_000),
            E::PriceBelowFloor,
        );
        let mild = publish(b, spec().royalty(10_000, 1));
        refused(
            b,
            spec().share_alike().base(alike, 10_000).base(mild, 10_000),
            E::ShareAlikeAsksMore,
        );
        let nothing = publish(b, spec());
        publish(b, spec().share_alike().base(alike, 10_000).base(nothing, 0));
    });
}

#[test]
fn share_alike_through_an_own_base_is_refused() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let alike = publish(a, spec().share_alike());
        let derived = |more| spec().share_alike().base(alike, 0).base(more, 0);
        // Bob states in a base of his own what he may not state in the derivative.
        for own in [
            spec().derivatives(Derivatives::Approval),
            spec().derivatives(Derivatives::Forbidden),
            spec().with(|c| c.hosting = Access::Approval),
            spec().with(|c| c.use_policy = Some(file(4))),
            // Under the same share-alike license, too.
            spec().share_alike().with(|c| c.users = Access::Approval),
        ] {
            let own = publish(b, own);
            refused(b, derived(own), E::ShareAlikeAsksMore);
        }
        let plain = publish(b, spec().with(|c| c.attribution = text("Built by Bob")));
        publish(b, derived(plain));
    });
}

#[test]
fn policies_of_all_that_bind_are_one_hash() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let policy = |n| move |c: &mut ClausesV1| c.use_policy = Some(file(n));
        let first = publish(a, spec().with(policy(9)));
        let g = grant(b, 1, but(open_clauses(), policy(5)));
        let second = publish(b, spec().base(first, 0).grant(g, 0));
        let offerable = Registry::ensure_open(&work(second)).unwrap();
        assert_eq!(offerable.policies, policies_hash(&[[5; 32], [9; 32]]));
        assert_eq!(
            Registry::ensure_open(&work(first)).unwrap().policies,
            policies_hash(&[[9; 32]])
        );
        let none = publish(a, spec());
        assert_eq!(Registry::ensure_open(&work(none)).unwrap().policies, None);
    });
}

#[test]
fn an_irrevocable_version_is_retired_and_never_removed() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let base = publish(a, spec().with(|c| c.irrevocable = true));
        assert_ok!(Registry::retire_version(signed(alice()), base));
        assert_noop!(open(base, 2_000), E::VersionRetired);
        // Others go on deriving from it.
        let derived = publish(b, spec().base(base, 0));
        assert_ok!(remove(derived));
        no_job_is_open();
        assert_noop!(
            Registry::remove_version(signed(alice()), base),
            E::VersionIrrevocable
        );
        assert!(Listings::<Test>::contains_key(base));
    });
}

#[test]
fn a_free_version_is_allowed_where_no_clauses_forbid_it() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let free = publish(a, spec().price(0));
        let derived = publish(b, spec().base(free, 1_000).price(0));
        assert_ok!(open_for(derived, 1_000_000));
    });
}
