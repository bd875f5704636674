#!/usr/bin/env bash
# Runs setup.sh, whole, in Debian 12 systems of its own: one with nothing in it, and one with
# `clang` but no libclang that a build could be linked with. Then builds and runs a program that
# needs libclang.
#
#   scripts/tests/setup-on-debian.sh [bare|clang]…      both, unless it is said
#
# Needs root, debootstrap, apt sources that have bookworm, and Rust by rustup, which is lent to the
# systems and cannot be written there. They lie under ${TMPDIR:-/tmp}, some 2 GB, until the end.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../env.sh"

export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo}
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
CHECKOUT=/srv/myai

[ "$(id -u)" = 0 ] || die "only root can make another system and go into it"
command -v debootstrap >/dev/null || die "no debootstrap here: apt-get install debootstrap"
for folder in "$CARGO_HOME" "$RUSTUP_HOME"; do
    [ -d "$folder" ] || die "no Rust by rustup here: $folder is missing"
done
# shellcheck disable=SC2016 # apt-get's own variables
mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    sed -n 's/^bookworm //p' | head -n 1)
[ -n "$mirror" ] || die "the apt sources of this system do not have bookworm"

work=$(mktemp -d "${TMPDIR:-/tmp}/myai.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# inside ROOT COMMAND…: in the system's copy of the checkout. What is mounted is so for this command
# alone: nothing is left to be unmounted, however it ends.
inside() {
    # shellcheck disable=SC2016 # for the other shell
    unshare --mount --propagation private bash -euc '
        root=$1 checkout=$2
        shift 2
        mount -t proc proc "$root/proc"
        mount -t devpts devpts "$root/dev/pts"
        for folder in "$CARGO_HOME" "$RUSTUP_HOME"; do
            mount --bind "$folder" "$root$folder"
            mount -o remount,bind,ro "$root$folder"
        done
        # How to reach the network stays as it is here; where things lie does not.
        exec env -u MYAI_CACHE -u XDG_CACHE_HOME -u CARGO_TARGET_DIR -u ORT_DYLIB_PATH -u TMPDIR \
            -u LIBCLANG_PATH -u LLVM_CONFIG_PATH -u LD_LIBRARY_PATH -u LIBRARY_PATH \
            -u WASM_BUILD_TOOLCHAIN -u WASM_BUILD_WORKSPACE_HINT LC_ALL=C.UTF-8 \
            PATH="$CARGO_HOME/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
            chroot "$root" bash -euc "cd $checkout && \"\$@\"" inside "$@"
    ' inside "$1" "$CHECKOUT" "${@:2}" </dev/null
}

# A system without anything, that reaches the network as this one does, with a copy of the scripts.
new_base() {
    local root=$work/base path
    debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/debootstrap.log" ||
        { tail -n 20 "$work/debootstrap.log" && die "debootstrap failed"; }
    rm -f "$root/etc/apt/sources.list"
    for path in /etc/apt /etc/hosts /etc/resolv.conf /usr/local/share/ca-certificates \
        /etc/pip.conf "$HOME/.config/pip" "$HOME/.pip" \
        /etc/npmrc /usr/local/etc/npmrc "$HOME/.npmrc"; do
        [ ! -e "$path" ] || (cd / && cp -rL --parents ".$path" "$root")
    done
    mkdir -p "$root$CARGO_HOME" "$root$RUSTUP_HOME" "$root$CHECKOUT"
    git -C "$MYAI_ROOT" ls-files -z --cached --others --exclude-standard \
        scripts rust-toolchain.toml |
        tar -C "$MYAI_ROOT" --null -T - -c | tar -C "$root$CHECKOUT" --no-same-owner -x
    cp -r "$work/program" "$root$CHECKOUT/program"
}

# A program that is linked with libclang as the build's bindings are, with its crates fetched.
new_program() {
    local folder=$work/program version
    version=$(grep -A 1 '^name = "clang-sys"$' "$MYAI_ROOT/Cargo.lock" | sed -n 's/^version = //p')
    mkdir -p "$folder/src"
    cat >"$folder/Cargo.toml" <<EOF
[package]
name = "program"
version = "0.0.0"
edition = "2021"

[dependencies]
clang-sys = { version = "=${version//\"/}", features = ["clang_11_0"] }

[workspace]
EOF
    cat >"$folder/src/main.rs" <<'EOF'
fn main() {
    let version = unsafe {
        let version = clang_sys::clang_getClangVersion();
        std::ffi::CStr::from_ptr(clang_sys::clang_getCString(version))
    };
    println!("linked with {}", version.to_string_lossy());
}
EOF
    (cd "$folder" && cargo fetch --quiet)
}

has_libclang_inside() {
    inside "$1" bash -c '. scripts/lib/libclang.sh && has_libclang'
}

# sets_up NAME [PACKAGE…]: in a new system that has these packages.
sets_up() {
    local name=$1 root=$work/$1
    shift
    cp -a "$work/base" "$root"
    if [ $# != 0 ]; then
        inside "$root" apt-get update -qq
        inside "$root" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$@" >"$work/apt.log" 2>&1 ||
            { tail -n 20 "$work/apt.log" && die "$* cannot be installed"; }
        # Else the system does not show what it is there for.
        compgen -G "$root/usr/lib/llvm-*/lib/libclang-*.so.*" >/dev/null ||
            die "$name: $* did not bring the run-time library"
    fi
    ! has_libclang_inside "$root" || die "$name: libclang is found before the set-up"
    inside "$root" scripts/setup.sh || die "$name: setup.sh failed"
    has_libclang_inside "$root" || die "$name: libclang is not found after the set-up"
    inside "$root" env CARGO_TARGET_DIR=/tmp/target \
        cargo run --quiet --offline --manifest-path program/Cargo.toml ||
        die "$name: a program that needs libclang is not built"
    inside "$root" scripts/setup.sh | grep -x "system packages: all there" ||
        die "$name: a second run of setup.sh finds something missing"
    rm -rf --one-file-system "$root"
}

if [ $# = 0 ]; then
    set -- bare clang
fi
timed "an empty Debian" eval 'new_program && new_base'
for name in "$@"; do
    case $name in
        bare) timed "set-up of a bare Debian" sets_up bare ;;
        clang) timed "set-up of a Debian with clang" sets_up clang clang ;;
        *) die "no such system: $name" ;;
    esac
done
print_times
