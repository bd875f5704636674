#!/usr/bin/env bash
# Measures what the calls of our pallets cost and writes runtime/src/weights/. The first run builds
# the runtime with its benchmarks and installs frame-omni-bencher: about an hour on two cores.
#
#   scripts/benchmark.sh                        all four pallets
#   scripts/benchmark.sh pallet_reward_split    only these
#   STEPS=20 REPEAT=5 scripts/benchmark.sh      quicker, less exact
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$MYAI_ROOT"

BENCHER_VERSION=0.28.0
# Another set of features than everything else is built with: a folder of its own.
export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/benchmarks

pallets=("$@")
if [ ${#pallets[@]} = 0 ]; then
    pallets=(
        pallet_reward_split pallet_model_registry pallet_data_license pallet_inference_escrow
    )
fi

# Does nothing where this version is there already.
bencher() {
    cargo install --locked "frame-omni-bencher@$BENCHER_VERSION"
}

runtime() {
    cargo build --locked -p myai-runtime --features runtime-benchmarks
}

measure() {
    local wasm=$CARGO_TARGET_DIR/debug/wbuild/myai-runtime/myai_runtime.compact.compressed.wasm
    frame-omni-bencher v1 benchmark pallet \
        --runtime "$wasm" --pallet "$1" --extrinsic '*' \
        --steps "${STEPS:-50}" --repeat "${REPEAT:-20}" \
        --template scripts/lib/weights.hbs --output runtime/src/weights/
}

timed "setup" scripts/setup.sh
timed "frame-omni-bencher" bencher
timed "runtime with benchmarks" runtime
for pallet in "${pallets[@]}"; do
    timed "$pallet" measure "$pallet"
done
cargo fmt -p myai-runtime
print_times
git --no-pager diff --stat -- runtime/src/weights
