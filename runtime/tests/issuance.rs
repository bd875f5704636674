//! Issuance on the composed runtime: a chain that starts from nothing, whose blocks are built as a
//! collator builds them, and jobs that earn.

#[path = "support/bare_block.rs"]
mod bare_block;
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use bare_block::build_block;
use configs::economy::Treasury;
use frame_support::genesis_builder_helper::build_state;
use presets::FirstCollator;
use sp_runtime::traits::BlockNumberProvider;
use std::collections::BTreeMap;
use support::*;

const COLLATORS: [Who; 2] = [Who::One, Who::Two];
const FIRST_TICK: Tick = 30_000_000;

/// All that a chain from nothing starts with: the treasury's account, which the treasury's pallet
/// opens at genesis with the least balance that an account may have.
const AT_FIRST: Balance = configs::money::EXISTENTIAL_DEPOSIT;

fn founders(collators: &[Who]) -> Vec<FirstCollator> {
    collators
        .iter()
        .map(|who| FirstCollator {
            account: account(*who),
            keys: SessionKeys {
                aura: who.public().into(),
                authority_discovery: who.public().into(),
            },
        })
        .collect()
}

/// A chain of the production genesis, before its first block.
fn production() -> sp_io::TestExternalities {
    let mut chain = sp_io::TestExternalities::default();
    chain.execute_with(|| {
        let committee = [account(Who::Alice)];
        let patch = presets::production(3_333, &founders(&COLLATORS), &committee).expect("sound");
        let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
        merge(&mut config, patch);
        build_state::<RuntimeGenesisConfig>(serde_json::to_vec(&config).unwrap())
            .expect("it builds");
    });
    chain
}

/// The block that comes next, of the collator whose turn it is, at the relay chain's block `relay`.
/// Returns whose it was.
fn block(relay: Tick, transactions: Vec<UncheckedExtrinsic>) -> Who {
    System::reset_events();
    build_block(relay, transactions);
    let number = System::block_number();
    let collators = pallet_session::Validators::<Runtime>::get();
    let author = &collators[number as usize % collators.len()];
    let author = COLLATORS.into_iter().find(|who| account(*who) == *author);
    author.expect("is one of them")
}

fn balance(who: Who) -> Balance {
    Balances::free_balance(account(who))
}

fn supply() -> Balance {
    Balances::total_issuance()
}

/// By the whole tick and by hand: what an epoch long before the first halving mints in so many ticks.
fn curve(ticks: Tick) -> Balance {
    10_500_000 * MAI * Balance::from(ticks) / 21_038_400
}

#[test]
fn block_one_mints_nothing() {
    production().execute_with(|| {
        assert_eq!(supply(), AT_FIRST, "no premine");
        check_invariants();
        block(FIRST_TICK, vec![]);
        assert_eq!(supply(), AT_FIRST);
        assert_eq!(RewardSplit::issuance_view().start, Some(FIRST_TICK));
        assert_eq!(
            RewardSplit::issuance_view().limit,
            21_000_000 * MAI - AT_FIRST
        );
        check_invariants();

        block(FIRST_TICK + 1, vec![]);
        assert_eq!(supply(), AT_FIRST + curve(1));
        let least = configs::money::EXISTENTIAL_DEPOSIT;
        for who in [CollatorSelection::account_id(), Treasury::get()] {
            assert_eq!(Balances::free_balance(who), least);
        }
        assert_eq!(Balances::free_balance(RewardSplit::vault()), least);
        check_invariants();
    });
}

#[test]
fn author_of_the_block_is_paid() {
    production().execute_with(|| {
        block(FIRST_TICK, vec![]);
        let mut pool = 0;
        let mut earned = BTreeMap::<String, Balance>::new();
        for n in 1..200 {
            let due = pool / 100;
            let before: BTreeMap<String, Balance> =
                COLLATORS.map(|who| (who.to_string(), balance(who))).into();
            let author = block(FIRST_TICK + n, vec![]);
            let part = balance(author) - before[&author.to_string()];
            // The first parts are too small to open an account.
            if part > 0 {
                assert_eq!(part, due, "block {n}");
                pool -= due;
            } else {
                assert!(
                    due < configs::money::EXISTENTIAL_DEPOSIT,
                    "block {n}: {due}"
                );
            }
            for other in COLLATORS.into_iter().filter(|who| *who != author) {
                assert_eq!(balance(other), before[&other.to_string()]);
            }
            *earned.entry(author.to_string()).or_default() += part;
            pool += (curve(n) - curve(n - 1)) / 5;
        }
        assert_eq!(earned.len(), 2);
        assert!(earned.values().all(|earned| *earned > MAI));
        check_invariants();
        // The first collators are all that has anything: from nothing to a transaction of their own.
        let paid: Balance = earned.values().sum();
        assert_eq!(RewardSplit::issuance_view().authors, pool);
        assert!(paid + pool <= supply() / 5);
    });
}

