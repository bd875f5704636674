//! Any sequence of calls keeps the invariants and every unit of money.

use super::*;
use proptest::prelude::*;

const PEOPLE: [AccountId; 4] = [ALICE, BOB, CAROL, EVE];
const COOPERATIVE: SplitId = SplitId(1);

/// One step: what is done, by whom (mostly who may), to which of a few ids, with which number.
type Step = (u8, usize, u32, u32, u32);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0u8..32, 0usize..16, 0u32..3, 0u32..8, 0u32..200), 20..200)
}

fn any_terms(n: u32) -> DatasetTerms {
    let asset = if n.is_multiple_of(2) { MAI } else { USD };
    let mut terms = DatasetTerms {
        clauses: clauses(n * 100 + 1),
        price: price(asset, Balance::from(n % 7) * 333),
        period: (!n.is_multiple_of(3)).then_some(1 + n),
        renewable: n.is_multiple_of(5).then_some(n * 3),
        revocation: match n.is_multiple_of(11) {
            true => Revocation::Never,
            false => Revocation::Notice {
                notice: 10 + n % 50,
                perpetual_term: 1 + n,
            },
        },
    };
    if n % 5 < 2 {
        terms.clauses.derivatives = Derivatives::Approval;
    }
    terms
}

fn attempt((what, who, a, b, n): Step) -> DispatchResult {
    let (dataset, model) = (DatasetId(a), ModelId(1 + b % 2));
    let nth = |b: u32| GrantId((crate::NextGrant::<Test>::get().0 + b).saturating_sub(8));
    let (grant, other) = (nth(b), nth(n % 8));
    let given = crate::Grants::<Test>::get(grant.place());
    let found = crate::Datasets::<Test>::get(dataset.place());
    let holder = given.as_ref().and_then(|g| ModelOwners::get(g.model));
    let entitled = match what {
        6 => found.as_ref().and_then(|d| d.ownership.offered_to),
        8 if b == 0 => DataLicense::dataset_owner(dataset),
        8..=12 | 16 => ModelOwners::get(model),
        19 | 23 | 24 => holder,
        20 | 22 => given
            .as_ref()
            .and_then(|g| DataLicense::dataset_owner(g.dataset)),
        1..=15 => DataLicense::dataset_owner(dataset),
        _ => None,
    };
    let person = entitled.filter(|_| who < 14).unwrap_or(PEOPLE[who % 4]);
    let version = VersionId(n % 6);
    let version_model = ModelId(1 + version.0 % 2);
    let by = || by(person);
    let number = found.as_ref().map_or(0, |d| d.number);
    match what {
        0 => DataLicense::register_dataset(
            by(),
            name("any"),
            Category::General,
            file(),
            Openness::Open,
            (b == 0).then_some(COOPERATIVE),
        ),
        1 | 2 => DataLicense::set_terms(by(), dataset, Box::new(any_terms(n))),
        3 if b == 0 => DataLicense::close_dataset(by(), dataset),
        3 => DataLicense::set_metadata(by(), dataset, other_file()),
        4 => DataLicense::reopen_dataset(by(), dataset),
        5 => DataLicense::transfer_ownership(by(), dataset, PEOPLE[b as usize % 4]),
        6 => {
            let changes = found.map_or(0, |d| d.ownership.changes);
            DataLicense::accept_ownership(by(), dataset, changes)
        }
        7 => DataLicense::cancel_transfer(by(), dataset),
        8 if b == 0 => DataLicense::remove_dataset(by(), dataset),
        8..=12 => DataLicense::acquire(by(), dataset, model, number, Balance::MAX, n),
        13 | 14 => {
            let request = crate::Requests::<Test>::get(dataset.place(), model.place());
            let (licensee, number) = request.map_or((EVE, 1), |r| (r.deposit.payer, r.number));
            DataLicense::approve(by(), dataset, model, licensee, number)
        }
        15 => DataLicense::reject(by(), dataset, model),
        16 => DataLicense::withdraw(by(), dataset, model),
        17 | 18 => DataLicense::renew(by(), grant, 1 + n % 3, Balance::MAX),
        19 => match given {
            Some(given) if given.model == version_model => {
                VersionModels::insert(version, version_model);
                Satisfies::insert(version, Ppm(n * 200));
                DataLicense::ensure_usable(grant, &person)?;
                DataLicense::attach(grant, version)
            }
            _ => Ok(()),
        },
        20 => DataLicense::revoke(by(), grant),
        21 => {
            let mut standing = crate::StandsOn::<Test>::iter();
            let Some((version, dataset, from)) = standing.nth(n as usize % 4) else {
                return Ok(());
            };
            let model = record(from).model;
            let row = crate::GrantsOn::<Test>::get(model, dataset);
            let to = row[b as usize % row.len()].0;
            let who = ModelOwners::get(model).unwrap_or(person);
            DataLicense::move_version(RuntimeOrigin::signed(who), version, from, to)
        }
        22 => DataLicense::approve_owner(by(), grant, holder.unwrap_or(EVE)),
        23 => {
            let mut standing = crate::StandsOn::<Test>::iter().filter(|(.., g)| *g == grant);
            let version = standing.next().map_or(version, |(version, ..)| version);
            retire(version);
            DataLicense::detach_versions(by(), grant, vec![version].try_into().expect("one"))
        }
        24 => DataLicense::remove_grant(by(), grant),
        25 => {
            DataLicense::detach(version, dataset);
            Ok(())
        }
        26 => DataLicense::vest(by(), grant),
        27 => DataLicense::vest_many(by(), vec![grant, other].try_into().expect("two")),
        28 => {
            at(Now::get() + if n < 4 { 20_000 } else { n / 4 });
            Ok(())
        }
        29 => {
            sell(model, person);
            Ok(())
        }
        30 if b == 0 => Assets::freeze_asset(RuntimeOrigin::signed(ISSUER), ASSET),
        30 => Assets::thaw_asset(RuntimeOrigin::signed(ISSUER), ASSET),
        _ => {
            at(Now::get() + 1);
            Ok(())
        }
    }
}

