//! How prices vest, and what a revocation moves.

use super::*;
use crate::{types::Instalments, vesting::*};
use proptest::prelude::*;

#[test]
fn a_price_vests_tick_by_tick() {
    test(|| {
        let grant = granted(terms());
        assert_noop!(
            DataLicense::vest(RuntimeOrigin::root(), grant),
            DispatchError::BadOrigin
        );
        assert_noop!(DataLicense::vest(by(EVE), GrantId(9)), Error::GrantNotFound);
        vest(grant);
        assert_eq!(income(grant), 0);
        at(101);
        vest(grant);
        assert_eq!(income(grant), 10);
        at(199);
        vest(grant);
        assert_eq!(income(grant), 990);
        at(500);
        vest(grant);
        assert_eq!(income(grant), 1_000);
        assert!(record(grant).instalments.is_empty());
        vest(grant);
        assert_eq!(income(grant), 1_000);
    });
}

#[test]
fn a_perpetual_grant_vests_over_the_term_that_its_terms_state() {
    test(|| {
        let grant = granted(perpetual_terms());
        at(250);
        vest(grant);
        assert_eq!(income(grant), 500);
        at(400);
        vest(grant);
        assert_eq!(income(grant), 1_000);
        // Used up, and still a license.
        at(100_000);
        assert_ok!(DataLicense::ensure_usable(grant, &BOB));
        // Revoking it late gives nothing back.
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        at(100_030);
        vest(grant);
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000 - grant_deposit());
        assert_noop!(DataLicense::ensure_usable(grant, &BOB), Error::GrantLapsed);
    });
}

#[test]
fn many_grants_vest_in_one_call() {
    test(|| {
        let (first, second) = (granted(terms()), granted(in_dollars(terms())));
        let gone = granted(terms());
        assert_ok!(DataLicense::remove_grant(by(BOB), gone));
        at(150);
        let list = |grants: Vec<GrantId>| grants.try_into().expect("few");
        assert_noop!(
            DataLicense::vest_many(RuntimeOrigin::none(), list(vec![first])),
            DispatchError::BadOrigin
        );
        assert_ok!(DataLicense::vest_many(
            by(EVE),
            list(vec![first, gone, second, first])
        ));
        assert_eq!((income(first), income(second)), (500, 500));
    });
}

/// Nobody loses a unit to rounding by vesting in each tick: not where a price is smaller than the
/// number of its ticks, nor where it does not divide.
#[test]
fn vesting_often_loses_nothing() {
    test(|| {
        for value in [1, 7, 99, 101, 1_000_003] {
            let grant = granted(DatasetTerms {
                price: price(MAI, value),
                ..terms()
            });
            let start = Now::get();
            for elapsed in 1..=100 {
                at(start + elapsed);
                vest(grant);
                assert_eq!(income(grant), value * Balance::from(elapsed) / 100);
            }
            assert_eq!(income(grant), value);
        }
    });
}

/// The owner of the data has nothing but its deposit and a fee: its notice runs all the same.
#[test]
fn revoking_needs_no_money() {
    test(|| {
        let grant = granted(terms());
        let everything = Money::spendable(&MAI, &ALICE);
        assert_ok!(Money::transfer(&MAI, &ALICE, &CAROL, everything));
        assert_eq!(Money::spendable(&MAI, &ALICE), 0);
        at(150);
        let before = Money::balance(&MAI, &ALICE);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        emitted(Event::GrantRevoked {
            grant,
            ends: 180,
            notice_ends: 180,
        });
        assert_eq!(Money::balance(&MAI, &ALICE), before);
        // Nothing has come back yet, and what had vested by then is income.
        assert_eq!(income(grant), 500);
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000 - grant_deposit());
        at(180);
        vest(grant);
        assert_eq!(income(grant), 800);
        assert_eq!(free(&MAI, BOB), WEALTH - 800 - grant_deposit());
    });
}

