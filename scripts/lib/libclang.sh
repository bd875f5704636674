# shellcheck shell=bash
# Whether the crate clang-sys, which RocksDB's bindings are built with, will find the library that
# it links: the same names in the same folders. What `clang` alone brings (`libclang-cpp.so.14`,
# `libclang-14.so.1`) is not it.

# has_libclang [ROOT]: below ROOT, which tests set, instead of `/`.
has_libclang() {
    local root=${1:-} folders=() prefix
    if [ -n "${LIBCLANG_PATH:-}" ]; then
        # The library itself, or its folder; nothing else is looked at then.
        case ${LIBCLANG_PATH##*/} in
            libclang.so | libclang-*.so) [ -e "$LIBCLANG_PATH" ] && return ;;
        esac
        folders=("$LIBCLANG_PATH")
    else
        prefix=$("${LLVM_CONFIG_PATH:-llvm-config}" --prefix 2>/dev/null || true)
        [ -z "$prefix" ] || folders+=("$root$prefix/bin" "$root$prefix/lib" "$root$prefix/lib64")
        IFS=: read -ra prefix <<<"${LD_LIBRARY_PATH:-}:${LIBRARY_PATH:-}"
        folders+=("${prefix[@]}"
            "$root"/usr/local/llvm*/lib* "$root"/usr/local/lib*/*/* "$root"/usr/local/lib*/*
            "$root"/usr/local/lib* "$root"/usr/lib*/*/* "$root"/usr/lib*/* "$root"/usr/lib*)
    fi
    local folder file
    for folder in "${folders[@]}"; do
        [ -d "$folder" ] || continue
        for file in "$folder"/libclang.so "$folder"/libclang-*.so; do
            [ ! -e "$file" ] || return 0
        done
    done
    return 1
}
