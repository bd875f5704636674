#!/usr/bin/env bash
# What setup.sh takes for the libclang of a build, on made-up folders.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
. "$MYAI_ROOT/scripts/lib/libclang.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset LIBCLANG_PATH LD_LIBRARY_PATH LIBRARY_PATH
export LLVM_CONFIG_PATH=false

# library NAME…: as good as libraries, for a look at their first bytes.
library() {
    local name
    for name in "$@"; do
        mkdir -p "$(dirname "$root$name")"
        printf '\x7fELF\x02' >"$root$name"
    done
}

new_root() {
    root=$(mktemp -d -p "$folder")
}

there() {
    has_libclang "$root" || die "not found: $1"
}

missing() {
    ! has_libclang "$root" || die "taken for libclang: $1"
}

new_root
missing "an empty system"

# Debian's clang alone, and what its libclang-dev adds.
library /usr/lib/llvm-14/lib/libclang-{14.so.1,cpp.so.14} /usr/lib/llvm-14/lib/libclang.so.1
library /usr/lib/x86_64-linux-gnu/libclang-{14.so.1,14.so.13,cpp.so.14}
missing "a run-time library"
library /usr/lib/llvm-14/lib/libclang-cpp.so
missing "libclang-cpp.so"
ln -s nowhere.so "$root/usr/lib/llvm-14/lib/libclang-14.so"
missing "a link that leads nowhere"
ln -sf libclang-14.so.1 "$root/usr/lib/llvm-14/lib/libclang-14.so"
there "a link to the library"

for path in /usr/lib/llvm-14/lib/libclang.so /usr/lib/x86_64-linux-gnu/libclang-14.so \
    /usr/lib64/libclang.so /usr/local/lib/libclang.so /usr/local/llvm14/lib/libclang.so; do
    new_root
    library "$path"
    there "$path"
done

new_root
mkdir -p "$root/usr/lib/libclang.so"
missing "a folder of that name"
printf '\x7fELF\x01' >"$root/usr/lib/libclang-14.so"
missing "a library of 32 bits"

new_root
library /opt/llvm/lib/libclang.so
missing "a folder that nobody names"
LD_LIBRARY_PATH=/nowhere:$root/opt/llvm/lib there "LD_LIBRARY_PATH"
LIBRARY_PATH=$root/opt/llvm/lib there "LIBRARY_PATH"
LIBCLANG_PATH=$root/opt/llvm/lib there "LIBCLANG_PATH, a folder"
LIBCLANG_PATH=$root/opt/llvm/lib/libclang.so there "LIBCLANG_PATH, a file"
# shellcheck disable=SC2016
printf '#!/bin/sh\n[ "$1" = --prefix ] && echo "%s"\n' "$root/opt/llvm" >"$root/llvm-config"
chmod +x "$root/llvm-config"
LLVM_CONFIG_PATH=$root/llvm-config there "llvm-config"
# Where LIBCLANG_PATH is set, nothing else counts.
library /usr/lib/libclang.so
LIBCLANG_PATH=$root/opt missing "LIBCLANG_PATH, a folder without it"
LIBCLANG_PATH=$root/opt/llvm/lib/libclang-14.so missing "LIBCLANG_PATH, a file that is not there"
