//! Weights of `pallet_xcm`, as scripts/benchmark.sh measured them with 20 steps of
//! 10 repetitions on AMD EPYC. Not written by hand.

use super::ENTRY;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_xcm::WeightInfo for WeightInfo<T> {
    // Storage: `ParachainSystem::UpwardDeliveryFeeFactor` (r:1 w:0)
    // Proof: `ParachainSystem::UpwardDeliveryFeeFactor` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::HostConfiguration` (r:1 w:0)
    // Proof: `ParachainSystem::HostConfiguration` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::PendingUpwardMessages` (r:1 w:1)
    // Proof: `ParachainSystem::PendingUpwardMessages` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    fn send() -> Weight {
        Weight::from_parts(20_501_000, 3497)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(4))
            .saturating_add(T::DbWeight::get().writes(1))
    }
    // Storage: `Benchmark::Override` (r:0 w:0)
    // Proof: `Benchmark::Override` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn teleport_assets() -> Weight {
        Weight::from_parts(18_446_744_073_709_551_000, 0)
    }
    // Storage: `ForeignAssets::AssetOf` (r:1 w:0)
    // Proof: `ForeignAssets::AssetOf` (`max_values`: None, `max_size`: Some(622), added: 3097, mode: `MaxEncodedLen`)
    // Storage: `ParachainInfo::ParachainId` (r:1 w:0)
    // Proof: `ParachainInfo::ParachainId` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `PolkadotXcm::ShouldRecordXcm` (r:1 w:0)
    // Proof: `PolkadotXcm::ShouldRecordXcm` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `System::Account` (r:2 w:2)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    // Storage: `XcmpQueue::DeliveryFeeFactor` (r:1 w:0)
    // Proof: `XcmpQueue::DeliveryFeeFactor` (`max_values`: None, `max_size`: Some(28), added: 2503, mode: `MaxEncodedLen`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `XcmpQueue::OutboundXcmpStatus` (r:1 w:1)
    // Proof: `XcmpQueue::OutboundXcmpStatus` (`max_values`: Some(1), `max_size`: Some(2306), added: 2801, mode: `MaxEncodedLen`)
    // Storage: `ParachainSystem::RelevantMessagingState` (r:1 w:0)
    // Proof: `ParachainSystem::RelevantMessagingState` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `XcmpQueue::OutboundXcmpMessages` (r:0 w:1)
    // Proof: `XcmpQueue::OutboundXcmpMessages` (`max_values`: None, `max_size`: Some(105506), added: 107981, mode: `MaxEncodedLen`)
    fn reserve_transfer_assets() -> Weight {
        Weight::from_parts(124_727_000, 6196)
            .saturating_add(T::DbWeight::get().reads(9))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(9))
            .saturating_add(T::DbWeight::get().writes(4))
    }
    // Storage: `ForeignAssets::AssetOf` (r:1 w:0)
    // Proof: `ForeignAssets::AssetOf` (`max_values`: None, `max_size`: Some(622), added: 3097, mode: `MaxEncodedLen`)
    // Storage: `ForeignAssets::Foreign` (r:1 w:0)
    // Proof: `ForeignAssets::Foreign` (`max_values`: None, `max_size`: Some(1208), added: 3683, mode: `MaxEncodedLen`)
    // Storage: `ParachainInfo::ParachainId` (r:1 w:0)
    // Proof: `ParachainInfo::ParachainId` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `PolkadotXcm::ShouldRecordXcm` (r:1 w:0)
    // Proof: `PolkadotXcm::ShouldRecordXcm` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `Assets::Asset` (r:1 w:1)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `Assets::Account` (r:1 w:1)
    // Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
    // Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::Holds` (r:1 w:1)
    // Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(393), added: 2868, mode: `MaxEncodedLen`)
    // Storage: `XcmpQueue::DeliveryFeeFactor` (r:1 w:0)
    // Proof: `XcmpQueue::DeliveryFeeFactor` (`max_values`: None, `max_size`: Some(28), added: 2503, mode: `MaxEncodedLen`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `System::Account` (r:1 w:1)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    // Storage: `XcmpQueue::OutboundXcmpStatus` (r:1 w:1)
    // Proof: `XcmpQueue::OutboundXcmpStatus` (`max_values`: Some(1), `max_size`: Some(2306), added: 2801, mode: `MaxEncodedLen`)
    // Storage: `ParachainSystem::RelevantMessagingState` (r:1 w:0)
    // Proof: `ParachainSystem::RelevantMessagingState` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `XcmpQueue::OutboundXcmpMessages` (r:0 w:1)
    // Proof: `XcmpQueue::OutboundXcmpMessages` (`max_values`: None, `max_size`: Some(105506), added: 107981, mode: `MaxEncodedLen`)
    fn transfer_assets() -> Weight {
        Weight::from_parts(150_927_000, 4696)
            .saturating_add(T::DbWeight::get().reads(13))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(13))
            .saturating_add(T::DbWeight::get().writes(7))
    }
    // Storage: `PolkadotXcm::ShouldRecordXcm` (r:1 w:0)
    // Proof: `PolkadotXcm::ShouldRecordXcm` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    fn execute() -> Weight {
        Weight::from_parts(6_800_000, 1485)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(1))
    }
    // Storage: `PolkadotXcm::SupportedVersion` (r:0 w:1)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn force_xcm_version() -> Weight {
        Weight::from_parts(6_590_000, 0).saturating_add(T::DbWeight::get().writes(1))
    }
    fn force_default_xcm_version() -> Weight {
        Weight::from_parts(2_443_000, 0)
    }
    // Storage: `PolkadotXcm::VersionNotifiers` (r:1 w:1)
    // Proof: `PolkadotXcm::VersionNotifiers` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::QueryCounter` (r:1 w:1)
    // Proof: `PolkadotXcm::QueryCounter` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::UpwardDeliveryFeeFactor` (r:1 w:0)
    // Proof: `ParachainSystem::UpwardDeliveryFeeFactor` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::HostConfiguration` (r:1 w:0)
    // Proof: `ParachainSystem::HostConfiguration` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::PendingUpwardMessages` (r:1 w:1)
    // Proof: `ParachainSystem::PendingUpwardMessages` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::Queries` (r:0 w:1)
    // Proof: `PolkadotXcm::Queries` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn force_subscribe_version_notify() -> Weight {
        Weight::from_parts(26_660_000, 3497)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(6))
            .saturating_add(T::DbWeight::get().writes(4))
    }
    // Storage: `PolkadotXcm::VersionNotifiers` (r:1 w:1)
    // Proof: `PolkadotXcm::VersionNotifiers` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::UpwardDeliveryFeeFactor` (r:1 w:0)
    // Proof: `ParachainSystem::UpwardDeliveryFeeFactor` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::HostConfiguration` (r:1 w:0)
    // Proof: `ParachainSystem::HostConfiguration` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::PendingUpwardMessages` (r:1 w:1)
    // Proof: `ParachainSystem::PendingUpwardMessages` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::Queries` (r:0 w:1)
    // Proof: `PolkadotXcm::Queries` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn force_unsubscribe_version_notify() -> Weight {
        Weight::from_parts(27_711_000, 3554)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(5))
            .saturating_add(T::DbWeight::get().writes(3))
    }
    // Storage: `PolkadotXcm::XcmExecutionSuspended` (r:0 w:1)
    // Proof: `PolkadotXcm::XcmExecutionSuspended` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    fn force_suspension() -> Weight {
        Weight::from_parts(2_434_000, 0).saturating_add(T::DbWeight::get().writes(1))
    }
    // Storage: `PolkadotXcm::SupportedVersion` (r:6 w:2)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn migrate_supported_version() -> Weight {
        Weight::from_parts(20_281_000, 15862)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(6))
            .saturating_add(T::DbWeight::get().writes(2))
    }
    // Storage: `PolkadotXcm::VersionNotifiers` (r:6 w:2)
    // Proof: `PolkadotXcm::VersionNotifiers` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn migrate_version_notifiers() -> Weight {
        Weight::from_parts(19_779_000, 15866)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(6))
            .saturating_add(T::DbWeight::get().writes(2))
    }
    // Storage: `PolkadotXcm::VersionNotifyTargets` (r:7 w:0)
    // Proof: `PolkadotXcm::VersionNotifyTargets` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn already_notified_target() -> Weight {
        Weight::from_parts(24_387_000, 18379)
            .saturating_add(T::DbWeight::get().reads(7))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(7))
    }
    // Storage: `PolkadotXcm::VersionNotifyTargets` (r:2 w:1)
    // Proof: `PolkadotXcm::VersionNotifyTargets` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::UpwardDeliveryFeeFactor` (r:1 w:0)
    // Proof: `ParachainSystem::UpwardDeliveryFeeFactor` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::HostConfiguration` (r:1 w:0)
    // Proof: `ParachainSystem::HostConfiguration` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    fn notify_current_targets() -> Weight {
        Weight::from_parts(18_759_000, 5973)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(5))
            .saturating_add(T::DbWeight::get().writes(1))
    }
    // Storage: `PolkadotXcm::VersionNotifyTargets` (r:5 w:0)
    // Proof: `PolkadotXcm::VersionNotifyTargets` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn notify_target_migration_fail() -> Weight {
        Weight::from_parts(17_957_000, 13432)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(5))
    }
    // Storage: `PolkadotXcm::VersionNotifyTargets` (r:6 w:2)
    // Proof: `PolkadotXcm::VersionNotifyTargets` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn migrate_version_notify_targets() -> Weight {
        Weight::from_parts(19_990_000, 15873)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(6))
            .saturating_add(T::DbWeight::get().writes(2))
    }
    // Storage: `PolkadotXcm::VersionNotifyTargets` (r:6 w:1)
    // Proof: `PolkadotXcm::VersionNotifyTargets` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::UpwardDeliveryFeeFactor` (r:1 w:0)
    // Proof: `ParachainSystem::UpwardDeliveryFeeFactor` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::SupportedVersion` (r:1 w:0)
    // Proof: `PolkadotXcm::SupportedVersion` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ParachainSystem::HostConfiguration` (r:1 w:0)
    // Proof: `ParachainSystem::HostConfiguration` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    fn migrate_and_notify_old_targets() -> Weight {
        Weight::from_parts(29_345_000, 15873)
            .saturating_add(T::DbWeight::get().reads(9))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(9))
            .saturating_add(T::DbWeight::get().writes(1))
    }
    // Storage: `PolkadotXcm::QueryCounter` (r:1 w:1)
    // Proof: `PolkadotXcm::QueryCounter` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::Queries` (r:0 w:1)
    // Proof: `PolkadotXcm::Queries` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn new_query() -> Weight {
        Weight::from_parts(2_855_000, 1485)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(1))
            .saturating_add(T::DbWeight::get().writes(2))
    }
    // Storage: `PolkadotXcm::Queries` (r:1 w:1)
    // Proof: `PolkadotXcm::Queries` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn take_response() -> Weight {
        Weight::from_parts(27_782_000, 11041)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }
    // Storage: `PolkadotXcm::ShouldRecordXcm` (r:1 w:0)
    // Proof: `PolkadotXcm::ShouldRecordXcm` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
    // Storage: `PolkadotXcm::AssetTraps` (r:1 w:1)
    // Proof: `PolkadotXcm::AssetTraps` (`max_values`: None, `max_size`: None, mode: `Measured`)
    // Storage: `ForeignAssets::AssetOf` (r:8 w:0)
    // Proof: `ForeignAssets::AssetOf` (`max_values`: None, `max_size`: Some(622), added: 3097, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:8 w:8)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `Assets::Account` (r:8 w:8)
    // Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
    // `n` is between 1 and 8.
    fn claim_assets(n: u32) -> Weight {
        Weight::from_parts(27_111_075, 4054)
            .saturating_add(Weight::from_parts(30_570_639, 0).saturating_mul(n.into()))
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(2))
            .saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(n.into())))
            .saturating_add(
                Weight::from_parts(0, ENTRY)
                    .saturating_mul(3)
                    .saturating_mul(n.into()),
            )
            .saturating_add(T::DbWeight::get().writes(1))
            .saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(n.into())))
    }
    // Storage: `Benchmark::Override` (r:0 w:0)
    // Proof: `Benchmark::Override` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn add_authorized_alias() -> Weight {
        Weight::from_parts(18_446_744_073_709_551_000, 0)
    }
    // Storage: `Benchmark::Override` (r:0 w:0)
    // Proof: `Benchmark::Override` (`max_values`: None, `max_size`: None, mode: `Measured`)
    fn remove_authorized_alias() -> Weight {
        Weight::from_parts(18_446_744_073_709_551_000, 0)
    }
    // `n` is between 0 and 8.
    fn weigh_message(n: u32) -> Weight {
        Weight::from_parts(1_249_200, 0)
            .saturating_add(Weight::from_parts(63_004, 0).saturating_mul(n.into()))
    }
    // `n` is between 0 and 8.
    fn decode_xcm(n: u32) -> Weight {
        Weight::from_parts(836_651, 0)
            .saturating_add(Weight::from_parts(81_294, 0).saturating_mul(n.into()))
    }
}
