//! Generated weights of our pallets (`scripts/benchmark.sh`).

pub mod pallet_data_license;
pub mod pallet_inference_escrow;
pub mod pallet_model_registry;
pub mod pallet_reward_split;
