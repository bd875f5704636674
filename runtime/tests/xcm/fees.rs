//! Fees of transactions in other assets than MAI.

use super::{jobs::served_for_dollars, network::*, support::*};
use codec::Encode;
use configs::money::GovernedRates;
use frame_support::{
    traits::{fungible::Inspect, fungibles, tokens::ConversionToAssetBalance},
    weights::WeightToFee,
};
use sp_runtime::{
    transaction_validity::{InvalidTransaction, TransactionValidityError},
    ApplyExtrinsicResult, FixedU128,
};

fn apply(who: Who, call: impl Into<RuntimeCall>, asset: u32) -> ApplyExtrinsicResult {
    Executive::apply_extrinsic(signed_paid_in(who, call.into(), Some(asset)))
}

fn refused(result: ApplyExtrinsicResult) -> bool {
    result
        == Err(TransactionValidityError::Invalid(
            InvalidTransaction::Payment,
        ))
}

fn set_rate(asset: u32, rate: FixedU128) {
    assert_ok!(root(pallet_asset_rate::Call::update {
        asset_kind: Box::new(Asset::Id(asset)),
        rate,
    }));
}

/// What an empty batch costs.
fn something() -> RuntimeCall {
    pallet_utility::Call::batch { calls: vec![] }.into()
}

#[test]
fn who_has_dollars_alone_opens_a_job_is_paid_and_claims() {
    on_three_chains(|| {
        accept_dollars();
        let newcomer = account(Who::One);
        dollars_from_hub(
            Who::Bob,
            staging_xcm::latest::Location::from(local(Who::One)),
            100 * USD,
        );
        let version = served_for_dollars();
        // A tenth of what another version earns is the newcomer's.
        let theirs = us(|| {
            let extra = ExtraLine {
                account: newcomer.clone(),
                share: Ppm(100_000),
            };
            let price = Amount {
                asset: Asset::Id(DOLLAR),
                value: 10 * USD,
            };
            let version = publish(
                Who::Alice,
                model(Who::Alice),
                VersionSpec {
                    extras: vec![extra].try_into().unwrap(),
                    ..spec(2, price)
                },
            );
            set_offer(Who::Ferdie, version, 0);
            version
        });
        us(|| {
            let dollar = Asset::Id(DOLLAR);
            let (supply, issued) = (Assets::total_supply(DOLLAR), Balances::total_issuance());
            let mut kept = dollars_of(&treasury());
            let mut had = dollars_of(&newcomer);
            let order = order(version, Who::Ferdie, 1);
            let job = JobId::of(&newcomer, &newcomer, &order);
            assert_ok!(apply(Who::One, open_order(order), DOLLAR).expect("is valid"));
            let fee = dollars_of(&treasury()) - kept;
            assert!(fee > 0 && fee < USD / 10, "{fee}");
            assert_eq!(has(&newcomer, &dollar), had - fee);
            attest(Who::Ferdie, job, 1);
            assert_eq!(dollars_of(&newcomer), had - fee - USD - USD / 2);

            // Somebody asks the other version; the newcomer claims its share.
            dollars_of(&newcomer);
            assert_ok!(call(
                Who::One,
                pallet_assets::Call::transfer {
                    id: DOLLAR.into(),
                    target: account(Who::Dave).into(),
                    amount: 20 * USD,
                }
            ));
            let job = open(Who::Dave, theirs, Who::Ferdie, 1);
            attest(Who::Ferdie, job, 1);
            had = dollars_of(&newcomer);
            kept = dollars_of(&treasury());
            let split = split_of(theirs);
            let share = RewardSplit::owed_view(split, dollar)
                .into_iter()
                .find(|owed| owed.beneficiary == Beneficiary::Account(newcomer.clone()))
                .expect("it is owed");
            let due = (10 * USD - 10 * USD / 40) / 10;
            assert_eq!(share.value, due);
            let claim = pallet_reward_split::Call::claim {
                split,
                asset: dollar,
                share: share.share,
            };
            assert_ok!(apply(Who::One, claim, DOLLAR).expect("is valid"));
            let fee = dollars_of(&treasury()) - kept;
            assert!(fee > 0);
            assert_eq!(dollars_of(&newcomer), had + due - fee);

            // It never had any MAI, and of nothing is there more or less.
            assert_eq!(has(&newcomer, &Asset::Native), 0);
            assert_eq!(Assets::total_supply(DOLLAR), supply);
            assert_eq!(Balances::total_issuance(), issued);
        });
    });
}

