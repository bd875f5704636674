//! Any sequence of calls keeps the invariants and every unit of money.

use super::*;
use myai_primitives::SplitId;
use proptest::prelude::*;

const PEOPLE: [AccountId; 4] = [ALICE, BOB, CAROL, EVE];

/// One step: what is done, by whom (mostly who may), to which of a few ids, with which number.
type Step = (u8, usize, u32, u32, u32);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0u8..26, 0usize..16, 0u32..3, 0u32..8, 0u32..200), 20..200)
}

fn any_terms(n: u32) -> DatasetTerms {
    let asset = if n.is_multiple_of(2) { MAI } else { USD };
    DatasetTerms {
        price: Amount {
            asset,
            value: Balance::from(n % 7) * 333,
        },
        period: (!n.is_multiple_of(3)).then_some(1 + n),
        min_share: Ppm(n * 100),
        approval: n % 5 < 3,
        revocation: if n.is_multiple_of(11) {
            Revocation::Never
        } else {
            Revocation::Notice {
                notice: 10 + n % 50,
                perpetual_term: 1 + n,
            }
        },
        share_alike: n.is_multiple_of(13),
        ..terms()
    }
}

/// Does the step where it is allowed; a refused one changes nothing.
fn take(step: Step) {
    // Most random calls are refused. A dispatched one is in a storage layer of its own.
    let _ = frame_support::storage::with_storage_layer(|| attempt(step));
}

fn attempt((what, who, a, b, n): Step) -> sp_runtime::DispatchResult {
    let (dataset, model) = (DatasetId(a), ModelId(1 + b % 2));
    let grant = GrantId((crate::NextGrant::<Test>::get().0 + b).saturating_sub(8));
    let other = GrantId((crate::NextGrant::<Test>::get().0 + n % 8).saturating_sub(8));
    let given = DataLicense::grant(grant);
    let entitled = match what {
        0 | 22.. => None,
        6 => crate::Datasets::<Test>::get(dataset).and_then(|d| d.offered_to),
        8 if b == 0 => DataLicense::dataset_owner(dataset),
        8..=11 | 14 => ModelOwners::get(model),
        15 | 18 | 20 => given.as_ref().and_then(|g| ModelOwners::get(g.model)),
        16 => given
            .as_ref()
            .and_then(|g| DataLicense::dataset_owner(g.dataset)),
        _ => DataLicense::dataset_owner(dataset),
    };
    let person = entitled.filter(|_| who < 14).unwrap_or(PEOPLE[who % 4]);
    let version = VersionId(n % 6);
    let version_model = ModelId(1 + version.0 % 2);
    let by = || by(person);
    let number = crate::Datasets::<Test>::get(dataset).map_or(0, |d| d.number);
    let most = Balance::MAX;
    match what {
        0 => DataLicense::register_dataset(
            by(),
            name("any"),
            Category::General,
            file(),
            Openness::Open,
            (b == 0).then_some(SplitId(1)),
        ),
        1 | 2 => DataLicense::set_terms(by(), dataset, any_terms(n)),
        3 if b == 0 => DataLicense::close_dataset(by(), dataset),
        4 => DataLicense::reopen_dataset(by(), dataset),
        5 => DataLicense::transfer_ownership(by(), dataset, PEOPLE[b as usize % 4]),
        6 => DataLicense::accept_ownership(by(), dataset),
        7 => DataLicense::cancel_transfer(by(), dataset),
        8 if b == 0 => DataLicense::remove_dataset(by(), dataset),
        3 | 8..=11 => DataLicense::acquire(by(), dataset, model, number, most, n),
        12 => DataLicense::approve(by(), dataset, model),
        13 => DataLicense::reject(by(), dataset, model),
        14 => DataLicense::withdraw(by(), dataset, model),
        15 => DataLicense::renew(by(), grant, most)
            .map(drop)
            .map_err(|e| e.error),
        16 => DataLicense::revoke(by(), grant)
            .map(drop)
            .map_err(|e| e.error),
        17 => {
            VersionModels::insert(version, version_model);
            match given {
                Some(given) if given.model == version_model => DataLicense::attach(grant, version),
                _ => Ok(()),
            }
        }
        18 => {
            let versions = DataLicense::grant_view(grant).map_or(vec![], |g| g.versions);
            let version = versions.first().copied().unwrap_or(version);
            DataLicense::replace(by(), version, grant, other)
        }
        19 => DataLicense::allow_replacement(by(), dataset, version),
        20 => DataLicense::remove_grant(by(), grant),
        21 => {
            DataLicense::detach(grant, version);
            DataLicense::disallow_replacement(by(), dataset, version)
        }
        22 => {
            at(Now::get() + n / 4);
            Ok(())
        }
        23 => {
            ModelOwners::insert(model, person);
            Ok(())
        }
        _ => {
            if b == 0 {
                Assets::freeze_asset(RuntimeOrigin::signed(ISSUER), ASSET)
            } else {
                Assets::thaw_asset(RuntimeOrigin::signed(ISSUER), ASSET)
            }
        }
    }
}

fn check_money() {
    for asset in [MAI, USD] {
        let least = Money::minimum(&asset);
        let received: Balance = Received::iter()
            .filter(|((_, a), _)| *a == asset)
            .map(|(_, sum)| sum)
            .sum();
        assert_eq!(Money::balance(&asset, &VAULT), least + received);
        let all: Balance = PEOPLE.iter().map(|who| Money::balance(&asset, who)).sum();
        assert_eq!(all + received, 4 * WEALTH);
        // Nothing is on hold but for open requests and debts.
        for reason in [HoldReason::GrantRequest, HoldReason::GrantRefund] {
            let held: Balance = PEOPLE.iter().map(|who| held(reason, &asset, *who)).sum();
            let requests: Balance = crate::Requests::<Test>::iter()
                .filter_map(|(dataset, _, request)| {
                    crate::Terms::<Test>::get(dataset, request.number)
                })
                .filter(|entry| {
                    reason == HoldReason::GrantRequest && entry.terms.price.asset == asset
                })
                .map(|entry| entry.terms.price.value)
                .sum();
            let debts: Balance = Debts::get()
                .into_iter()
                .filter(|(_, r, a, _)| *r == reason.into() && *a == asset)
                .map(|(.., units)| units)
                .sum();
            assert_eq!(held, requests + debts);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sequence_of_calls_keeps_the_invariants(steps in steps()) {
        test(|| {
            SplitShares::insert(SplitId(1), Vec::<myai_primitives::Share<AccountId>>::new());
            NextSplit::put(1);
            for n in [1, 3] {
                dataset_under(any_terms(n));
            }
            for (i, step) in steps.into_iter().enumerate() {
                take(step);
                if i % 8 == 0 {
                    assert_ok!(DataLicense::do_try_state());
                    check_money();
                }
            }
            check_money();
        });
    }
}
