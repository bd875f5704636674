use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, traits::fungibles::Mutate};
use sp_runtime::{BuildStorage, DispatchError};
use staging_xcm::latest::{
    Junction::{GeneralIndex, PalletInstance},
    Junctions::X3,
};

const DOLLAR: u32 = FIRST_ID + 1;

fn hub() -> Location {
    Location::new(1, Parachain(1_000))
}

fn dollar() -> ForeignAsset {
    ForeignAsset {
        location: Location::new(
            1,
            X3([Parachain(1_000), PalletInstance(50), GeneralIndex(1_337)].into()),
        ),
        reserve: hub(),
    }
}

fn root() -> RuntimeOrigin {
    RuntimeOrigin::root()
}

fn text(text: &str) -> Text<Test> {
    Text::<Test>::truncate_from(text.as_bytes().to_vec())
}

fn register(id: u32, asset: ForeignAsset) -> DispatchResult {
    ForeignAssets::register(
        root(),
        id,
        asset.into(),
        text("Dollar"),
        text("USD"),
        6,
        10_000,
    )
}

fn of(location: &Location) -> XcmAsset {
    (location.clone(), 1u128).into()
}

#[test]
fn a_registered_asset_is_sufficient_and_owned_by_nobody() {
    on_a_chain(|| {
        assert_ok!(register(DOLLAR, dollar()));
        let ForeignAsset { location, reserve } = dollar();
        System::assert_last_event(
            Event::Registered {
                asset: DOLLAR,
                location: location.clone(),
                reserve,
            }
            .into(),
        );
        assert_eq!(ForeignAssets::convert(&location), Some(DOLLAR));
        assert_eq!(ForeignAssets::convert_back(&DOLLAR), Some(location));
        let details = pallet_assets::Asset::<Test>::get(DOLLAR).unwrap();
        let nobody = ForeignAssets::owner();
        for role in [
            details.owner,
            details.issuer,
            details.admin,
            details.freezer,
        ] {
            assert_eq!(role, nobody);
        }
        // Whoever has it needs no token.
        assert_ok!(Assets::mint_into(DOLLAR, &1, 10_000));
        assert_eq!(System::providers(&1), 0);
        assert_eq!(Assets::balance(DOLLAR, 1), 10_000);
        use frame_support::traits::fungibles::metadata::Inspect as _;
        assert_eq!(Assets::symbol(DOLLAR), b"USD");
        assert_eq!(Assets::decimals(DOLLAR), 6);
        assert_eq!(Assets::minimum_balance(DOLLAR), 10_000);
    });
}

