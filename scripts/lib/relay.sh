# shellcheck shell=bash
# What a network under a relay chain needs. Source env.sh and node.sh first.
#
#   build_relay               builds the nodes' programs, the network's and the relay chain's runtime;
#                             then PATH has them and MYAI_RELAY_RUNTIME is set
#   in_group SECONDS COMMAND… runs it for so long at most (0: without limit); nothing that it started
#                             outlives it, nor the script

RELAY_MANIFEST=$MYAI_ROOT/zombienet/tests/Cargo.toml

build_relay() {
    cargo build --locked --workspace --bins --features myai-relay/programs &&
        cargo build --locked --manifest-path "$RELAY_MANIFEST" --bins --tests || return
    MYAI_RELAY_RUNTIME=$("$MYAI_ROOT/zombienet/relay-runtime.sh") || return
    export MYAI_RELAY_RUNTIME PATH=$CARGO_TARGET_DIR/debug:$PATH
}

# `timeout` gives the command a process group of its own and passes signals on to all of it.
in_group() {
    local group status=0
    timeout --kill-after=30 "$@" &
    group=$!
    started "$group"
    wait "$group" || status=$?
    # What is left, should the command have died.
    kill -KILL -- "-$group" 2>/dev/null || true
    return $status
}
