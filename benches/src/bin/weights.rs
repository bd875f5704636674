//! Measures what calls cost on a runtime's Wasm that was built with `runtime-benchmarks`, and
//! writes their weights: the `benchmark pallet` of the SDK with the host functions that our node
//! has. `scripts/benchmark.sh` says how it is run.

use clap::Parser;
use cumulus_primitives_proof_size_hostfunction::storage_proof_size::HostFunctions;
use frame_benchmarking_cli::PalletCmd;
use sp_runtime::traits::BlakeTwo256;

fn main() -> sc_cli::Result<()> {
    PalletCmd::parse().run_with_spec::<BlakeTwo256, HostFunctions>(None)
}
