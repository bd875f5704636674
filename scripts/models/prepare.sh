#!/usr/bin/env bash
# Prepares the models that the demo and the tests use, in $MYAI_MODELS. Nothing is done twice.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
here=$MYAI_ROOT/scripts/models

[ -x "$MYAI_PYTHON" ] || die "run scripts/setup.sh first"
python_tools

"$MYAI_PYTHON" "$here/digits.py" "$MYAI_MODELS/digits"

magika=$MYAI_MODELS/magika
if (cd "$magika" 2>/dev/null && sha256sum --status -c SHA256SUMS 2>/dev/null); then
    say "magika: there already, in $magika"
else
    wheel=$(fetch_wheel magika==1.0.3 \
        3e9b49134e8116ee40b431664dcbed9e199413efddcce1a173c734b4e0521529)
    "$MYAI_PYTHON" "$here/magika.py" "$wheel" "$magika"
    rm -r "$(dirname "$wheel")"
    (cd "$magika" && sha256sum model.onnx config.min.json >SHA256SUMS)
    say "magika: the model is in $magika"
fi
