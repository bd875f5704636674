//! Generated weights of our pallets (`scripts/benchmark.sh`).

pub mod pallet_data_license;
pub mod pallet_foreign_assets;
pub mod pallet_inference_escrow;
pub mod pallet_model_registry;
pub mod pallet_reward_split;
pub mod pallet_xcm;
pub mod xcm;

/// Bytes of proof of an entry that is read: five full layers of a trie, enough for a million
/// entries, and a short value. What the SDK reckons is the proof of the dearest map alone; the
/// generated files add it to this, for its longer values.
pub const ENTRY: u64 = 5 * 15 * 33 + 350;
