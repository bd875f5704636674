#!/usr/bin/env bash
# Prepares a machine to build, test and run: Debian 12 (or a near relative) on x86-64, with Rust
# by rustup. May be run as often as one likes; what is there already is left alone.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$MYAI_ROOT/scripts/lib/libclang.sh"
. "$MYAI_ROOT/scripts/lib/wasm-detour.sh"

# The wheel that holds ONNX Runtime's library, for CPython 3.11 and manylinux_2_28 on x86-64.
ONNXRUNTIME_WHEEL_SHA256=5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        return 1
    fi
}

# Where clang, protoc and the like are there already, however they came, nothing is installed.
system_packages() {
    local missing=()
    local tool
    for tool in cc c++ make perl; do
        command -v $tool >/dev/null || { missing+=(build-essential) && break; }
    done
    command -v clang >/dev/null || missing+=(clang)
    if ! has_libclang; then
        # The build would look nowhere else, so a package would not help.
        [ -z "${LIBCLANG_PATH+set}" ] ||
            die "there is no libclang.so at LIBCLANG_PATH, '$LIBCLANG_PATH': correct or unset it"
        missing+=(libclang-dev)
    fi
    command -v ld.lld >/dev/null || missing+=(lld)
    command -v protoc >/dev/null || missing+=(protobuf-compiler)
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    [ -e /usr/include/openssl/ssl.h ] || missing+=(libssl-dev)
    command -v cmake >/dev/null || missing+=(cmake)
    command -v git >/dev/null || missing+=(git)
    command -v curl >/dev/null || missing+=(curl ca-certificates)
    command -v unzip >/dev/null || missing+=(unzip)
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
        missing+=(python3 python3-venv)
    fi
    if [ ${#missing[@]} = 0 ]; then
        say "system packages: all there"
        return
    fi
    say "system packages: installing ${missing[*]}"
    command -v apt-get >/dev/null ||
        die "no apt-get here; install these yourself: ${missing[*]}"
    as_root true || die "neither root nor sudo; have these installed: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Another processor than this one, for the test that whole numbers are the same on both. The test says
# that it is skipped where there is none.
emulator() {
    if ! command -v qemu-x86_64 >/dev/null && command -v apt-get >/dev/null; then
        as_root apt-get update -qq &&
            as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -qq --no-install-recommends qemu-user >/dev/null || true
    fi
    if command -v qemu-x86_64 >/dev/null; then
        say "emulator: there"
    else
        say "emulator: none (qemu-user), so one test will be skipped"
    fi
}

node_version() {
    local major
    major=$(node -p 'process.versions.node.split(".")[0]')
    [ "$major" -ge 18 ] || die "Node.js $(node --version) is too old; 18 or newer is needed"
    say "Node.js: $(node --version)"
}

wasm_target_works() {
    if [ -n "${WASM_BUILD_TOOLCHAIN:-}" ]; then
        rustup run "$WASM_BUILD_TOOLCHAIN" rustc --version >/dev/null 2>&1
    else
        ls "$(rustc --print sysroot)/lib/rustlib/$WASM_TARGET/lib/"libcore-*.rlib >/dev/null 2>&1
    fi
}

rust() {
    command -v cargo >/dev/null || command -v rustup >/dev/null ||
        die "no Rust here: install rustup (https://rustup.rs), then run this again"
    # In the checkout rustup reads rust-toolchain.toml, and fetches what it names.
    cd "$MYAI_ROOT"
    if ! rustc --version >/dev/null 2>&1; then
        rustup toolchain install ||
            die "rustup cannot fetch what rust-toolchain.toml names; RUSTUP_TOOLCHAIN may name another"
    fi
    say "Rust: $(rustc --version)"
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
    if wasm_target_works; then
        say "Wasm target: there already"
    elif command -v rustup >/dev/null && rustup target add "$WASM_TARGET"; then
        say "Wasm target: added"
    else
        wasm_detour
    fi
}

# pip of an environment of our own: Debian's python3 has none of its own to give.
python_environment() {
    [ -x "$MYAI_PYTHON" ] || python3 -m venv "$MYAI_CACHE/python"
    say "Python: $("$MYAI_PYTHON" --version)"
}

onnxruntime() {
    if [ -e "$ORT_DYLIB_PATH" ]; then
        say "ONNX Runtime: there already, $ORT_DYLIB_PATH"
        return
    fi
    [ "$(uname -m)" = x86_64 ] ||
        die "set ORT_DYLIB_PATH to a libonnxruntime.so $ONNXRUNTIME_VERSION for $(uname -m)"
    say "ONNX Runtime: fetching $ONNXRUNTIME_VERSION"
    local wheel
    wheel=$(fetch_wheel "onnxruntime==$ONNXRUNTIME_VERSION" "$ONNXRUNTIME_WHEEL_SHA256")
    mkdir -p "$(dirname "$ORT_DYLIB_PATH")"
    # Under its name only when it is whole.
    unzip -p "$wheel" "onnxruntime/capi/libonnxruntime.so.$ONNXRUNTIME_VERSION" \
        >"$ORT_DYLIB_PATH.part"
    mv "$ORT_DYLIB_PATH.part" "$ORT_DYLIB_PATH"
    rm -r "$(dirname "$wheel")"
}

javascript() {
    local js=$MYAI_ROOT/scripts/js
    if cmp -s "$js/package-lock.json" "$js/node_modules/.installed-lock.json"; then
        say "polkadot.js: there already"
        return
    fi
    say "polkadot.js: installing"
    (cd "$js" && npm ci --no-audit --no-fund --loglevel=error)
    cp "$js/package-lock.json" "$js/node_modules/.installed-lock.json"
}

system_packages
emulator
node_version
rust
python_environment
onnxruntime
javascript