#[test]
fn a_fee_is_rounded_up_and_never_nothing() {
    on_three_chains(|| {
        accept_dollars();
        us(|| {
            let dollars = |native| GovernedRates::to_asset_balance(native, DOLLAR);
            // A unit is two million pico-MAI.
            assert_eq!(dollars(0), Ok(0));
            assert_eq!(dollars(1), Ok(1));
            assert_eq!(dollars(2_000_000), Ok(1));
            assert_eq!(dollars(2_000_001), Ok(2));
            assert_eq!(dollars(MAI), Ok(USD / 2));
            // However dear a unit is.
            set_rate(DOLLAR, FixedU128::from_inner(u128::MAX));
            assert_eq!(dollars(1), Ok(1));
            assert_eq!(dollars(MAI), Ok(1));
            // A rate at which there are not that many units is none.
            set_rate(DOLLAR, FixedU128::from_inner(1));
            assert_eq!(dollars(Balance::MAX), Err(()));
            set_rate(DOLLAR, FixedU128::from_inner(0));
            assert_eq!(dollars(1), Err(()));
            assert!(refused(apply(Who::Alice, something(), DOLLAR)));
        });
    });
}

#[test]
fn a_fee_in_an_asset_without_a_rate_or_that_does_not_suffice_is_refused() {
    on_three_chains(|| {
        accept_dollars();
        us(|| {
            // The test dollar of the preset is accepted, has no rate, and everybody has it.
            assert!(refused(apply(Who::Alice, something(), presets::DOLLAR)));
            assert!(refused(apply(Who::Alice, something(), 77)));
            // Alice has none of the hub's dollars, nor more than the least.
            assert!(refused(apply(Who::Alice, something(), DOLLAR)));
        });
        dollars_from_hub(
            Who::Alice,
            staging_xcm::latest::Location::from(local(Who::Alice)),
            USD,
        );
        us(|| {
            assert_ok!(apply(Who::Alice, something(), DOLLAR).expect("is valid"));
            assert_ok!(call(
                Who::Alice,
                pallet_assets::Call::transfer {
                    id: DOLLAR.into(),
                    target: account(Who::Bob).into(),
                    amount: dollars_of(&account(Who::Alice)) - LEAST_DOLLARS,
                }
            ));
            assert!(refused(apply(Who::Alice, something(), DOLLAR)));
            assert_ok!(root(pallet_asset_rate::Call::create {
                asset_kind: Box::new(Asset::Id(presets::DOLLAR)),
                rate: 1.into(),
            }));
        });
    });
}

#[test]
fn the_first_fee_in_an_asset_opens_the_treasurys_account() {
    on_three_chains(|| {
        us(|| {
            let treasury = treasury();
            assert_ok!(root(pallet_asset_rate::Call::create {
                asset_kind: Box::new(Asset::Id(presets::DOLLAR)),
                rate: 2_000_000.into(),
            }));
            let dollar = Asset::Id(presets::DOLLAR);
            let supply = Assets::total_supply(presets::DOLLAR);
            let least = <Assets as fungibles::Inspect<_>>::minimum_balance(presets::DOLLAR);
            assert_eq!(has(&treasury, &dollar), 0);
            // By its weight it would be too small to.
            assert_ok!(apply(Who::Alice, something(), presets::DOLLAR).expect("is valid"));
            assert_eq!(has(&treasury, &dollar), least);
            assert_ok!(apply(Who::Alice, something(), presets::DOLLAR).expect("is valid"));
            let fee = has(&treasury, &dollar) - least;
            assert!(fee > 0 && fee < least, "{fee}");
            assert_eq!(Assets::total_supply(presets::DOLLAR), supply);
            check_invariants();
        });
        // By a message, too.
        dollars_from_hub(
            Who::Bob,
            staging_xcm::latest::Location::from(local(Who::Bob)),
            USD,
        );
        us(|| {
            let bob = account(Who::Bob);
            assert_eq!(dollars_of(&treasury()), LEAST_DOLLARS);
            assert_eq!(dollars_of(&bob), USD - LEAST_DOLLARS);
            assert_ok!(apply(Who::Bob, something(), DOLLAR).expect("is valid"));
            let fee = dollars_of(&treasury()) - LEAST_DOLLARS;
            assert!(fee < LEAST_DOLLARS);
            assert_eq!(dollars_of(&bob), USD - LEAST_DOLLARS - fee);
            assert_eq!(
                Balances::total_balance(&treasury()),
                configs::money::EXISTENTIAL_DEPOSIT
            );
        });
    });
}

