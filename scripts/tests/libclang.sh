#!/usr/bin/env bash
# What setup takes for libclang is what the build takes for it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/libclang.sh"
unset LIBCLANG_PATH LD_LIBRARY_PATH LIBRARY_PATH
# An llvm-config of this machine says nothing about a folder made here.
export LLVM_CONFIG_PATH=/nonexistent

root=$(mktemp -d)
trap 'rm -r "$root"' EXIT
llvm=$root/usr/lib/llvm-14/lib
mkdir -p "$llvm" "$root/usr/lib/x86_64-linux-gnu"

expect() {
    local wanted=$1 what=$2 found=no
    if has_libclang "$root"; then found=yes; fi
    if [ $found != "$wanted" ]; then
        printf 'error: %s: found %s, expected %s\n' "$what" $found "$wanted" >&2
        exit 1
    fi
}

expect no "an empty machine"
touch "$llvm/libclang-14.so.1" "$llvm/libclang-cpp.so.14"
touch "$root/usr/lib/x86_64-linux-gnu/libclang-14.so.13"
expect no "clang without libclang-dev"
touch "$llvm/libclang.so"
expect yes "libclang-dev"
mv "$llvm/libclang.so" "$llvm/libclang-14.so"
expect yes "a library with its version before the ending"
LIBCLANG_PATH=$root/usr
expect no "LIBCLANG_PATH names another folder"
LIBCLANG_PATH=$llvm
expect yes "LIBCLANG_PATH names the folder"
LIBCLANG_PATH=$llvm/libclang-14.so
expect yes "LIBCLANG_PATH names the library"