#[test]
fn whoever_is_not_the_registry_is_refused() {
    on_a_chain(|| {
        assert_ok!(register(DOLLAR, dollar()));
        let other = || RuntimeOrigin::signed(1);
        assert_noop!(
            ForeignAssets::register(
                other(),
                DOLLAR + 1,
                dollar().into(),
                text("a"),
                text("a"),
                1,
                1
            ),
            DispatchError::BadOrigin
        );
        assert_noop!(
            ForeignAssets::set_reserve(other(), DOLLAR, Location::parent().into()),
            DispatchError::BadOrigin
        );
        assert_noop!(
            ForeignAssets::deregister(other(), DOLLAR),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn an_id_below_the_first_is_refused() {
    on_a_chain(|| {
        assert_noop!(
            register(FIRST_ID - 1, dollar()),
            Error::<Test>::IdBelowFirst
        );
        assert_ok!(register(FIRST_ID, dollar()));
    });
}

#[test]
fn an_id_that_is_kept_cannot_be_taken_by_somebody_else() {
    on_a_chain(|| {
        use frame_support::traits::Currency;
        let _ = Balances::deposit_creating(&1, 1_000_000);
        for id in [FIRST_ID, DOLLAR, u32::MAX] {
            assert_noop!(
                Assets::create(RuntimeOrigin::signed(1), id, 1, 1),
                DispatchError::BadOrigin
            );
        }
        assert_ok!(Assets::create(RuntimeOrigin::signed(1), FIRST_ID - 1, 1, 1));
    });
}

#[test]
fn an_id_in_use_and_a_location_that_has_one_are_refused() {
    on_a_chain(|| {
        assert_ok!(register(DOLLAR, dollar()));
        assert_noop!(register(DOLLAR + 1, dollar()), Error::<Test>::LocationTaken);
        let relay = ForeignAsset {
            location: Location::parent(),
            reserve: Location::parent(),
        };
        assert_noop!(
            register(DOLLAR, relay.clone()),
            pallet_assets::Error::<Test>::InUse
        );
        assert_noop!(
            ForeignAssets::register(root(), DOLLAR + 1, relay.into(), text("a"), text("a"), 1, 0),
            pallet_assets::Error::<Test>::MinBalanceZero
        );
    });
}

#[test]
fn a_location_on_this_chain_is_refused_however_it_is_written() {
    on_a_chain(|| {
        let ours = [
            Location::here(),
            Location::new(0, PalletInstance(12)),
            Location::new(1, Parachain(SELF)),
            Location::new(1, [Parachain(SELF), PalletInstance(12)]),
        ];
        for location in ours {
            let asset = ForeignAsset {
                location,
                reserve: hub(),
            };
            assert_noop!(register(DOLLAR, asset), Error::<Test>::LocationNotForeign);
        }
    });
}

#[test]
fn a_reserve_is_another_chain() {
    on_a_chain(|| {
        let none = [
            Location::here(),
            Location::new(1, Parachain(SELF)),
            Location::new(1, [Parachain(1_000), PalletInstance(50)]),
            Location::new(2, Parachain(1_000)),
        ];
        assert_ok!(register(DOLLAR, dollar()));
        for reserve in none {
            let asset = ForeignAsset {
                location: Location::parent(),
                reserve: reserve.clone(),
            };
            assert_noop!(register(DOLLAR + 1, asset), Error::<Test>::ReserveNotAChain);
            assert_noop!(
                ForeignAssets::set_reserve(root(), DOLLAR, reserve.into()),
                Error::<Test>::ReserveNotAChain
            );
        }
    });
}

#[test]
fn the_reserve_alone_is_believed() {
    on_a_chain(|| {
        let asset = of(&dollar().location);
        assert!(!ForeignAssets::contains(&asset, &hub()));
        assert_ok!(register(DOLLAR, dollar()));
        assert!(ForeignAssets::contains(&asset, &hub()));
        for other in [Location::parent(), Location::new(1, Parachain(1_001))] {
            assert!(!ForeignAssets::contains(&asset, &other));
        }
        assert!(!ForeignAssets::contains(&of(&Location::parent()), &hub()));
    });
}

#[test]
fn a_new_reserve_takes_the_place_of_the_old() {
    on_a_chain(|| {
        assert_noop!(
            ForeignAssets::set_reserve(root(), DOLLAR, hub().into()),
            Error::<Test>::AssetNotFound
        );
        let relay = ForeignAsset {
            location: Location::parent(),
            reserve: Location::parent(),
        };
        assert_ok!(register(DOLLAR, relay));
        assert_ok!(ForeignAssets::set_reserve(root(), DOLLAR, hub().into()));
        System::assert_last_event(
            Event::ReserveSet {
                asset: DOLLAR,
                reserve: hub(),
            }
            .into(),
        );
        let asset = of(&Location::parent());
        assert!(ForeignAssets::contains(&asset, &hub()));
        assert!(!ForeignAssets::contains(&asset, &Location::parent()));
    });
}

#[test]
fn an_asset_that_somebody_has_stays_registered() {
    on_a_chain(|| {
        assert_noop!(
            ForeignAssets::deregister(root(), DOLLAR),
            Error::<Test>::AssetNotFound
        );
        assert_ok!(register(DOLLAR, dollar()));
        assert_ok!(Assets::mint_into(DOLLAR, &1, 10_000));
        assert_noop!(
            ForeignAssets::deregister(root(), DOLLAR),
            Error::<Test>::SupplyNotZero
        );
        use frame_support::traits::tokens::{Fortitude, Precision, Preservation};
        assert_ok!(Assets::burn_from(
            DOLLAR,
            &1,
            10_000,
            Preservation::Expendable,
            Precision::Exact,
            Fortitude::Force
        ));
        assert_ok!(ForeignAssets::deregister(root(), DOLLAR));
        System::assert_last_event(
            Event::Deregistered {
                asset: DOLLAR,
                location: dollar().location,
            }
            .into(),
        );
        assert_eq!(ForeignAssets::convert(&dollar().location), None);
        assert!(!ForeignAssets::contains(&of(&dollar().location), &hub()));
        // The id is used up; the location is not.
        assert_noop!(
            register(DOLLAR, dollar()),
            pallet_assets::Error::<Test>::InUse
        );
        assert_ok!(register(DOLLAR + 1, dollar()));
    });
}

#[test]
fn assets_of_the_genesis_are_registered() {
    let config = crate::GenesisConfig::<Test> {
        assets: vec![(
            DOLLAR,
            Location::parent(),
            Location::parent(),
            b"Relay".to_vec(),
            b"WND".to_vec(),
            12,
            1_000,
        )],
        ..Default::default()
    };
    let mut chain: sp_io::TestExternalities = config.build_storage().unwrap().into();
    chain.execute_with(|| {
        assert_eq!(ForeignAssets::convert(&Location::parent()), Some(DOLLAR));
        assert_eq!(Assets::minimum_balance(DOLLAR), 1_000);
        ForeignAssets::do_try_state().unwrap();
    });
}

#[test]
fn try_state_sees_what_is_wrong() {
    empty().execute_with(|| {
        assert_ok!(register(DOLLAR, dollar()));
        assert_ok!(ForeignAssets::do_try_state());
        AssetOf::<Test>::insert(Location::parent(), DOLLAR);
        assert!(ForeignAssets::do_try_state().is_err());
        AssetOf::<Test>::remove(Location::parent());
        AssetOf::<Test>::insert(&dollar().location, DOLLAR + 1);
        assert!(ForeignAssets::do_try_state().is_err());
        AssetOf::<Test>::insert(&dollar().location, DOLLAR);
        pallet_assets::Asset::<Test>::mutate(DOLLAR, |details| {
            if let Some(details) = details {
                details.owner = 1;
            }
        });
        assert!(ForeignAssets::do_try_state().is_err());
    });
}
