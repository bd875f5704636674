//! The token, other assets, and transaction fees.

use crate::*;
use frame_support::{
    parameter_types,
    traits::{
        fungible::UnionOf,
        fungibles::{self, Balanced, Inspect},
        tokens::{imbalance::ResolveTo, ConversionToAssetBalance},
        ConstU32, ConstU8, OnUnbalanced, VariantCountOf,
    },
    weights::{
        constants::ExtrinsicBaseWeight, ConstantMultiplier, FeePolynomial, Weight,
        WeightToFeeCoefficient, WeightToFeeCoefficients, WeightToFeePolynomial,
    },
};
use frame_system::{EnsureRoot, EnsureSigned};
use myai_primitives::Asset;
use myai_support::money::SplitAsset;
use pallet_collator_selection::StakingPotAccountId;
use sp_runtime::{
    helpers_128bit::multiply_by_rational_with_rounding, FixedPointNumber, FixedU128, Perbill,
    Rounding,
};

/// One MAI, in its smallest unit.
pub const MAI: Balance = 1_000_000_000_000;
pub const MILLI: Balance = MAI / 1_000;
pub const EXISTENTIAL_DEPOSIT: Balance = 1_000_000_000;

/// What storage costs while it is used: so much an item and so much a byte.
pub const DEPOSIT_PER_ITEM: Balance = 10 * MILLI;
pub const DEPOSIT_PER_BYTE: Balance = MILLI / 10;

pub const fn deposit(items: u32, bytes: u32) -> Balance {
    items as Balance * DEPOSIT_PER_ITEM + bytes as Balance * DEPOSIT_PER_BYTE
}

parameter_types! {
    pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
    pub const DepositPerItem: Balance = DEPOSIT_PER_ITEM;
    pub const DepositPerByte: Balance = DEPOSIT_PER_BYTE;
}

impl pallet_balances::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeFreezeReason = RuntimeFreezeReason;
    type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
    type Balance = Balance;
    type DustRemoval = ResolveTo<StakingPotAccountId<Runtime>, Balances>;
    type ExistentialDeposit = ExistentialDeposit;
    type AccountStore = System;
    type ReserveIdentifier = [u8; 8];
    type FreezeIdentifier = RuntimeFreezeReason;
    type MaxLocks = ConstU32<50>;
    type MaxReserves = ConstU32<50>;
    type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
    type DoneSlashHandler = ();
}

parameter_types! {
    pub const AssetDeposit: Balance = deposit(1, 190);
    pub const AssetAccountDeposit: Balance = deposit(1, 16);
    pub const MetadataDepositBase: Balance = deposit(1, 68);
    pub const ApprovalDeposit: Balance = EXISTENTIAL_DEPOSIT;
}

impl pallet_assets::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Balance = Balance;
    type RemoveItemsLimit = ConstU32<1000>;
    type AssetId = u32;
    type AssetIdParameter = codec::Compact<u32>;
    type ReserveData = ();
    type Currency = Balances;
    // Ids of other chains' assets are nobody's to take.
    type CreateOrigin = pallet_foreign_assets::LocalIds<EnsureSigned<AccountId>>;
    type ForceOrigin = EnsureRoot<AccountId>;
    type AssetDeposit = AssetDeposit;
    type AssetAccountDeposit = AssetAccountDeposit;
    type MetadataDepositBase = MetadataDepositBase;
    type MetadataDepositPerByte = DepositPerByte;
    type ApprovalDeposit = ApprovalDeposit;
    type StringLimit = ConstU32<50>;
    type Holder = AssetsHolder;
    type Freezer = ();
    type Extra = ();
    type CallbackHandle = ();
    type AssetIdAllocator = ();
    type WeightInfo = pallet_assets::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = ();
}

impl pallet_assets_holder::Config for Runtime {
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeEvent = RuntimeEvent;
}

type Transfers = UnionOf<Balances, Assets, SplitAsset, Asset, AccountId>;
type Holds = UnionOf<Balances, AssetsHolder, SplitAsset, Asset, AccountId>;

/// Every asset, behind one door.
pub type Money = myai_support::MoneyOver<Transfers, Holds>;

/// A tenth of a milli-MAI for the weight of an empty transaction, or for 10 kB of proof, whichever
/// is more of a block.
pub struct WeightToFee;

impl frame_support::weights::WeightToFee for WeightToFee {
    type Balance = Balance;

    fn weight_to_fee(weight: &Weight) -> Balance {
        let (time, proof) = fees_of_time_and_proof(weight);
        time.max(proof)
    }
}

fn fees_of_time_and_proof(weight: &Weight) -> (Balance, Balance) {
    let time: FeePolynomial<Balance> = TimeToFee::polynomial().into();
    let proof: FeePolynomial<Balance> = ProofToFee::polynomial().into();
    (
        time.eval(weight.ref_time()),
        proof.eval(weight.proof_size()),
    )
}

