# shellcheck shell=bash disable=SC2034
# Starting a node for a test or a demonstration, and ending whatever was started. Source env.sh
# first.
#
#   start_node             starts a development chain: NODE_PID, NODE_RPC_PORT, NODE_URL, NODE_LOG
#   wait_for_block [N [S]] waits until the node's best block is N (1) or later, at most S (300)
#                          seconds; fails, with the end of the log, when that does not come
#   started PID            ends PID, too, when the script ends
#   NODE_FOLDER            temporary; its content goes when the script ends, unless KEEP is set

NODE_FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/myai.XXXXXX")
STARTED=()

# Runs when the script ends, however it does.
end_all() {
    local status=$? pid i
    trap - EXIT
    set +e # What ends by our signal has not failed.
    # The last first: a worker finishes what it has begun while its node still answers.
    for ((i = ${#STARTED[@]} - 1; i >= 0; i--)); do
        pid=${STARTED[i]}
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    if [ -n "${KEEP:-}" ]; then
        say "kept: $NODE_FOLDER"
    else
        rm -rf "$NODE_FOLDER"
    fi
    exit "$status"
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

started() {
    STARTED+=("$1")
}

# A port that nothing listens on now.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_node [ARGUMENT…]: a development chain of its own, with further arguments for the node.
start_node() {
    local node=$CARGO_TARGET_DIR/debug/myai-node
    [ -x "$node" ] || die "$node is not built: cargo build --workspace --bins"
    NODE_RPC_PORT=$(free_port)
    NODE_URL=ws://127.0.0.1:$NODE_RPC_PORT
    NODE_LOG=$NODE_FOLDER/node.log
    "$node" --dev --base-path "$NODE_FOLDER/node" --rpc-port "$NODE_RPC_PORT" \
        --port "$(free_port)" --no-prometheus --no-telemetry "$@" >"$NODE_LOG" 2>&1 &
    NODE_PID=$!
    started "$NODE_PID"
}

# rpc METHOD [PARAMETERS]: the node's answer, as JSON.
rpc() {
    curl -sS --max-time 10 -H 'Content-Type: application/json' \
        -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":${2:-[]}}" \
        "http://127.0.0.1:$NODE_RPC_PORT"
}

# Number of the node's best block; 0 while it does not answer.
best_block() {
    local hex
    hex=$(rpc chain_getHeader 2>/dev/null | sed -n 's/.*"number":"0x\([0-9a-f]*\)".*/\1/p')
    printf '%d\n' "0x${hex:-0}"
}

# The first start compiles the runtime's Wasm, which takes half a minute in a development build.
wait_for_block() {
    local wanted=${1:-1} until=$((SECONDS + ${2:-300}))
    while [ "$(best_block)" -lt "$wanted" ]; do
        if ! kill -0 "$NODE_PID" 2>/dev/null; then
            tail -n 30 "$NODE_LOG" >&2
            say "error: the node ended before block $wanted" >&2
            return 1
        fi
        if [ "$SECONDS" -ge "$until" ]; then
            tail -n 30 "$NODE_LOG" >&2
            say "error: the node made no block $wanted in time" >&2
            return 1
        fi
        sleep 0.5
    done
}
