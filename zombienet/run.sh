#!/usr/bin/env bash
# A relay chain of two validators, our parachain's two collators and a full node, on this machine
# until Ctrl-C. Prints the nodes' addresses. It takes 2.5 GB of memory.
#
#   zombienet/run.sh         the first run builds what is missing
#   zombienet/run.sh 3       the parachain has three cores of the relay chain, and makes a block every
#                            two seconds (elastic scaling)
#   KEEP=1 zombienet/run.sh  leaves the folder with chains and logs
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/env.sh"
. "$MYAI_ROOT/scripts/lib/node.sh"
. "$MYAI_ROOT/scripts/lib/relay.sh"
cd "$MYAI_ROOT"

build_relay
elastic=()
if [ "${1:-1}" != 1 ]; then
    runtime=$(zombienet/runtime.sh cores "$1")
    elastic=("$1" "$runtime")
fi
in_group 0 myai-network "$NODE_FOLDER/network" "$MYAI_RELAY_RUNTIME" "${elastic[@]}"
