#!/usr/bin/env bash
# Runs setup on an empty Debian 12 and on one that has `clang` alone, each made by debootstrap, and
# sees that the build will find libclang there. Needs root, debootstrap and an archive of Debian's;
# rustup's folders are this machine's. Not part of test.sh: it installs some GB, twice.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
[ "$(id -u)" = 0 ] || die "only root can change into another Debian"
command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"

work=$(mktemp -d)
leave() {
    awk -v work="$work" 'index($2, work) == 1 { print $2 }' /proc/mounts | sort -r |
        xargs -r -n 1 umount
    rm -rf "$work"
}
trap leave EXIT

# on_debian NAME PACKAGE…: a Debian with these packages, and setup run in it.
on_debian() {
    local name=$1 root=$work/$1
    shift
    timed "$name: debootstrap" debootstrap --variant=minbase \
        --include=ca-certificates bookworm "$root" >"$work/$name.log" ||
        die "debootstrap failed: $(tail -n 3 "$work/$name.log")"
    # How this machine reaches packages, and its Rust.
    cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
    rm -f "$root"/etc/apt/apt.conf.d/*docker* "$root"/etc/apt/apt.conf.d/*packagekit*
    cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
    for file in "$HOME/.npmrc" /etc/pip.conf; do
        [ ! -e "$file" ] || install -D "$file" "$root$file"
    done
    mkdir -p "$root/work" "$root$HOME/.cargo" "$root$HOME/.rustup"
    git -C "$MYAI_ROOT" archive HEAD | tar -x -C "$root/work"
    mount --bind "${CARGO_HOME:-$HOME/.cargo}" "$root$HOME/.cargo"
    mount --bind "${RUSTUP_HOME:-$HOME/.rustup}" "$root$HOME/.rustup"
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    if [ $# -gt 0 ]; then
        chroot "$root" sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $*" >>"$work/$name.log" 2>&1 ||
            die "$*: $(tail -n 3 "$work/$name.log")"
    fi
    timed "$name: setup" chroot "$root" env -u LIBCLANG_PATH -u PIP_FIND_LINKS HOME="$HOME" \
        PATH="$HOME/.cargo/bin:/usr/sbin:/usr/bin:/sbin:/bin" XDG_CACHE_HOME=/cache \
        bash /work/scripts/setup.sh
    chroot "$root" bash -c '. /work/scripts/lib/libclang.sh && has_libclang' ||
        die "$name: setup ended and libclang is not there"
    say "$name: $(ls "$root"/usr/lib/llvm-*/lib/libclang.so)"
}

on_debian empty
on_debian clang-alone clang
say "setup works on both"