/// What was paid for each grant has vested, gone back, or is there; and so is every unit of all.
fn check_money() {
    for n in 0..crate::NextGrant::<Test>::get().0 {
        let grant = GrantId(n);
        let left = UnvestedRows::get(grant).map_or(0, |row| row.value);
        assert_eq!(
            Paid::get(grant),
            Vested::get(grant) + GivenBack::get(grant) + left
        );
    }
    for asset in [MAI, USD] {
        let of = |row: &Amount| if row.asset == asset { row.value } else { 0 };
        let received: Balance = Received::iter()
            .filter(|((_, a), _)| *a == asset)
            .map(|(_, sum)| sum)
            .sum();
        let unvested: Balance = UnvestedRows::iter_values().map(|row| of(&row)).sum();
        let owed: Balance = Debts::iter()
            .filter(|((_, a), _)| *a == asset)
            .map(|(_, sum)| sum)
            .sum();
        let vault = received + unvested + owed;
        assert_eq!(
            Money::balance(&asset, &VAULT),
            Money::minimum(&asset) + vault
        );
        let all: Balance = PEOPLE.iter().map(|who| Money::balance(&asset, who)).sum();
        assert_eq!(all + vault, 4 * WEALTH);
    }
}

/// No revoked grant is ever given back what had vested before its notice was over: what its instalments
/// say at the end is what moved.
fn check_vesting() {
    let now = Now::get();
    for record in crate::Grants::<Test>::iter_values() {
        let until = record.cut_off().map_or(now, |end| end.min(now));
        for instalment in &record.instalments {
            assert!(instalment.vested <= crate::vesting::vested_at(instalment, until));
        }
        assert!(record
            .cut_off()
            .is_none_or(|end| record.notice_ends >= Some(end)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sequence_of_calls_keeps_the_invariants(steps in steps()) {
        test(|| {
            assert_eq!(Doubles::split(vec![], Some(ALICE)), COOPERATIVE);
            for n in [1, 4] {
                dataset_under(any_terms(n));
            }
            for (i, step) in steps.into_iter().enumerate() {
                // Most random calls are refused; a refused one changes nothing.
                let _ = attempt(step);
                if i % 8 == 0 {
                    assert_ok!(DataLicense::do_try_state());
                    check_money();
                    check_vesting();
                }
            }
            // When all has been vested at the end of time nothing is left in between.
            let _ = Assets::thaw_asset(RuntimeOrigin::signed(ISSUER), ASSET);
            at(Tick::MAX);
            for n in 0..crate::NextGrant::<Test>::get().0 {
                let _ = DataLicense::vest(by(EVE), GrantId(n));
            }
            assert_eq!(UnvestedRows::iter().count(), 0);
            check_money();
        });
    }
}