fn a_tenth_of_a_milli_for(amount: Balance) -> WeightToFeeCoefficients<Balance> {
    let fee = MILLI / 10;
    core::iter::once(WeightToFeeCoefficient {
        degree: 1,
        negative: false,
        coeff_frac: Perbill::from_rational(fee % amount, amount),
        coeff_integer: fee / amount,
    })
    .collect()
}

struct TimeToFee;
impl WeightToFeePolynomial for TimeToFee {
    type Balance = Balance;
    fn polynomial() -> WeightToFeeCoefficients<Balance> {
        a_tenth_of_a_milli_for(ExtrinsicBaseWeight::get().ref_time().into())
    }
}

struct ProofToFee;
impl WeightToFeePolynomial for ProofToFee {
    type Balance = Balance;
    fn polynomial() -> WeightToFeeCoefficients<Balance> {
        a_tenth_of_a_milli_for(10_000)
    }
}

/// What executing a message costs: time as a transaction's, and a milli-MAI for 10 kB of proof. Messages
/// have a share of a block of their own and no fee that grows while it is full, so the proof that fills
/// it costs ten times as much. Both add up, each in proportion: what is paid back for a part is never
/// more than the part had cost.
pub struct MessageFee;

impl frame_support::weights::WeightToFee for MessageFee {
    type Balance = Balance;

    fn weight_to_fee(weight: &Weight) -> Balance {
        let (time, proof) = fees_of_time_and_proof(weight);
        time.saturating_add(proof.saturating_mul(10))
    }
}

parameter_types! {
    pub const TransactionByteFee: Balance = 1_000_000;
}

impl pallet_transaction_payment::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    // Fees and tips go to the collators' pot, so that no unit is ever burned.
    type OnChargeTransaction = pallet_transaction_payment::FungibleAdapter<
        Balances,
        ResolveTo<StakingPotAccountId<Runtime>, Balances>,
    >;
    type WeightToFee = WeightToFee;
    type LengthToFee = ConstantMultiplier<Balance, TransactionByteFee>;
    type FeeMultiplierUpdate = polkadot_runtime_common::SlowAdjustingFeeUpdate<Self>;
    type OperationalFeeMultiplier = ConstU8<5>;
    type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

/// What an asset is worth, as governance sets it: so many pico-MAI for one of its smallest units.
/// Fees are paid at this rate, and the treasury reckons with it: were it set by fewer votes than
/// `Root` asks, they could lift a spender's limit and take any fee of those who pay in the asset.
impl pallet_asset_rate::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type CreateOrigin = EnsureRoot<AccountId>;
    type RemoveOrigin = EnsureRoot<AccountId>;
    type UpdateOrigin = EnsureRoot<AccountId>;
    type Currency = Balances;
    type AssetKind = Asset;
    type WeightInfo = pallet_asset_rate::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = benchmarks::RatedAsset;
}

/// What a fee comes to in an asset that has a rate. Rounded up: no rate, however high, makes a fee
/// nothing. An asset may have a rate before prices may be in it: the first units must come here, and
/// pay for that, before it can be accepted. The first fee of all opens the treasury's account, so that
/// it is not burned: it is no less than the asset's least balance.
pub struct GovernedRates;

impl ConversionToAssetBalance<Balance, u32, Balance> for GovernedRates {
    type Error = ();

    fn to_asset_balance(native: Balance, id: u32) -> Result<Balance, ()> {
        let rate = pallet_asset_rate::ConversionRateToNative::<Runtime>::get(Asset::Id(id));
        let rate = rate.ok_or(())?;
        let price = multiply_by_rational_with_rounding(
            native,
            FixedU128::DIV,
            rate.into_inner(),
            Rounding::Up,
        )
        .ok_or(())?;
        let treasury = configs::economy::Treasury::get();
        if price == 0 || Assets::balance(id, &treasury) > 0 {
            Ok(price)
        } else {
            Ok(price.max(Assets::minimum_balance(id)))
        }
    }
}

/// Fees in other assets than MAI go to the treasury; where its account is not open and the fee is too
/// small to open it, to the vault, whence anybody may sweep it to the network's split.
pub struct ToTreasury;

type Fees = fungibles::Credit<AccountId, Assets>;

impl OnUnbalanced<Fees> for ToTreasury {
    fn on_nonzero_unbalanced(fees: Fees) {
        let kept = Assets::resolve(&configs::economy::Treasury::get(), fees)
            .or_else(|fees| Assets::resolve(&RewardSplit::vault(), fees));
        // The rate has seen to it that one of them takes it, unless whoever may freeze the asset has
        // blocked both: then it is burned, as if that issuer had taken it back.
        drop(kept);
    }
}

impl pallet_asset_tx_payment::HandleCredit<AccountId, Assets> for ToTreasury {
    fn handle_credit(fees: Fees) {
        Self::on_unbalanced(fees);
    }
}

impl pallet_asset_tx_payment::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Fungibles = Assets;
    type OnChargeAssetTransaction =
        pallet_asset_tx_payment::FungiblesAdapter<GovernedRates, ToTreasury>;
    type WeightInfo = pallet_asset_tx_payment::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = benchmarks::RatedAsset;
}
