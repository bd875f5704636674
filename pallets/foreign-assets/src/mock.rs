//! A chain with assets and nothing else.

use crate as pallet_foreign_assets;
use frame_support::{
    derive_impl, parameter_types,
    traits::{ConstU128, ConstU32},
    PalletId,
};
use frame_system::{EnsureRoot, EnsureSigned};
use sp_runtime::BuildStorage;
use staging_xcm::latest::{Junction::Parachain, Location};

pub const SELF: u32 = 2_000;

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(2)]
    pub type Assets = pallet_assets;
    #[runtime::pallet_index(3)]
    pub type ForeignAssets = pallet_foreign_assets;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
    type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type Balance = u128;
    type ExistentialDeposit = ConstU128<10>;
    type AccountStore = System;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
    type Balance = u128;
    type Currency = Balances;
    type CreateOrigin = crate::LocalIds<EnsureSigned<u64>>;
    type ForceOrigin = EnsureRoot<u64>;
    type StringLimit = ConstU32<20>;
    // Nobody can pay them: whoever registers an asset leaves none.
    type MetadataDepositBase = ConstU128<1_000>;
    type MetadataDepositPerByte = ConstU128<1>;
    type Freezer = ();
    type Holder = ();
}

parameter_types! {
    pub const OwnerId: PalletId = PalletId(*b"myai/fas");
    pub SelfLocation: Location = Location::new(1, Parachain(SELF));
}

impl crate::Config for Test {
    type RegistryOrigin = EnsureRoot<u64>;
    type SelfLocation = SelfLocation;
    type PalletId = OwnerId;
    type WeightInfo = ();
}

pub fn empty() -> sp_io::TestExternalities {
    let storage = frame_system::GenesisConfig::<Test>::default()
        .build_storage()
        .expect("an empty genesis builds");
    let mut chain = sp_io::TestExternalities::new(storage);
    chain.execute_with(|| System::set_block_number(1));
    chain
}

/// Runs a test, and checks every invariant at its end.
pub fn on_a_chain(test: impl FnOnce()) {
    empty().execute_with(|| {
        test();
        ForeignAssets::do_try_state().expect("every invariant holds");
    });
}
