#!/usr/bin/env bash
# Prints the path of our runtime with one thing changed, as Wasm. Built as the runtime's build script
# builds it, in the same folder: only the runtime's crate is compiled again.
#
#   zombienet/runtime.sh next     its spec version is higher by one
#   zombienet/runtime.sh cores N  it makes as many blocks for each of the relay chain's
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/env.sh"

case ${1:-} in
    next) ;;
    cores) [[ ${2:-} =~ ^[0-9]+$ ]] || die "how many cores? zombienet/runtime.sh cores 3" ;;
    *) die "say what is to change: zombienet/runtime.sh next, or cores N" ;;
esac

built=$CARGO_TARGET_DIR/debug/wbuild/myai-runtime
[ -d "$built/target" ] || die "the runtime is not built: cargo build -p myai-runtime"
next=$CARGO_TARGET_DIR/runtime-$1
rm -rf "$next"
mkdir -p "$next/blob/src"

# A workspace of the runtime alone; all else is taken from where it is.
cp -r "$MYAI_ROOT/runtime" "$next/"
sed "s#path = \"#path = \"$MYAI_ROOT/#; /^members = \[/,/^\]/c members = [\"runtime\"]" \
    "$MYAI_ROOT/Cargo.toml" >"$next/Cargo.toml"
case $1 in
    next)
        version=$(sed -n 's/^ *spec_version: \([0-9]*\),$/\1/p' "$next/runtime/src/lib.rs")
        sed -i "s/^\( *spec_version: \)$version,$/\1$((version + 1)),/" "$next/runtime/src/lib.rs"
        ;;
    cores)
        sed -i "s/^\(pub const BLOCKS_A_RELAY_BLOCK: u32 = \).*;$/\1$2;/" \
            "$next/runtime/src/configs/collation.rs"
        ;;
esac

sed "s#^path = .*#path = \"$next/runtime\"#" "$built/Cargo.toml" >"$next/blob/Cargo.toml"
cp "$built/Cargo.lock" "$next/blob/"
cp -r "$built/src" "$next/blob/"
flags="-C link-arg=--export-table -C link-arg=--export=__heap_base -C link-arg=--import-memory"
toolchain=(env)
[ -z "${WASM_BUILD_TOOLCHAIN:-}" ] || toolchain=(rustup run "$WASM_BUILD_TOOLCHAIN")
CARGO_TARGET_DIR=$built/target SKIP_WASM_BUILD= RUSTFLAGS="$flags --cfg substrate_runtime" \
    "${toolchain[@]}" cargo rustc --manifest-path "$next/blob/Cargo.toml" \
    --target "$WASM_TARGET" --profile release >&2
# The next build of the runtime itself writes there again.
cp "$built/target/$WASM_TARGET/release/myai_runtime.wasm" "$next/myai_runtime.wasm"
say "$next/myai_runtime.wasm"
