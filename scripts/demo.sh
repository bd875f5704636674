#!/usr/bin/env bash
# The main job, on a chain of its own: models are published, a worker serves them, a client pays for
# two answers, and everybody who contributed has their share, to the last unit.
#
#   scripts/demo.sh         everything; the first run installs and builds what is missing
#   KEEP=1 scripts/demo.sh  leaves the folder with chain, worker, jobs and logs
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$MYAI_ROOT/scripts/lib/node.sh"
cd "$MYAI_ROOT"

if [ ! -x "$CARGO_TARGET_DIR/debug/myai-node" ]; then
    say "Nothing is built yet: on two cores the first build takes about half an hour."
fi
timed "setup" scripts/setup.sh
timed "models" scripts/models/prepare.sh
# The tests are built too, so that scripts/test.sh builds nothing twice.
timed "build" cargo build --locked --workspace --bins --tests
export PATH=$CARGO_TARGET_DIR/debug:$PATH

say "== a chain of one node (its first start compiles the runtime, half a minute)"
start_node --dev-block-time 1000
wait_for_block
export MYAI_NODE=$NODE_URL MYAI_DATA_DIR=$NODE_FOLDER/jobs

# as NAME COMMAND…: what `myai` prints for somebody on the development chain.
as() {
    local who=$1
    shift
    myai --quiet --key "//$who" "$@"
}

# field NAME: one field of the JSON on the standard input.
field() {
    python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# All that somebody has, held units included.
value_of() {
    as "$1" --json account | python3 -c '
import json, sys
native = [b for b in json.load(sys.stdin)["balances"] if b["asset"] == "MAI"][0]
print(sum(int(native[k]["value"]) for k in ("free", "held")))'
}

manifests=$MYAI_ROOT/scripts/models/manifests
digits=$MYAI_MODELS/digits
magika=$MYAI_MODELS/magika

say "== Alice publishes a digits classifier; others may derive from it for 20% of their price, and at least 0.004 MAI"
base_model=$(as Alice --json model register digits --category general --metadata "$digits/accuracy.json" | field id)
base=$(as Alice --json model publish "$base_model" --file "$digits/digits.onnx" \
    --manifest "$manifests/digits.json" --price "0.01 MAI" --unit call --numerics float \
    --license Apache-2.0 --openness open --derivatives allowed \
    --royalty 20% --alternative "call,0.004 MAI,0.005 MAI" | field id)

say "== Charlie (Carol) licenses a dataset: free, for 5% of what is trained on it"
dataset=$(as Charlie --json dataset register handwriting --openness open --metadata "$digits/accuracy.json" | field id)
as Charlie dataset terms "$dataset" --price "0 MAI" --license CC-BY-4.0 --derivatives allowed \
    --royalty 5% --alternative "call,0.001 MAI,0.005 MAI"

say "== Bob publishes an integer-only derivative that owes both"
model=$(as Bob --json model register digits-int --metadata "$digits/accuracy.json" | field id)
grant=$(as Bob --json dataset acquire "$dataset" "$model" | field grant)
version=$(as Bob --json model publish "$model" --file "$digits/digits-int.onnx" \
    --manifest "$manifests/digits-int.json" --price "0.02 MAI" --unit call --numerics int-v1 \
    --license Apache-2.0 --openness open --derivatives allowed \
    --base "v$base:20%" --dataset "g$grant:5%" | field id)
as Bob model show "v$version"

say "== Eve publishes magika, which tells the type of a file"
magika_model=$(as Eve --json model register magika --metadata "$magika/config.min.json" | field id)
magika_version=$(as Eve --json model publish "$magika_model" --file "$magika/model.onnx" \
    --manifest "$manifests/magika.json" --price "0.004 MAI" --unit call --numerics float \
    --license Apache-2.0 --openness open --derivatives allowed | field id)

say "== Ferdie's worker registers with a bond and serves both for 0.005 MAI"
mkdir -p "$NODE_FOLDER/worker"
(umask 077 && echo //Ferdie >"$NODE_FOLDER/worker/bond.key")
cat >"$NODE_FOLDER/worker/worker.toml" <<EOF
node = "$NODE_URL"
data = "$NODE_FOLDER/worker/data"
signer = "$NODE_FOLDER/worker/signer.key"
files_from = ["$MYAI_MODELS", "$manifests"]
[worker]
bond = "100 MAI"
[[offers]]
version = $version
fee = "0.005 MAI"
min_duration = 20
[[offers]]
version = $magika_version
fee = "0.005 MAI"
min_duration = 20
EOF
export MYAI_WORKER_CONFIG=$NODE_FOLDER/worker/worker.toml
myai-worker setup --bond-key "$NODE_FOLDER/worker/bond.key"
myai-worker run 2>"$NODE_FOLDER/worker.log" &
started $!

declare -A before
for who in Alice Charlie Bob Eve Ferdie Dave; do
    before[$who]=$(value_of "$who")
done

say "== Dave asks what an answer costs"
as Dave ask "v$version" "$digits/pictures/7.png" --dry-run
say "== Dave asks for the digit in a picture"
as Dave ask "v$version" "$digits/pictures/7.png"
say "== Dave asks what kind of file this script is"
as Dave ask "v$magika_version" "$MYAI_ROOT/scripts/demo.sh"

say "== everybody's shares are claimed; anyone may do that for anyone, so that Dave alone pays fees"
for who in Alice Bob Charlie Eve; do
    as Dave claim --account "//$who"
done

say "== what everybody has more or less, beside what the terms say (in pico: 10^12 are one MAI)"
python3 - <<EOF
before = dict($(for who in "${!before[@]}"; do printf '%s=%s,' "$who" "${before[$who]}"; done))
after = dict($(for who in "${!before[@]}"; do printf '%s=%s,' "$who" "$(value_of "$who")"; done))
micro = 1_000_000
terms = {
    "Alice": ("20% of Bob's 0.0195", 3_900 * micro),
    "Charlie": ("5% of Bob's 0.0195", 975 * micro),
    "Bob": ("the rest of 0.02 less 2.5%", 14_625 * micro),
    "Eve": ("0.004 less 2.5%", 3_900 * micro),
    "Ferdie": ("twice 0.005 less 2.5%", 9_750 * micro),
    "Dave": ("0.025 and 0.009", -34_000 * micro),
}
print(f"{'who':8} {'by the terms':>15} {'changed by':>15} {'of it fees':>14}  why")
wrong = False
for who, (why, due) in terms.items():
    got = after[who] - before[who]
    fees = due - got
    wrong |= not 0 <= fees < 100_000 * micro if who == "Dave" else fees != 0
    print(f"{who:8} {due:15,} {got:15,} {fees:14,}  {why}")
print(f"network  {850 * micro:15,}                                 2.5% of every price and fee")
raise SystemExit("error: somebody was not paid by the terms" if wrong else 0)
EOF
print_times