/// Into a pot that has no account a fee that is below the least of one would be lost.
#[test]
fn first_fee_is_not_burned() {
    production().execute_with(|| {
        block(FIRST_TICK, vec![]);
        let mut n = 0;
        while balance(Who::One) == 0 {
            n += 1;
            block(FIRST_TICK + n, vec![]);
        }
        assert!(n < 6, "after a few blocks already");
        let pot = CollatorSelection::account_id();
        let had = Balances::free_balance(&pot);
        let remark = frame_system::Call::remark { remark: vec![] };
        // Two have paid nothing and got nothing of each other's: the pot is as the first mint left it.
        assert_eq!(had, configs::money::EXISTENTIAL_DEPOSIT);
        let before = supply();
        let transaction = signed(Who::One, remark.into());
        block(FIRST_TICK + n + 1, vec![transaction]);
        let fee = Balances::free_balance(&pot) - had;
        assert!(
            (1..configs::money::EXISTENTIAL_DEPOSIT).contains(&fee),
            "{fee}"
        );
        assert_eq!(
            supply() - before,
            curve(n + 1) - curve(n),
            "nothing is lost"
        );
        check_invariants();
    });
}

#[test]
fn a_chain_without_people_is_refused() {
    let (nobody, alice) = (vec![], account(Who::Alice));
    let one = founders(&COLLATORS[..1]);
    let refused = |collators: &[FirstCollator], committee: &[AccountId]| {
        presets::production(3_333, collators, committee).unwrap_err()
    };
    assert!(refused(&nobody, std::slice::from_ref(&alice)).contains("no collator is named"));
    assert!(refused(&one, &[]).contains("technical committee"));
    let number =
        presets::production(presets::PARA_ID, &one, std::slice::from_ref(&alice)).unwrap_err();
    assert!(number.contains("number of the test chains"), "{number}");
    let twice = founders(&[Who::One, Who::One]);
    assert!(refused(&twice, std::slice::from_ref(&alice)).contains("a collator is named twice"));
    assert!(refused(&one, &[alice.clone(), alice.clone()]).contains("is named twice"));
    let many: Vec<_> = (0..21)
        .map(|n| FirstCollator {
            account: [n; 32].into(),
            ..one[0].clone()
        })
        .collect();
    assert!(refused(&many, &[alice]).contains("more collators"));
}

/// Nothing in the production genesis is anybody's whom we know, and nobody is root.
#[test]
fn the_production_genesis_gives_nobody_anything() {
    production().execute_with(|| {
        let committee =
            pallet_collective::Members::<Runtime, configs::governance::TechnicalCollective>::get();
        assert_eq!(committee, [account(Who::Alice)]);
        let owners: Vec<AccountId> = frame_system::Account::<Runtime>::iter()
            .filter(|(_, row)| row.data != Default::default())
            .map(|(who, _)| who)
            .collect();
        assert_eq!(owners, [Treasury::get()]);
        assert_eq!(Balances::free_balance(Treasury::get()), AT_FIRST);
        assert_eq!(RewardSplit::accepted_assets().len(), 1, "the token alone");
        let collators = pallet_collator_selection::Invulnerables::<Runtime>::get();
        assert_eq!(collators.len(), 2);
        assert!(COLLATORS
            .iter()
            .all(|who| collators.contains(&account(*who))));
    });
}

#[test]
fn steps_of_two_seconds_and_an_outage_change_nothing() {
    let supply_after = |ticks: &[Tick]| {
        let mut minted = 0;
        production().execute_with(|| {
            block(FIRST_TICK, vec![]);
            for tick in ticks {
                block(FIRST_TICK + tick, vec![]);
            }
            minted = supply();
            check_invariants();
        });
        minted
    };
    let slow: Vec<Tick> = (1..=30).chain([50_000]).collect();
    let fast: Vec<Tick> = (1..=30).flat_map(|n| [n; 3]).chain([50_000]).collect();
    assert_eq!(supply_after(&slow), AT_FIRST + curve(50_000));
    assert_eq!(supply_after(&fast), AT_FIRST + curve(50_000));
    assert_eq!(supply_after(&[50_000]), AT_FIRST + curve(50_000));
}

/// To the first tick of the next epoch.
fn end_epoch() {
    let now = Relay::current_block_number();
    next_block((epoch_of(now) + 1) * EPOCH - now);
    next_block(1);
}