/// Until the notice is over the license is what it was, and vests; its end is not a tick earlier.
#[test]
fn notice_is_kept_before_the_end() {
    test(|| {
        let grant = granted(terms());
        at(120);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_eq!(ends(grant), Some(150));
        for tick in [121, 149] {
            at(tick);
            assert_ok!(DataLicense::ensure_usable(grant, &BOB));
            vest(grant);
            assert_eq!(income(grant), Balance::from(tick - 100) * 10);
            assert_eq!(free(&MAI, BOB), WEALTH - 1_000 - grant_deposit());
        }
        at(150);
        assert_noop!(DataLicense::ensure_usable(grant, &BOB), Error::GrantLapsed);
        vest(grant);
        assert_eq!(
            (income(grant), free(&MAI, BOB)),
            (500, WEALTH - 500 - grant_deposit())
        );

        // A grant that ends sooner by itself ends then, and pays all.
        let short = granted(terms());
        at(240);
        assert_ok!(DataLicense::revoke(by(ALICE), short));
        emitted(Event::GrantRevoked {
            grant: short,
            ends: 250,
            notice_ends: 270,
        });
        at(300);
        vest(short);
        assert_eq!(income(short), 1_000);
    });
}

/// Each payer gets its own part back, by whatever call comes first, whoever owns the model by then.
#[test]
fn unvested_money_returns_to_who_paid() {
    test(|| {
        let grant = granted(in_dollars(terms()));
        assert_ok!(renew(EVE, grant));
        assert_ok!(renew(CAROL, grant));
        assert_eq!(record(grant).instalments.len(), 3);
        sell(MODEL, POOR);
        at(170);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_eq!(ends(grant), Some(200));
        at(100_000);
        vest(grant);
        assert_eq!(income(grant), 1_000);
        assert_eq!(free(&USD, BOB), WEALTH - 1_000);
        assert_eq!(free(&USD, EVE), WEALTH);
        assert_eq!(free(&USD, CAROL), WEALTH);
        assert!(record(grant).instalments.is_empty());

        // In the middle of the second instalment, to who is still there; the rest is owed.
        sell(MODEL, BOB);
        let grant = granted(in_dollars(terms()));
        assert_ok!(renew(EVE, grant));
        assert_ok!(renew(CAROL, grant));
        at(100_103);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        block(EVE);
        at(100_133);
        vest(grant);
        // 1,000 of Bob's, and 33 of 100 ticks of Eve's.
        assert_eq!(income(grant), 1_330);
        assert_eq!(Debts::get((EVE, USD)), 670);
        assert_eq!(free(&USD, EVE), WEALTH - 1_000);
        assert_eq!(free(&USD, CAROL), WEALTH);
    });
}

/// Before, who renewed in front of a revocation was paid back out of the owner's pocket, while the
/// income was the split's.
#[test]
fn renewals_cannot_drain_the_owner() {
    test(|| {
        let split = Doubles::split(vec![], Some(ALICE));
        assert_ok!(DataLicense::register_dataset(
            by(ALICE),
            name("cooperative"),
            Category::Personal,
            file(),
            Openness::Closed,
            Some(split)
        ));
        set_terms(DATASET, terms());
        let before = Money::balance(&MAI, &ALICE);
        let grant = acquire(DATASET);
        for _ in 0..2 {
            assert_ok!(renew(BOB, grant));
        }
        assert_noop!(renew(BOB, grant), Error::TooManyInstalments);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        at(130);
        vest(grant);
        // The cooperative keeps 30 ticks' worth, the licensee has the rest, the manager paid nothing.
        assert_eq!(Received::get((split, MAI)), 300);
        assert_eq!(free(&MAI, BOB), WEALTH - 300 - grant_deposit());
        assert_eq!(Money::balance(&MAI, &ALICE), before);
        assert_eq!(Money::balance(&MAI, &VAULT), ED + 300);
    });
}

