#!/usr/bin/env bash
# Every check and test of the repository. The last line says how many passed and failed; the exit
# status is 0 only when none failed.
#
#   scripts/test.sh          what must hold for every change
#   scripts/test.sh --all    also plays outages and a runtime upgrade under the relay chain, and
#                            compiles the runtime with its benchmarks and its storage checks, which
#                            is a second build of most of the runtime
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$MYAI_ROOT/scripts/lib/node.sh"
. "$MYAI_ROOT/scripts/lib/relay.sh"
cd "$MYAI_ROOT"

passed=0
failed=0

# check NAME COMMAND…: counts as one test.
check() {
    local name=$1
    shift
    if timed "$name" "$@"; then
        passed=$((passed + 1))
    else
        say "FAILED: $name"
        failed=$((failed + 1))
    fi
}

# The sum of the numbers that stand before WORD in cargo's lines about a test program.
sum_of() {
    grep -oE "^test result: .*" "$1" | grep -oE "[0-9]+ $2" | awk '{ n += $1 } END { print n + 0 }'
}

toml_format() {
    RUST_LOG=warn "$MYAI_CACHE/python/bin/taplo" fmt --check
}

# Tests are built in the same command as the programs, so that the features of the crates are the
# same and nothing is compiled twice; the tests that start a node find it beside them.
build() {
    cargo build --locked --workspace --bins --tests --examples --features myai-relay/programs
}

rust_tests() {
    local log=$NODE_FOLDER/rust-tests.log status=0 now
    cargo test --locked --workspace --no-fail-fast 2>&1 | tee "$log" || status=$?
    passed=$((passed + $(sum_of "$log" passed)))
    now=$(sum_of "$log" failed)
    # A test program that crashed has no such line.
    [ $status = 0 ] || [ "$now" != 0 ] || now=1
    failed=$((failed + now))
}

polkadot_js_tests() {
    local log=$NODE_FOLDER/js-tests.log status=0 now
    # Short blocks: a tick of a development chain is one block.
    start_node --dev-block-time 1000
    if ! wait_for_block; then
        failed=$((failed + 1))
        return 1
    fi
    # One file after the other: they sign with the same accounts.
    (cd scripts/js && MYAI_NODE=$NODE_URL node --test --test-concurrency=1 --test-reporter=tap \
        test/*.test.js) 2>&1 |
        tee "$log" || status=$?
    now=$(sed -n 's/^# pass //p' "$log")
    passed=$((passed + ${now:-0}))
    now=$(sed -n 's/^# \(fail\|cancelled\) //p' "$log" | awk '{ n += $1 } END { print n + 0 }')
    [ $status = 0 ] || [ "$now" != 0 ] || now=1
    failed=$((failed + now))
    if [ $status != 0 ]; then
        say "the end of the node's log:"
        tail -n 40 "$NODE_LOG"
    fi
}

# relay_tests [--all]: on a real relay chain.
relay_tests() {
    local log=$NODE_FOLDER/relay-tests.log status=0 now
    if [ "${1:-}" = --all ]; then
        MYAI_NEXT_RUNTIME=$(zombienet/runtime.sh next) || say "there is no next runtime" >&2
        export MYAI_NEXT_RUNTIME
    fi
    in_group 5400 cargo test --locked --manifest-path "$RELAY_MANIFEST" --test relay -- "$@" \
        >"$log" 2>&1 || status=$?
    cat "$log"
    passed=$((passed + $(sum_of "$log" passed)))
    now=$(sum_of "$log" failed)
    [ $status = 0 ] || [ "$now" != 0 ] || now=1
    failed=$((failed + now))
}

clippy() {
    cargo clippy --locked --workspace --all-targets -- -D warnings
}

relay_clippy() {
    cargo clippy --locked --manifest-path "$RELAY_MANIFEST" --all-targets -- -D warnings
}

format() {
    cargo fmt --all --check && cargo fmt --manifest-path "$RELAY_MANIFEST" --check
}

# The runtime as a release has it, with the hash of its metadata, and a wallet's reckoning of that.
metadata_hash() {
    local wasm=$CARGO_TARGET_DIR/debug/wbuild/myai-runtime/myai_runtime.wasm spec=$NODE_FOLDER/hashed.json
    # With the features of all, so that little is compiled again.
    cargo build --locked --workspace --features myai-relay/programs,myai-node/metadata-hash || return
    "$CARGO_TARGET_DIR/debug/myai-node" chain-spec-builder --chain-spec-path "$spec" create \
        --runtime "$wasm" --para-id 2000 --relay-chain rococo-local \
        named-preset development || return
    start_node --chain "$spec" --dev-block-time 1000
    wait_for_block &&
        (cd scripts/js && MYAI_NODE=$NODE_URL MYAI_METADATA_HASH=1 node --test \
            test/metadata-hash.test.js)
}

runtime_features() {
    CARGO_TARGET_DIR=$CARGO_TARGET_DIR/features SKIP_WASM_BUILD=1 cargo check --locked \
        -p myai-runtime --features runtime-benchmarks,try-runtime
}

if [ ! -d "$CARGO_TARGET_DIR/debug" ]; then
    say "Nothing is built yet: on two cores the first run takes about 40 minutes."
fi
timed "setup" scripts/setup.sh
check "what is taken for libclang" scripts/tests/libclang.sh
check "Rust format" format
check "models" scripts/models/prepare.sh
check "TOML format" toml_format
check "build" build
if [ -x "$CARGO_TARGET_DIR/debug/myai-node" ]; then
    timed "Rust tests" rust_tests || true
    timed "polkadot.js tests" polkadot_js_tests || true
else
    say "FAILED: there is no node to test"
    failed=$((failed + 1))
fi
check "build of a network under a relay chain" build_relay
if [ -n "${MYAI_RELAY_RUNTIME:-}" ]; then
    timed "tests under a relay chain" relay_tests "$@" || true
fi
check "clippy" clippy
if [ "${1:-}" = --all ]; then
    check "clippy of the network's tests" relay_clippy
    check "runtime-benchmarks and try-runtime" runtime_features
    check "metadata's hash" metadata_hash
fi

print_times
say "$passed passed, $failed failed"
[ "$failed" = 0 ]
