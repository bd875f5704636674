# shellcheck shell=bash
# Whether the build will find libclang: looks for it as the crate clang-sys does (build/common.rs
# and build/dynamic.rs of 1.9), through which RocksDB's bindings are made.

# Only what a linker takes by name: a run-time library (libclang-14.so.1, libclang.so.1) is none,
# nor is Clang's own C++ library (libclang-cpp.so). Of the build's word size.
is_libclang() {
    case ${1##*/} in
        *-cpp.*) return 1 ;;
        libclang.so | libclang-*.so) ;;
        *) return 1 ;;
    esac
    [ -f "$1" ] && [ "$(head -c 5 -- "$1")" = $'\x7fELF\x02' ]
}

# libclang_in FOLDER…: whether one of them has it.
libclang_in() {
    local folder file
    for folder in "$@"; do
        for file in "$folder"/libclang.so "$folder"/libclang-*.so; do
            is_libclang "$file" && return
        done
    done
    return 1
}

# has_libclang [ROOT]: ROOT stands before the system's folders, for tests.
has_libclang() {
    local root=${1:-} prefix folders
    # Nowhere else, where it is set.
    if [ -n "${LIBCLANG_PATH+set}" ]; then
        is_libclang "$LIBCLANG_PATH" || libclang_in "$LIBCLANG_PATH"
        return
    fi
    if prefix=$("${LLVM_CONFIG_PATH-llvm-config}" --prefix 2>/dev/null); then
        libclang_in "$prefix"/{bin,lib,lib64} && return
    fi
    IFS=: read -ra folders <<<"${LD_LIBRARY_PATH:-}:${LIBRARY_PATH:-}"
    libclang_in "${folders[@]}" "$root"/usr/local/llvm*/lib* \
        "$root"/usr/local/lib*/*/* "$root"/usr/local/lib*/* "$root"/usr/local/lib* \
        "$root"/usr/lib*/*/* "$root"/usr/lib*/* "$root"/usr/lib*
}
