//! Weights of `pallet_reward_split`, as scripts/benchmark.sh measured them with 20 steps of
//! 10 repetitions on AMD EPYC. Not written by hand.

use super::ENTRY;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_reward_split::WeightInfo for WeightInfo<T> {
    // Storage: `RewardSplit::Splits` (r:16 w:1)
    // Proof: `RewardSplit::Splits` (`max_values`: None, `max_size`: Some(659), added: 3134, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::NextSplit` (r:1 w:1)
    // Proof: `RewardSplit::NextSplit` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `System::Account` (r:1 w:1)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    // Storage: `Balances::Holds` (r:1 w:1)
    // Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(283), added: 2758, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::References` (r:16 w:16)
    // Proof: `RewardSplit::References` (`max_values`: None, `max_size`: Some(24), added: 2499, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::SplitsOf` (r:0 w:16)
    // Proof: `RewardSplit::SplitsOf` (`max_values`: None, `max_size`: Some(53), added: 2528, mode: `MaxEncodedLen`)
    // `s` is between 1 and 16.
    fn create_split(s: u32) -> Weight {
        Weight::from_parts(50_687_848, 3748)
            .saturating_add(Weight::from_parts(6_646_183, 0).saturating_mul(s.into()))
            .saturating_add(T::DbWeight::get().reads(3))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(3))
            .saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(s.into())))
            .saturating_add(
                Weight::from_parts(0, ENTRY)
                    .saturating_mul(2)
                    .saturating_mul(s.into()),
            )
            .saturating_add(T::DbWeight::get().writes(4))
            .saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(s.into())))
    }
    // Storage: `RewardSplit::Splits` (r:1 w:0)
    // Proof: `RewardSplit::Splits` (`max_values`: None, `max_size`: Some(659), added: 3134, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::Paid` (r:1 w:1)
    // Proof: `RewardSplit::Paid` (`max_values`: None, `max_size`: Some(282), added: 2757, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::Received` (r:1 w:0)
    // Proof: `RewardSplit::Received` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `MaxEncodedLen`)
    // Storage: `ModelRegistry::Models` (r:1 w:0)
    // Proof: `ModelRegistry::Models` (`max_values`: None, `max_size`: Some(1265), added: 3740, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::Holds` (r:1 w:1)
    // Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(303), added: 2778, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
    // Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:1 w:1)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `Assets::Account` (r:1 w:1)
    // Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
    // Storage: `System::Account` (r:1 w:1)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    fn claim() -> Weight {
        Weight::from_parts(71_938_000, 4730)
            .saturating_add(T::DbWeight::get().reads(11))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(11))
            .saturating_add(T::DbWeight::get().writes(6))
    }
    // Storage: `RewardSplit::Splits` (r:16 w:0)
    // Proof: `RewardSplit::Splits` (`max_values`: None, `max_size`: Some(659), added: 3134, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::Paid` (r:16 w:16)
    // Proof: `RewardSplit::Paid` (`max_values`: None, `max_size`: Some(282), added: 2757, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::Received` (r:16 w:0)
    // Proof: `RewardSplit::Received` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `MaxEncodedLen`)
    // Storage: `ModelRegistry::Models` (r:16 w:0)
    // Proof: `ModelRegistry::Models` (`max_values`: None, `max_size`: Some(1265), added: 3740, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::Holds` (r:16 w:16)
    // Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(303), added: 2778, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::BalancesOnHold` (r:16 w:16)
    // Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:16 w:16)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `Assets::Account` (r:16 w:16)
    // Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
    // Storage: `System::Account` (r:16 w:16)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    // `n` is between 1 and 16.
    fn claim_many(n: u32) -> Weight {
        Weight::from_parts(14_207_347, 990)
            .saturating_add(Weight::from_parts(63_358_822, 0).saturating_mul(n.into()))
            .saturating_add(T::DbWeight::get().reads((11_u64).saturating_mul(n.into())))
            .saturating_add(
                Weight::from_parts(0, ENTRY)
                    .saturating_mul(11)
                    .saturating_mul(n.into()),
            )
            .saturating_add(T::DbWeight::get().writes((6_u64).saturating_mul(n.into())))
    }
    // Storage: `RewardSplit::Splits` (r:1 w:1)
    // Proof: `RewardSplit::Splits` (`max_values`: None, `max_size`: Some(659), added: 3134, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::References` (r:17 w:16)
    // Proof: `RewardSplit::References` (`max_values`: None, `max_size`: Some(24), added: 2499, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::NetworkSplit` (r:1 w:0)
    // Proof: `RewardSplit::NetworkSplit` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::Received` (r:65 w:64)
    // Proof: `RewardSplit::Received` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::Paid` (r:32 w:32)
    // Proof: `RewardSplit::Paid` (`max_values`: None, `max_size`: Some(282), added: 2757, mode: `MaxEncodedLen`)
    // Storage: `System::Account` (r:1 w:1)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    // Storage: `Balances::Holds` (r:1 w:1)
    // Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(283), added: 2758, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::SplitsOf` (r:0 w:16)
    // Proof: `RewardSplit::SplitsOf` (`max_values`: None, `max_size`: Some(53), added: 2528, mode: `MaxEncodedLen`)
    // `s` is between 1 and 16.
    // `a` is between 0 and 32.
    fn remove_split(s: u32, a: u32) -> Weight {
        Weight::from_parts(124_717_000, 4124)
            .saturating_add(Weight::from_parts(2_980_482, 0).saturating_mul(s.into()))
            .saturating_add(Weight::from_parts(11_725_288, 0).saturating_mul(a.into()))
            .saturating_add(T::DbWeight::get().reads(22))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(22))
            .saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(a.into())))
            .saturating_add(
                Weight::from_parts(0, ENTRY)
                    .saturating_mul(3)
                    .saturating_mul(a.into()),
            )
            .saturating_add(T::DbWeight::get().writes(35))
            .saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(s.into())))
            .saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(a.into())))
    }
    // Storage: `RewardSplit::NetworkSplit` (r:1 w:1)
    // Proof: `RewardSplit::NetworkSplit` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::NextSplit` (r:1 w:1)
    // Proof: `RewardSplit::NextSplit` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::Splits` (r:0 w:1)
    // Proof: `RewardSplit::Splits` (`max_values`: None, `max_size`: Some(659), added: 3134, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::SplitsOf` (r:0 w:16)
    // Proof: `RewardSplit::SplitsOf` (`max_values`: None, `max_size`: Some(53), added: 2528, mode: `MaxEncodedLen`)
    // `s` is between 1 and 16.
    fn set_network_shares(s: u32) -> Weight {
        Weight::from_parts(9_714_208, 1489)
            .saturating_add(Weight::from_parts(1_719_711, 0).saturating_mul(s.into()))
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(2))
            .saturating_add(T::DbWeight::get().writes(3))
            .saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(s.into())))
    }
    // Storage: `RewardSplit::Debts` (r:1 w:1)
    // Proof: `RewardSplit::Debts` (`max_values`: None, `max_size`: Some(120), added: 2595, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::Holds` (r:2 w:2)
    // Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(303), added: 2778, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::BalancesOnHold` (r:2 w:2)
    // Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:1 w:1)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `Assets::Account` (r:1 w:1)
    // Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::Received` (r:1 w:1)
    // Proof: `RewardSplit::Received` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::DebtTotals` (r:1 w:1)
    // Proof: `RewardSplit::DebtTotals` (`max_values`: None, `max_size`: Some(87), added: 2562, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::References` (r:1 w:1)
    // Proof: `RewardSplit::References` (`max_values`: None, `max_size`: Some(24), added: 2499, mode: `MaxEncodedLen`)
    fn pay_out() -> Weight {
        Weight::from_parts(111_528_000, 6546)
            .saturating_add(T::DbWeight::get().reads(10))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(10))
            .saturating_add(T::DbWeight::get().writes(10))
    }
    // Storage: `Assets::Asset` (r:1 w:1)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::AcceptedAssets` (r:1 w:1)
    // Proof: `RewardSplit::AcceptedAssets` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::CounterForAcceptedAssets` (r:1 w:1)
    // Proof: `RewardSplit::CounterForAcceptedAssets` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `System::Account` (r:1 w:1)
    // Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::Holds` (r:1 w:1)
    // Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(303), added: 2778, mode: `MaxEncodedLen`)
    // Storage: `Assets::Account` (r:2 w:2)
    // Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::BalancesOnHold` (r:2 w:1)
    // Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
    fn accept_asset() -> Weight {
        Weight::from_parts(117_166_000, 6208)
            .saturating_add(T::DbWeight::get().reads(9))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(9))
            .saturating_add(T::DbWeight::get().writes(8))
    }
    // Storage: `RewardSplit::AcceptedAssets` (r:1 w:1)
    // Proof: `RewardSplit::AcceptedAssets` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::CounterForAcceptedAssets` (r:1 w:1)
    // Proof: `RewardSplit::CounterForAcceptedAssets` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:1 w:1)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `Assets::Account` (r:1 w:1)
    // Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::Holds` (r:1 w:1)
    // Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(303), added: 2778, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
    // Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
    fn drop_asset() -> Weight {
        Weight::from_parts(51_468_000, 3768)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(6))
            .saturating_add(T::DbWeight::get().writes(6))
    }
    // Storage: `RewardSplit::AcceptedAssets` (r:1 w:0)
    // Proof: `RewardSplit::AcceptedAssets` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:1 w:1)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `Assets::Account` (r:1 w:1)
    // Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
    // Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
    // Storage: `AssetsHolder::Holds` (r:1 w:1)
    // Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(303), added: 2778, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::NetworkSplit` (r:1 w:0)
    // Proof: `RewardSplit::NetworkSplit` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `RewardSplit::Received` (r:1 w:1)
    // Proof: `RewardSplit::Received` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `MaxEncodedLen`)
    fn sweep_surplus() -> Weight {
        Weight::from_parts(69_965_000, 3768)
            .saturating_add(T::DbWeight::get().reads(7))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(7))
            .saturating_add(T::DbWeight::get().writes(5))
    }
    // The five below were not measured yet: what they touch was counted, and their time is that of calls
    // that touch as much.
    fn pay_out_cut() -> Weight {
        Weight::from_parts(130_000_000, 6546)
            .saturating_add(T::DbWeight::get().reads(14))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(14))
            .saturating_add(T::DbWeight::get().writes(12))
    }
    fn claim_issuance() -> Weight {
        Weight::from_parts(90_000_000, 6546)
            .saturating_add(T::DbWeight::get().reads(9))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(9))
            .saturating_add(T::DbWeight::get().writes(7))
    }
    fn pay_author() -> Weight {
        Weight::from_parts(60_000_000, 4730)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(4))
            .saturating_add(T::DbWeight::get().writes(4))
    }
    fn forget_credit() -> Weight {
        Weight::from_parts(10_000_000, 3000)
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(2))
            .saturating_add(T::DbWeight::get().writes(1))
    }
    fn on_finalize() -> Weight {
        Weight::from_parts(150_000_000, 8000)
            .saturating_add(T::DbWeight::get().reads(13))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(13))
            .saturating_add(T::DbWeight::get().writes(11))
    }
}
