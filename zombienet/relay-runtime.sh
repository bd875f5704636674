#!/usr/bin/env bash
# Prints the path of a relay chain's runtime (Westend's, with epochs of two minutes), as Wasm. Built
# once for a machine, which takes 8 minutes; the file is kept under the hash of what it is built of.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/env.sh"
cd "$MYAI_ROOT/zombienet/relay-runtime"

sources=$(cat Cargo.toml Cargo.lock src/lib.rs "$MYAI_ROOT/rust-toolchain.toml" | sha256sum)
wasm=$MYAI_CACHE/relay-runtime/${sources:0:16}.wasm
if [ ! -e "$wasm" ]; then
    say "relay chain's runtime: building, about 8 minutes" >&2
    # In a folder of its own (1.3 GB) that goes afterwards: nothing else is built with these flags.
    target=$CARGO_TARGET_DIR/relay-runtime
    toolchain=(env)
    [ -z "${WASM_BUILD_TOOLCHAIN:-}" ] || toolchain=(rustup run "$WASM_BUILD_TOOLCHAIN")
    CARGO_TARGET_DIR=$target SKIP_WASM_BUILD=1 \
        RUSTFLAGS="-C link-arg=--export-table --cfg substrate_runtime" \
        "${toolchain[@]}" cargo build --locked --release --target "$WASM_TARGET" >&2
    mkdir -p "$(dirname "$wasm")"
    # Under its name only when it is whole.
    cp "$target/$WASM_TARGET/release/myai_relay_runtime.wasm" "$wasm.part"
    mv "$wasm.part" "$wasm"
    rm -r "$target"
fi
say "$wasm"
