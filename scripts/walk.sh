#!/usr/bin/env bash
# Walks at random over the composed runtime for longer than the tests do, each time by another way,
# and checks every invariant after each step. A walk that fails says how to repeat it.
#
#   scripts/walk.sh            10 walks of 20,000 steps
#   scripts/walk.sh 3 5000     3 walks of 5,000 steps
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$MYAI_ROOT"

walks=${1:-10}
for ((n = 1; n <= walks; n++)); do
    seed=$((RANDOM * 32768 + RANDOM))
    say "walk $n of $walks: MYAI_WALK_SEED=$seed"
    MYAI_WALK_STEPS=${2:-20000} MYAI_WALK_SEED=$seed \
        cargo test --locked -p myai-runtime --test walk -- --nocapture
done
