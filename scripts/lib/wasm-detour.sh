# shellcheck shell=bash disable=SC2034
# The Wasm target for machines whose rustup can fetch nothing: a second compiler out of Debian's
# archive, with which core and alloc are built for the target once. Sourced by setup.sh, and only
# used where `rustup target add` fails. Nothing is installed into the system.
#
# Debian 12's security archive has rustc-web (a newer compiler than bookworm's own) and its
# library's source, but no Wasm library. The packages are unpacked into the cache folder; rustup's
# cargo builds the library; rustup's rust-lld links. The result is linked into rustup under
# $WASM_DETOUR_NAME, which env.sh hands to wasm-builder as WASM_BUILD_TOOLCHAIN.

wasm_detour() {
    local root=$MYAI_CACHE/$WASM_DETOUR_NAME
    local debian=$root/debian host rust_sysroot names
    host=$(rustc -vV | sed -n 's/^host: //p')
    rust_sysroot=$(rustc --print sysroot)

    say "Wasm target: taking Debian's compiler apart into $root (about 900 MB)"
    rm -rf "$root"
    mkdir -p "$root/packages" "$root/bin" "$debian"
    as_root apt-get update -qq || true
    # The compiler, the two parts of its own library, LLVM, and the library's source; the names of
    # some carry a version.
    names=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
        --no-replaces --no-enhances rustc-web rust-web-src |
        grep -oE '^(rustc-web|rust-web-src|libstd-rust-web-[0-9a-z.]+|libllvm[0-9]+)$' | sort -u)
    # shellcheck disable=SC2086 # one word a package
    (cd "$root/packages" && apt-get -qq download $names 2>/dev/null) ||
        die "Debian's archive does not give rustc-web: the Wasm target cannot be had"
    for package in "$root"/packages/*.deb; do
        dpkg-deb -x "$package" "$debian"
    done
    rm -r "$root/packages"

    # The compiler finds its libraries beside itself, not in the system.
    cat >"$root/bin/rustc" <<EOF
#!/bin/sh
LD_LIBRARY_PATH="$debian/usr/lib/$(uname -m)-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}" exec "$debian/usr/bin/rustc" "\$@"
EOF
    chmod +x "$root/bin/rustc"
    ln -s "$rust_sysroot/bin/cargo" "$root/bin/cargo"
    ln -s "$debian/usr/lib" "$root/lib"
    mkdir -p "$debian/usr/lib/rustlib/$host/bin"
    ln -sf "$rust_sysroot/lib/rustlib/$host/bin/rust-lld" "$debian/usr/lib/rustlib/$host/bin/"

    say "Wasm target: building core and alloc for $WASM_TARGET (half a minute)"
    local empty=$root/empty into=$debian/usr/lib/rustlib/$WASM_TARGET/lib
    mkdir -p "$empty/src" "$into"
    printf '[package]\nname = "empty"\nedition = "2021"\n[workspace]\n' >"$empty/Cargo.toml"
    printf '#![no_std]\n' >"$empty/src/lib.rs"
    (cd "$empty" && env -u CARGO_TARGET_DIR RUSTC_BOOTSTRAP=1 RUSTC="$root/bin/rustc" \
        "$root/bin/cargo" -q build --release --target "$WASM_TARGET" \
        -Zbuild-std=core,alloc,compiler_builtins) ||
        die "core and alloc do not build for $WASM_TARGET"
    cp "$empty/target/$WASM_TARGET"/release/deps/lib{core,alloc,compiler_builtins}-*.rlib "$into"
    rm -r "$empty"

    rustup toolchain link "$WASM_DETOUR_NAME" "$root"
}