/// What is paid back for what did not run is never more than that had cost, whichever of time and
/// proof it had more of.
#[test]
fn what_runs_is_paid_whatever_did_not() {
    use staging_xcm::latest::{prelude::*, Response};
    on_three_chains(|| {
        us(|| {
            let bob = account_of(&at_hub(Who::Bob));
            assert_ok!(root(pallet_balances::Call::force_set_balance {
                who: bob.clone().into(),
                new_free: 10 * MAI,
            }));
            let answer = QueryResponse {
                query_id: 0,
                response: Response::Null,
                max_weight: Weight::zero(),
                querier: None,
            };
            let message = Xcm::<RuntimeCall>(vec![
                WithdrawAsset((Here, MAI).into()),
                BuyExecution {
                    fees: (Here, MAI).into(),
                    weight_limit: Unlimited,
                },
                SetAppendix(Xcm(vec![answer; 25])),
                SetAppendix(Xcm(vec![])),
                RefundSurplus,
                DepositAsset {
                    assets: Wild(AllCounted(1)),
                    beneficiary: at_hub(Who::Bob),
                },
            ]);
            let pot = || Balances::free_balance(CollatorSelection::account_id());
            let before = pot();
            let done =
                staging_xcm_executor::XcmExecutor::<configs::xcm::XcmConfig>::prepare_and_execute(
                    at_hub(Who::Bob),
                    message,
                    &mut [0; 32],
                    Weight::MAX,
                    Weight::zero(),
                );
            let Outcome::Complete { used } = done else {
                panic!("{done:?}")
            };
            let price = configs::money::MessageFee::weight_to_fee(&used);
            assert!(
                pot() - before + 10 >= price,
                "{} for {price}",
                pot() - before
            );
        });
    });
}

/// A surplus that is too small for a unit is not paid back by asking twice.
#[test]
fn a_surplus_is_counted_once() {
    use frame_support::{
        traits::fungibles::{Balanced, Mutate},
        weights::constants::ExtrinsicBaseWeight,
    };
    use staging_xcm::latest::{Asset as XcmAsset, AssetId, XcmContext};
    use staging_xcm_executor::{traits::WeightTrader, AssetsInHolding};
    our_genesis().execute_with(|| {
        // A unit is two thousandths of a MAI, and the treasury's account is open.
        set_rate(DOLLAR, FixedU128::from_u32(2_000_000_000));
        assert_ok!(<Assets as Mutate<_>>::mint_into(DOLLAR, &treasury(), USD));
        let tenth = ExtrinsicBaseWeight::get();
        let context = XcmContext::with_message_id([0; 32]);
        let mut trader = configs::xcm::ForeignTrader::new();
        let units = <Assets as Balanced<_>>::issue(DOLLAR, 10);
        let payment = AssetsInHolding::new_from_fungible_credit(AssetId(dollar()), Box::new(units));
        let Ok(left) = trader.buy_weight(tenth.saturating_mul(21), payment, &context) else {
            panic!("two units suffice")
        };
        assert!(left
            .ensure_contains(&XcmAsset::from((dollar(), 8u128)).into())
            .is_ok());
        for _ in 0..3 {
            assert!(trader
                .refund_weight(tenth.saturating_mul(6) / 10, &context)
                .is_none());
        }
    });
}

