#!/usr/bin/env bash
# Measures what the calls of our pallets and the instructions of messages cost and writes
# runtime/src/weights/. What it needs is built optimised in a folder of its own, the first time for
# most of an hour on two cores: the runtime's Wasm with its benchmarks, and the program that runs it.
# Measure on a machine that does nothing else.
#
#   scripts/benchmark.sh                        all of them
#   scripts/benchmark.sh pallet_reward_split    only these
#   STEPS=6 REPEAT=1 scripts/benchmark.sh       quick: whether all of them run
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$MYAI_ROOT"

export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/benchmarks
WASM=$CARGO_TARGET_DIR/$WASM_TARGET/release/myai_runtime.wasm

pallets=("$@")
if [ ${#pallets[@]} = 0 ]; then
    pallets=(
        pallet_reward_split pallet_model_registry pallet_data_license pallet_inference_escrow
        pallet_foreign_assets pallet_xcm
        pallet_xcm_benchmarks::fungible pallet_xcm_benchmarks::generic
    )
fi

# As substrate-wasm-builder does it, without the native crate that is of no use here.
runtime() {
    local link=(--export-table --export=__heap_base --import-memory)
    CARGO_PROFILE_RELEASE_LTO=thin CARGO_PROFILE_RELEASE_PANIC=abort \
        RUSTFLAGS="--cfg substrate_runtime ${link[*]/#/-C link-arg=}" \
        RUSTUP_TOOLCHAIN=${WASM_BUILD_TOOLCHAIN:-${RUSTUP_TOOLCHAIN:-}} \
        cargo rustc --locked -p myai-runtime --lib --crate-type cdylib --release \
        --target "$WASM_TARGET" --no-default-features --features runtime-benchmarks
}

# Optimised, because the time that the host takes for storage counts.
program() {
    cargo build --locked --release -p myai-benches --bin weights
}

measure() {
    local template=weights output=runtime/src/weights/ most=()
    # As many assets as the holding of a message takes: MaxAssetsIntoHolding.
    [ "$1" != pallet_xcm ] || most=(--high 8)
    if [[ $1 = pallet_xcm_benchmarks::* ]]; then
        template=xcm-weights output=runtime/src/weights/xcm/
    fi
    "$CARGO_TARGET_DIR/release/weights" \
        --runtime "$WASM" --pallet "$1" --extrinsic '*' \
        --steps "${STEPS:-20}" --repeat "${REPEAT:-10}" --min-duration 2 --quiet "${most[@]}" \
        --template scripts/lib/$template.hbs --output $output
}

timed "setup" scripts/setup.sh
timed "runtime with benchmarks" runtime
timed "program" program
for pallet in "${pallets[@]}"; do
    timed "$pallet" measure "$pallet"
done
cargo fmt -p myai-runtime
print_times
git --no-pager diff --stat -- runtime/src/weights
