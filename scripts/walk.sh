#!/usr/bin/env bash
# Walks at random over the composed runtime for longer than the tests do, each time by another way,
# and checks every promise and invariant after each step. A walk that fails says how to repeat it.
# It is built optimised, in the folder of the benchmarks: the first time that takes a while.
#
#   scripts/walk.sh            20 walks of 5,000 steps
#   scripts/walk.sh 1 20000    one of 20,000 steps, which takes longer than four times as long
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$MYAI_ROOT"
export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/benchmarks SKIP_WASM_BUILD=1

walks=${1:-20}
for ((n = 1; n <= walks; n++)); do
    seed=$((RANDOM * 32768 + RANDOM))
    say "walk $n of $walks: MYAI_WALK_SEED=$seed"
    MYAI_WALK_STEPS=${2:-5000} MYAI_WALK_SEED=$seed \
        cargo test --release --locked -p myai-runtime --test walk -- --nocapture
done
