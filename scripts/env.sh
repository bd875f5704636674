# shellcheck shell=bash disable=SC2034
# Where things are, and how the scripts speak. Sourced by all of them (and by whoever builds by
# hand: `. scripts/env.sh`). CARGO_TARGET_DIR, ORT_DYLIB_PATH, MYAI_CACHE and the like are kept where
# they are set already.

MYAI_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export MYAI_CACHE=${MYAI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/myai}
MYAI_MODELS=$MYAI_CACHE/models
MYAI_PYTHON=$MYAI_CACHE/python/bin/python
ONNXRUNTIME_VERSION=1.31.1
WASM_TARGET=wasm32v1-none
WASM_DETOUR_NAME=myai-wasm

# One target folder for every checkout on the machine: the crates of the registry are compiled
# once.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/myai-target}
# The runtime's build script looks for the workspace around the target folder otherwise.
export WASM_BUILD_WORKSPACE_HINT=${WASM_BUILD_WORKSPACE_HINT:-$MYAI_ROOT}
# A test runtime of the SDK's that only a benchmark of the node's storage would use.
export SKIP_FRAME_STORAGE_ACCESS_TEST_RUNTIME_WASM_BUILD=1
export ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$MYAI_CACHE/onnxruntime/$ONNXRUNTIME_VERSION/libonnxruntime.so}
# The library writes telemetry into the user's cache, and sends it, unless it finds this; Python's
# does, too.
export ORT_DISABLE_TELEMETRY=1
# Set up by lib/wasm-detour.sh where rustup could not fetch the target.
if [ -z "${WASM_BUILD_TOOLCHAIN:-}" ] && [ -x "$MYAI_CACHE/$WASM_DETOUR_NAME/bin/rustc" ]; then
    export WASM_BUILD_TOOLCHAIN=$WASM_DETOUR_NAME
fi

say() {
    printf '%s\n' "$*"
}

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# timed NAME COMMAND…: runs the command, then says how long it took; its exit status is kept.
# print_times lists all that were run so.
MYAI_TIMES=
timed() {
    local name=$1 began=$SECONDS status=0
    shift
    say "== $name"
    "$@" || status=$?
    MYAI_TIMES+=$(printf '%6d s  %s' $((SECONDS - began)) "$name")$'\n'
    say "== $name: $((SECONDS - began)) s"
    return $status
}

print_times() {
    say "Where the time went:"
    printf '%s' "$MYAI_TIMES"
}

# fetch_wheel NAME==VERSION SHA256: downloads the package's wheel for CPython 3.11 on x86-64,
# checks it and prints its path, in a temporary folder of its own.
fetch_wheel() {
    local folder wheel
    folder=$(mktemp -d)
    "$MYAI_PYTHON" -m pip download -q --no-deps --only-binary=:all: --python-version 311 \
        --implementation cp --platform manylinux_2_28_x86_64 -d "$folder" "$1" >&2 ||
        die "$1 cannot be downloaded from the Python package index"
    wheel=$(ls "$folder"/*.whl)
    say "$2  $wheel" | sha256sum --quiet -c - >&2 || die "$1 is not the file that was expected"
    say "$wheel"
}

# Installs what scripts/requirements.txt lists into our Python, once.
python_tools() {
    local list=$MYAI_ROOT/scripts/requirements.txt
    cmp -s "$list" "$MYAI_CACHE/python/installed-requirements.txt" && return
    [ "$("$MYAI_PYTHON" -c 'import sys; print(*sys.version_info[:2], sep=".")')" = 3.11 ] ||
        die "the models are prepared with CPython 3.11 (Debian 12's), and this is another one"
    say "Python packages: installing"
    "$MYAI_PYTHON" -m pip install -q --require-hashes --only-binary=:all: -r "$list"
    cp "$list" "$MYAI_CACHE/python/installed-requirements.txt"
}