#[test]
fn revoking_is_refused_for_each_unmet_condition() {
    test(|| {
        let grant = granted(terms());
        let firm = granted(firm_terms());
        let revoke = |origin, grant| DataLicense::revoke(origin, grant);
        assert_noop!(
            revoke(RuntimeOrigin::root(), grant),
            DispatchError::BadOrigin
        );
        assert_noop!(revoke(by(BOB), grant), Error::NotDatasetOwner);
        assert_noop!(revoke(by(ALICE), GrantId(9)), Error::GrantNotFound);
        assert_noop!(revoke(by(ALICE), firm), Error::GrantNotRevocable);
        assert_ok!(revoke(by(ALICE), grant));
        at(110);
        // A second notice would be a longer one.
        assert_noop!(revoke(by(ALICE), grant), Error::GrantRevoked);
    });
}

#[test]
fn a_notice_at_the_end_of_the_clock_ends_with_it() {
    test(|| {
        let grant = granted(perpetual_terms());
        at(Tick::MAX - 10);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_eq!(ends(grant), Some(Tick::MAX));
    });
}

fn instalments(list: &[(Balance, Tick, Tick)]) -> Instalments<AccountId> {
    let all = list.iter().map(|(value, start, length)| Instalment {
        payer: BOB,
        value: *value,
        start: *start,
        end: start.saturating_add(*length),
        vested: 0,
    });
    Instalments::truncate_from(all.collect())
}

/// The relay chain's number never falls; if it did, nothing would vest twice.
#[test]
fn what_has_vested_stays_vested() {
    let mut one = instalments(&[(1_000, 0, 100)]);
    assert_eq!(settle(&mut one, 60, None).to_split, 600);
    assert_eq!(settle(&mut one, 40, None).to_split, 0);
    assert_eq!(settle(&mut one, 70, None).to_split, 100);
}

proptest! {
    /// However often it is vested, all that ever moves is what one call would have moved at the end:
    /// the floor of the exact share to the split, the rest back.
    #[test]
    fn vesting_is_exact_whenever_it_is_called(
        list in prop::collection::vec((1u128..=u128::MAX / 4, 0u32..1_000, 1u32..5_259_600), 0..=3),
        mut ticks in prop::collection::vec(0u32..6_000_000, 0..20),
        cut_off in prop::option::of(0u32..6_000_000),
    ) {
        ticks.sort_unstable();
        let last = Tick::MAX;
        ticks.push(last);
        let mut often = instalments(&list);
        let (mut to_split, mut back) = (0u128, 0u128);
        for now in ticks {
            let moves = settle(&mut often, now, cut_off);
            to_split += moves.to_split;
            back += moves.back.iter().map(|(_, value)| value).sum::<u128>();
        }
        prop_assert!(often.is_empty());
        let exact: u128 = instalments(&list).iter().map(|i| {
            let at = cut_off.unwrap_or(last).clamp(i.start, i.end);
            let (elapsed, length) = (u128::from(at - i.start), u128::from(i.end - i.start));
            i.value / length * elapsed + i.value % length * elapsed / length
        }).sum();
        prop_assert_eq!(to_split, exact);
        prop_assert_eq!(to_split + back, list.iter().map(|(value, ..)| value).sum::<u128>());
    }

    /// Nothing ever un-vests, and never more than the value vests.
    #[test]
    fn what_has_vested_only_grows(
        value in 1u128..=u128::MAX,
        start in 0u32..1_000,
        length in 1u32..5_259_600,
        a in 0u32..6_000_000,
        b in 0u32..6_000_000,
    ) {
        let one = &instalments(&[(value, start, length)])[0];
        let (earlier, later) = (vested_at(one, a.min(b)), vested_at(one, a.max(b)));
        prop_assert!(earlier <= later && later <= value);
        prop_assert_eq!(vested_at(one, one.start), 0);
        prop_assert_eq!(vested_at(one, one.end), value);
    }
}