fn claim_issuance(epoch: Epoch, beneficiary: Beneficiary<AccountId>) -> sp_runtime::DispatchResult {
    call(
        Who::Eve,
        pallet_reward_split::Call::claim_issuance { epoch, beneficiary },
    )
}

/// Whoever owns the model, serves it, and asks it, loses by each job, though nobody else earns anything
/// and the pool is far more than the cuts.
#[test]
fn paying_yourself_always_loses() {
    on_a_chain(|| {
        let me = Who::Ferdie;
        worker(me);
        let version = publish(me, model(me), spec(1, native(MAI)));
        set_offer(me, version, 3 * MAI);
        next_block(1);
        let before = has(&account(me), &Asset::Native);
        let treasury = has(&Treasury::get(), &Asset::Native);
        let first = RewardSplit::clock_view().now / EPOCH;
        let mut cuts = 0;
        for _ in 0..3 {
            for _ in 0..5 {
                let job = open(me, version, me, 2);
                attest(me, job, 2);
                cuts += 2 * 4 * MAI / 40;
            }
            check_invariants();
            end_epoch();
            check_invariants();
        }
        let split = Beneficiary::Split(split_of(version));
        let mine = Beneficiary::Account(account(me));
        for epoch in first..first + 3 {
            for contributor in [split.clone(), mine.clone()] {
                let claims = RewardSplit::claimable_issuance(contributor.clone());
                assert_eq!(claims.first().map(|claim| claim.epoch), Some(epoch));
                assert_ok!(claim_issuance(epoch, contributor.clone()));
                assert!(claim_issuance(epoch, contributor).is_err());
                check_invariants();
            }
        }
        claim_all(split_of(version), &Asset::Native);
        let after = has(&account(me), &Asset::Native);
        // Eve paid for the claims.
        assert_eq!(
            before - after,
            cuts / 2,
            "half of the cuts comes back at most"
        );
        assert!(has(&Treasury::get(), &Asset::Native) > treasury);
    });
}

#[test]
fn contributors_of_a_job_are_paid_by_their_credit() {
    on_a_chain(|| {
        worker(Who::Ferdie);
        let version = publish(Who::Alice, model(Who::Alice), spec(1, native(MAI)));
        set_offer(Who::Ferdie, version, MAI / 2);
        next_block(1);
        let epoch = RewardSplit::clock_view().now / EPOCH;
        let job = open(Who::Dave, version, Who::Ferdie, 1);
        attest(Who::Ferdie, job, 1);
        assert_eq!(RewardSplit::issuance_view().credits, MAI / 40 + MAI / 80);
        let split = split_of(version);
        assert!(claim_issuance(epoch, Beneficiary::Split(split)).is_err());
        end_epoch();
        let ferdie = has(&account(Who::Ferdie), &Asset::Native);
        assert_ok!(claim_issuance(
            epoch,
            Beneficiary::Account(account(Who::Ferdie))
        ));
        assert_eq!(
            has(&account(Who::Ferdie), &Asset::Native) - ferdie,
            MAI / 160
        );
        let owed = RewardSplit::owed_view(split, Asset::Native)[0].value;
        assert_ok!(claim_issuance(epoch, Beneficiary::Split(split)));
        assert_eq!(
            RewardSplit::owed_view(split, Asset::Native)[0].value - owed,
            MAI / 80
        );
        check_invariants();
    });
}

/// What settling in the token writes, by our items: none of them is of issuance but those that income
/// is written to anyway.
#[test]
fn a_new_epochs_first_settlement_weighs_more_and_the_next_does_not() {
    use frame_support::dispatch::GetDispatchInfo;
    on_a_chain(|| {
        worker(Who::Ferdie);
        let version = publish(Who::Alice, model(Who::Alice), spec(1, native(MAI)));
        set_offer(Who::Ferdie, version, MAI / 2);
        next_block(1);
        let mut weights = Vec::new();
        for n in 0..4 {
            if n == 2 {
                end_epoch();
            }
            let job = open(Who::Dave, version, Who::Ferdie, 1);
            let info = attest_call(job, 1).get_dispatch_info().call_weight;
            let origin = RuntimeOrigin::signed(account(Who::Ferdie));
            let done = run(origin, attest_call(job, 1)).expect("is in order");
            let weight = done.actual_weight.expect("is known");
            assert!(weight.all_lte(info));
            weights.push(weight);
        }
        assert_eq!(weights[0], weights[1]);
        assert!(weights[2].all_gt(weights[1]));
        assert_eq!(weights[3], weights[1]);
    });
}