/// All messages of a block, paid by their proof alone, cost a third of a MAI.
#[test]
fn proof_has_its_price_in_messages() {
    let proof = configs::messages::MessageServiceWeight::get().set_ref_time(0);
    let fee = configs::money::MessageFee::weight_to_fee(&proof);
    assert!(fee > 3 * MAI / 10 && fee < 4 * MAI / 10, "{fee}");
}

#[test]
fn a_wallet_learns_what_it_costs_and_tries_it_out() {
    use staging_xcm::{
        latest::{prelude::*, AssetId as XcmAssetId},
        VersionedXcm,
    };
    use xcm_runtime_apis::{
        conversions::runtime_decl_for_location_to_account_api::LocationToAccountApiV1 as Accounts,
        dry_run::runtime_decl_for_dry_run_api::DryRunApiV2 as DryRuns,
        fees::runtime_decl_for_xcm_payment_api::XcmPaymentApiV2 as Prices,
        trusted_query::runtime_decl_for_trusted_query_api::TrustedQueryApiV1 as Trust,
    };
    type Api = Runtime;
    on_three_chains(|| {
        us(|| {
            let payable = <Api as Prices<Block>>::query_acceptable_payment_assets(XCM_VERSION);
            let mut payable = payable.unwrap();
            payable.sort_by_key(Encode::encode);
            let mut expected: Vec<staging_xcm::VersionedAssetId> =
                [Location::here(), token(), dollar()]
                    .map(|at| XcmAssetId(at).into())
                    .to_vec();
            expected.sort_by_key(Encode::encode);
            assert_eq!(payable, expected);

            let delivery = |asset: Location| {
                let message = VersionedXcm::from(Xcm::<()>(vec![ClearOrigin]));
                let fees = <Api as Prices<Block>>::query_delivery_fees(
                    hub_seen().into(),
                    message,
                    XcmAssetId(asset).into(),
                );
                let fees = staging_xcm::latest::Assets::try_from(fees.unwrap()).unwrap();
                match fees.get(0).map(|fee| &fee.fun) {
                    Some(Fungible(units)) => *units,
                    other => panic!("{other:?}"),
                }
            };
            let native = delivery(Location::here());
            assert!(native >= configs::xcm::BaseDeliveryFee::get());
            assert_eq!(
                delivery(dollar()),
                native.div_ceil(2_000_000).max(LEAST_DOLLARS)
            );

            let derived =
                <Api as Accounts<Block, AccountId>>::convert_location(at_hub(Who::Bob).into());
            assert_eq!(derived, Ok(account_of(&at_hub(Who::Bob))));

            let units = || staging_xcm::latest::Asset::from((dollar(), USD));
            let trusts = |chain: Location| {
                <Api as Trust<Block>>::is_trusted_reserve(units().into(), chain.into())
            };
            assert_eq!(trusts(hub_seen()), Ok(true));
            assert_eq!(trusts(Location::parent()), Ok(false));
            let teleports =
                <Api as Trust<Block>>::is_trusted_teleporter(units().into(), hub_seen().into());
            assert_eq!(teleports, Ok(false));

            let arrives = arrival(dollar(), USD, local(Who::One).into());
            let tried =
                <Api as DryRuns<Block, RuntimeCall, RuntimeEvent, OriginCaller>>::dry_run_xcm(
                    hub_seen().into(),
                    VersionedXcm::from(Xcm::<RuntimeCall>::from(arrives)),
                )
                .unwrap();
            assert!(tried.execution_result.ensure_complete().is_ok());
            assert!(!tried.emitted_events.is_empty());
            // Nothing has come of it.
            assert_eq!(dollars_of(&account(Who::One)), 0);
            assert_eq!(myai_runtime::Assets::total_supply(DOLLAR), 0);
        });
    });
}
