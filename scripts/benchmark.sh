#!/usr/bin/env bash
# Measures what the calls of our pallets cost and writes runtime/src/weights/. Builds the runtime's
# Wasm with its benchmarks in a folder of its own (the first time a quarter of an hour on two
# cores), and the program that runs it with everything else.
#
#   scripts/benchmark.sh                        all four pallets
#   scripts/benchmark.sh pallet_reward_split    only these
#   STEPS=2 REPEAT=1 scripts/benchmark.sh       quick: whether all of them run
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$MYAI_ROOT"

# Another set of features than everything else is built with.
BENCHMARK_TARGET=$CARGO_TARGET_DIR/benchmarks
WASM=$BENCHMARK_TARGET/$WASM_TARGET/release/myai_runtime.wasm

pallets=("$@")
if [ ${#pallets[@]} = 0 ]; then
    pallets=(
        pallet_reward_split pallet_model_registry pallet_data_license pallet_inference_escrow
    )
fi

# As substrate-wasm-builder does it, without the native crate that is of no use here.
runtime() {
    local link=(--export-table --export=__heap_base --import-memory)
    CARGO_TARGET_DIR=$BENCHMARK_TARGET \
        CARGO_PROFILE_RELEASE_LTO=thin CARGO_PROFILE_RELEASE_PANIC=abort \
        RUSTFLAGS="--cfg substrate_runtime ${link[*]/#/-C link-arg=}" \
        RUSTUP_TOOLCHAIN=${WASM_BUILD_TOOLCHAIN:-${RUSTUP_TOOLCHAIN:-}} \
        cargo rustc --locked -p myai-runtime --lib --crate-type cdylib --release \
        --target "$WASM_TARGET" --no-default-features --features runtime-benchmarks
}

# Of the whole workspace, so that the features of its crates are those of every other build.
program() {
    cargo build --locked --workspace --bin weights
}

measure() {
    "$CARGO_TARGET_DIR/debug/weights" \
        --runtime "$WASM" --pallet "$1" --extrinsic '*' \
        --steps "${STEPS:-20}" --repeat "${REPEAT:-5}" \
        --template scripts/lib/weights.hbs --output runtime/src/weights/
}

timed "runtime with benchmarks" runtime
timed "program" program
for pallet in "${pallets[@]}"; do
    timed "$pallet" measure "$pallet"
done
cargo fmt -p myai-runtime
print_times
git --no-pager diff --stat -- runtime/src/weights
