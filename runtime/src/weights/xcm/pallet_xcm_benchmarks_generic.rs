//! Weights of the instructions of `pallet_xcm_benchmarks::generic`, as scripts/benchmark.sh measured them with 20 steps of
//! 10 repetitions on AMD EPYC. Not written by hand.

use super::super::ENTRY;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo<T> {
    // Storage: `ParachainInfo::ParachainId` (r:1 w:0)
    // Proof: `ParachainInfo::ParachainId` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `ParachainSystem::UpwardDeliveryFeeFactor` (r:1 w:0)
    // Proof: `ParachainSystem::UpwardDeliveryFeeFactor` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::HostConfiguration` (r:1 w:0)
    // Proof: `ParachainSystem::HostConfiguration` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `System::Account` (r:2 w:2)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    // Storage: `ParachainSystem::PendingUpwardMessages` (r:1 w:1)
    // Proof: `ParachainSystem::PendingUpwardMessages` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    pub fn report_holding() -> Weight {
        Weight::from_parts(75_123_000, 6196)
            .saturating_add(T::DbWeight::get().reads(7))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(7))
            .saturating_add(T::DbWeight::get().writes(3))
    }
    // Storage: `ForeignAssets::AssetOf` (r:1 w:0)
    // Proof: `ForeignAssets::AssetOf` (`max_values`: None, `max_size`: Some(622), added: 3097, mode: `MaxEncodedLen`)
    // Storage: `AssetRate::ConversionRateToNative` (r:1 w:0)
    // Proof: `AssetRate::ConversionRateToNative` (`max_values`: None, `max_size`: Some(37), added: 2512, mode: `MaxEncodedLen`)
    // Storage: `Assets::Account` (r:2 w:1)
    // Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:1 w:1)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `System::Account` (r:1 w:1)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    pub fn buy_execution() -> Weight {
        Weight::from_parts(29_374_000, 6208)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(6))
            .saturating_add(T::DbWeight::get().writes(3))
    }
    // Storage: `ForeignAssets::AssetOf` (r:1 w:0)
    // Proof: `ForeignAssets::AssetOf` (`max_values`: None, `max_size`: Some(622), added: 3097, mode: `MaxEncodedLen`)
    // Storage: `AssetRate::ConversionRateToNative` (r:1 w:0)
    // Proof: `AssetRate::ConversionRateToNative` (`max_values`: None, `max_size`: Some(37), added: 2512, mode: `MaxEncodedLen`)
    // Storage: `Assets::Account` (r:2 w:1)
    // Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:1 w:1)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `System::Account` (r:1 w:1)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    pub fn pay_fees() -> Weight {
        Weight::from_parts(29_444_000, 6208)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(6))
            .saturating_add(T::DbWeight::get().writes(3))
    }
    pub fn asset_claimer() -> Weight {
        Weight::from_parts(621_000, 0)
    }
    // Storage: `PolkadotXcm::Queries` (r:1 w:0)
    // Proof: `PolkadotXcm::Queries` (`max_values`: None, `max_size`: None, mode: `Measured`)
    pub fn query_response() -> Weight {
        Weight::from_parts(4_998_000, 3465)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(1))
    }
    // Storage: `ParachainSystem::LastRelayChainBlockNumber` (r:1 w:0)
    // Proof: `ParachainSystem::LastRelayChainBlockNumber` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `InferenceEscrow::Jobs` (r:1 w:0)
    // Proof: `InferenceEscrow::Jobs` (`max_values`: None, `max_size`: Some(355), added: 2830, mode: `MaxEncodedLen`)
    pub fn transact() -> Weight {
        Weight::from_parts(7_942_000, 3820)
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(2))
    }
    // Storage: `ForeignAssets::AssetOf` (r:1 w:0)
    // Proof: `ForeignAssets::AssetOf` (`max_values`: None, `max_size`: Some(622), added: 3097, mode: `MaxEncodedLen`)
    // Storage: `AssetRate::ConversionRateToNative` (r:1 w:0)
    // Proof: `AssetRate::ConversionRateToNative` (`max_values`: None, `max_size`: Some(37), added: 2512, mode: `MaxEncodedLen`)
    pub fn refund_surplus() -> Weight {
        Weight::from_parts(12_258_000, 4087)
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(2))
    }
    pub fn set_error_handler() -> Weight {
        Weight::from_parts(571_000, 0)
    }
    pub fn set_appendix() -> Weight {
        Weight::from_parts(581_000, 0)
    }
    pub fn clear_error() -> Weight {
        Weight::from_parts(571_000, 0)
    }
    pub fn descend_origin() -> Weight {
        Weight::from_parts(591_000, 0)
    }
    // Storage: `Benchmark::Override` (r:0 w:0)
    // Proof: `Benchmark::Override` (`max_values`: None, `max_size`: None, mode: `Measured`)
    pub fn execute_with_origin() -> Weight {
        Weight::from_parts(18_446_744_073_709_551_000, 0)
    }
    pub fn clear_origin() -> Weight {
        Weight::from_parts(571_000, 0)
    }
    // Storage: `ParachainInfo::ParachainId` (r:1 w:0)
    // Proof: `ParachainInfo::ParachainId` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `ParachainSystem::UpwardDeliveryFeeFactor` (r:1 w:0)
    // Proof: `ParachainSystem::UpwardDeliveryFeeFactor` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::HostConfiguration` (r:1 w:0)
    // Proof: `ParachainSystem::HostConfiguration` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `System::Account` (r:2 w:2)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    // Storage: `ParachainSystem::PendingUpwardMessages` (r:1 w:1)
    // Proof: `ParachainSystem::PendingUpwardMessages` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    pub fn report_error() -> Weight {
        Weight::from_parts(58_628_000, 6196)
            .saturating_add(T::DbWeight::get().reads(7))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(7))
            .saturating_add(T::DbWeight::get().writes(3))
    }
    // Storage: `PolkadotXcm::AssetTraps` (r:1 w:1)
    // Proof: `PolkadotXcm::AssetTraps` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ForeignAssets::AssetOf` (r:1 w:0)
    // Proof: `ForeignAssets::AssetOf` (`max_values`: None, `max_size`: Some(622), added: 3097, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:1 w:1)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    pub fn claim_asset() -> Weight {
        Weight::from_parts(27_421_000, 4087)
            .saturating_add(T::DbWeight::get().reads(3))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(3))
            .saturating_add(T::DbWeight::get().writes(2))
    }
    pub fn trap() -> Weight {
        Weight::from_parts(3_054_000, 0)
    }
    // Storage: `PolkadotXcm::VersionNotifyTargets` (r:1 w:1)
    // Proof: `PolkadotXcm::VersionNotifyTargets` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::UpwardDeliveryFeeFactor` (r:1 w:0)
    // Proof: `ParachainSystem::UpwardDeliveryFeeFactor` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::HostConfiguration` (r:1 w:0)
    // Proof: `ParachainSystem::HostConfiguration` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::PendingUpwardMessages` (r:1 w:1)
    // Proof: `ParachainSystem::PendingUpwardMessages` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    pub fn subscribe_version() -> Weight {
        Weight::from_parts(22_433_000, 3497)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(5))
            .saturating_add(T::DbWeight::get().writes(2))
    }
    // Storage: `PolkadotXcm::VersionNotifyTargets` (r:0 w:1)
    // Proof: `PolkadotXcm::VersionNotifyTargets` (`max_values`: None, `max_size`: None, mode: `Measured`)
    pub fn unsubscribe_version() -> Weight {
        Weight::from_parts(3_005_000, 0).saturating_add(T::DbWeight::get().writes(1))
    }
    pub fn burn_asset() -> Weight {
        Weight::from_parts(4_466_000, 0)
    }
    pub fn expect_asset() -> Weight {
        Weight::from_parts(1_041_000, 0)
    }
    pub fn expect_origin() -> Weight {
        Weight::from_parts(3_055_000, 0)
    }
    pub fn expect_error() -> Weight {
        Weight::from_parts(3_054_000, 0)
    }
    pub fn expect_transact_status() -> Weight {
        Weight::from_parts(721_000, 0)
    }
    // Storage: `ParachainInfo::ParachainId` (r:1 w:0)
    // Proof: `ParachainInfo::ParachainId` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `ParachainSystem::UpwardDeliveryFeeFactor` (r:1 w:0)
    // Proof: `ParachainSystem::UpwardDeliveryFeeFactor` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::HostConfiguration` (r:1 w:0)
    // Proof: `ParachainSystem::HostConfiguration` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `System::Account` (r:2 w:2)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    // Storage: `ParachainSystem::PendingUpwardMessages` (r:1 w:1)
    // Proof: `ParachainSystem::PendingUpwardMessages` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    pub fn query_pallet() -> Weight {
        Weight::from_parts(66_620_000, 6196)
            .saturating_add(T::DbWeight::get().reads(7))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(7))
            .saturating_add(T::DbWeight::get().writes(3))
    }
    pub fn expect_pallet() -> Weight {
        Weight::from_parts(5_879_000, 0)
    }
    // Storage: `ParachainInfo::ParachainId` (r:1 w:0)
    // Proof: `ParachainInfo::ParachainId` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `ParachainSystem::UpwardDeliveryFeeFactor` (r:1 w:0)
    // Proof: `ParachainSystem::UpwardDeliveryFeeFactor` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::HostConfiguration` (r:1 w:0)
    // Proof: `ParachainSystem::HostConfiguration` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `System::Account` (r:2 w:2)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    // Storage: `ParachainSystem::PendingUpwardMessages` (r:1 w:1)
    // Proof: `ParachainSystem::PendingUpwardMessages` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    pub fn report_transact_status() -> Weight {
        Weight::from_parts(59_880_000, 6196)
            .saturating_add(T::DbWeight::get().reads(7))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(7))
            .saturating_add(T::DbWeight::get().writes(3))
    }
    pub fn clear_transact_status() -> Weight {
        Weight::from_parts(621_000, 0)
    }
    pub fn set_topic() -> Weight {
        Weight::from_parts(561_000, 0)
    }
    pub fn clear_topic() -> Weight {
        Weight::from_parts(571_000, 0)
    }
    pub fn set_fees_mode() -> Weight {
        Weight::from_parts(571_000, 0)
    }
    pub fn unpaid_execution() -> Weight {
        Weight::from_parts(571_000, 0)
    }
    pub fn alias_origin() -> Weight {
        Weight::from_parts(631_000, 0)
    }
}
