#!/usr/bin/env python3
"""Takes Magika's model, which tells the type of a file, out of its package's wheel and tries it.

    magika.py WHEEL FOLDER

Writes `model.onnx` and `config.min.json`. Magika is by Google, under Apache-2.0.
"""

import hashlib
import json
import pathlib
import sys
import zipfile

import numpy as np
import onnxruntime

FILES = {
    "model.onnx": "fe2d2eb49c5f88a9e0a6c048e15d6ffdf86235519c2afc535044de433169ec8c",
    "config.min.json": "ae24c742205358f6ff6dfd5facb6743fb69743dbba8373e73da58ff0cbd695db",
}
IN_WHEEL = "magika/models/standard_v3_3/"
MANIFEST = pathlib.Path(__file__).parent / "manifests" / "magika.json"


def bytes_of(content):
    """What the manifest tells the worker to do: the first and the last 1,024 bytes, padded."""
    first = content[:4096].lstrip()[:1024]
    last = content[-4096:].rstrip()[-1024:]
    row = list(first) + [256] * (1024 - len(first)) + [256] * (1024 - len(last)) + list(last)
    return np.array([row], dtype=np.int32)


def main():
    wheel, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name, expected in FILES.items():
            content = archive.read(IN_WHEEL + name)
            if hashlib.sha256(content).hexdigest() != expected:
                sys.exit(f"magika: {name} is not the file that was expected")
            (folder / name).write_bytes(content)

    labels = json.loads((folder / "config.min.json").read_text())["target_labels_space"]
    if labels != json.loads(MANIFEST.read_text())["output"]["labels"]["from"]["inline"]:
        sys.exit("magika: the labels of the manifest are not the model's")

    session = onnxruntime.InferenceSession(
        folder / "model.onnx", providers=["CPUExecutionProvider"]
    )
    for path, expected in ((pathlib.Path(__file__), "python"), (MANIFEST, "json")):
        scores = session.run(["target_label"], {"bytes": bytes_of(path.read_bytes())})[0][0]
        best = labels[int(scores.argmax())]
        print(f"magika: {path.name} → {best}, {scores.max():.4f}")
        if best != expected:
            sys.exit(f"magika: expected {expected}")


if __name__ == "__main__":
    main()
