#!/usr/bin/env python3
"""Trains two small models that read a handwritten digit, and checks them with ONNX Runtime.

    digits.py FOLDER

Data: scikit-learn's digits, 1,797 pictures of 8×8; 450 are held out. Both models are the same
perceptron, 64-64-10: `digits.onnx` in 32-bit floats, `digits-int.onnx` its integer form, which is
`IntV1`: operators (MatMulInteger, Add, Max, Div, Min, Cast, ArgMax) of the same bits on every
machine, one picture at a time. Its weights are uint8 with the zero point 128, because products of
uint8 by int8 saturate on some processors.

Also written: a picture of each digit out of the held-out ones, enlarged, that both models read
right (`pictures/N.png`), and `accuracy.json`, with what they read right of the 450 both as pixels
and, like the worker by the manifests, out of enlarged pictures. Training has a fixed seed; the weights are rounded
to multiples of 2⁻¹⁰, so that the last bits of a machine's floating point do not reach the files.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.datasets import load_digits

HELD_OUT = 450
HIDDEN = 64
ENLARGED = 16  # Each pixel becomes a square of so many.
LEAST_ACCURACY = 0.97
OPSET = 17
IR_VERSION = 8
MIDDLE = 128  # Zero point of weights in uint8.


def data():
    """Pixels 0–255 as uint8 [n,64] and labels: for training and held out."""
    digits = load_digits()
    pixels = (digits.data * 255 / 16).astype(np.uint8)
    order = np.random.default_rng(2609).permutation(len(pixels))
    held, train = order[:HELD_OUT], order[HELD_OUT:]
    return pixels[train], digits.target[train], pixels[held], digits.target[held]


def train(pixels, labels):
    """Weights and biases by full-batch Adam on the cross-entropy, decayed towards zero."""
    rng = np.random.default_rng(1)
    x = pixels / 255.0
    wanted = np.eye(10)[labels]
    weights = [
        rng.normal(0, np.sqrt(2 / 64), (64, HIDDEN)),
        np.zeros(HIDDEN),
        rng.normal(0, np.sqrt(2 / HIDDEN), (HIDDEN, 10)),
        np.zeros(10),
    ]
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    for step in range(1, 601):
        w1, b1, w2, b2 = weights
        hidden = np.maximum(x @ w1 + b1, 0)
        logits = hidden @ w2 + b2
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        error = (odds / odds.sum(axis=1, keepdims=True) - wanted) / len(x)
        back = (error @ w2.T) * (hidden > 0)
        gradients = [x.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]
        for i, gradient in enumerate(gradients):
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.999 * second[i] + 0.001 * gradient**2
            move = (first[i] / (1 - 0.9**step)) / (np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8)
            decay = 1e-3 * weights[i] if weights[i].ndim == 2 else 0
            weights[i] = weights[i] - 0.01 * (move + decay)
    return [np.round(w * 1024) / 1024 for w in weights]


def model(nodes, inputs, outputs, initializers, description):
    graph = helper.make_graph(nodes, "digits", inputs, outputs, initializers)
    made = helper.make_model(
        graph,
        producer_name="myai-network",
        doc_string=description,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(made, full_check=True)
    return made


def constant(name, array, dtype):
    return numpy_helper.from_array(np.asarray(array, dtype=dtype), name)


def float_model(weights):
    """`pixels` f32[n,64], 0–1 → `logits` f32[n,10]."""
    names = ["w1", "b1", "w2", "b2"]
    return model(
        [
            helper.make_node("MatMul", ["pixels", "w1"], ["m1"]),
            helper.make_node("Add", ["m1", "b1"], ["a1"]),
            helper.make_node("Relu", ["a1"], ["hidden"]),
            helper.make_node("MatMul", ["hidden", "w2"], ["m2"]),
            helper.make_node("Add", ["m2", "b2"], ["logits"]),
        ],
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 64])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 10])],
        [constant(name, w, np.float32) for name, w in zip(names, weights)],
        "Handwritten digits; pixels 0 to 1, row by row, ink bright.",
    )


def integer_model(weights, pixels):
    """`pixels` uint8[1,64] → `logits` int32[1,10] and `digit` int64[1], by integers alone."""
    w1, b1, w2, b2 = weights
    scale1, scale2 = np.abs(w1).max() / 127, np.abs(w2).max() / 127
    w1q, w2q = np.round(w1 / scale1), np.round(w2 / scale2)
    b1q = np.round(b1 * 255 / scale1)
    # The divisor brings the largest activation of the training data to 255.
    divisor = np.ceil((pixels.astype(np.int64) @ w1q.astype(np.int64) + b1q).max() / 255)
    b2q = np.round(b2 / (scale2 * divisor * scale1 / 255))
    return model(
        [
            helper.make_node("MatMulInteger", ["pixels", "w1", "", "middle"], ["m1"]),
            helper.make_node("Add", ["m1", "b1"], ["a1"]),
            helper.make_node("Max", ["a1", "zero"], ["positive"]),
            helper.make_node("Div", ["positive", "divisor"], ["scaled"]),
            helper.make_node("Min", ["scaled", "most"], ["bounded"]),
            helper.make_node("Cast", ["bounded"], ["hidden"], to=TensorProto.UINT8),
            helper.make_node("MatMulInteger", ["hidden", "w2", "", "middle"], ["m2"]),
            helper.make_node("Add", ["m2", "b2"], ["logits"]),
            helper.make_node("ArgMax", ["logits"], ["digit"], axis=1, keepdims=0),
        ],
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, [1, 64])],
        [
            helper.make_tensor_value_info("logits", TensorProto.INT32, [1, 10]),
            helper.make_tensor_value_info("digit", TensorProto.INT64, [1]),
        ],
        [
            constant("middle", MIDDLE, np.uint8),
            constant("w1", w1q + MIDDLE, np.uint8),
            constant("b1", b1q, np.int32),
            constant("zero", 0, np.int32),
            constant("divisor", divisor, np.int32),
            constant("most", 255, np.int32),
            constant("w2", w2q + MIDDLE, np.uint8),
            constant("b2", b2q, np.int32),
        ],
        "Handwritten digits by integers alone; pixels 0 to 255, row by row, ink bright.",
    )


def picture(pixels):
    side = 8 * ENLARGED
    return Image.fromarray(pixels.reshape(8, 8)).resize((side, side), Image.Resampling.NEAREST)


def through_picture(pixels):
    """The pixels after enlarging and, as the manifests say, making small again."""
    small = [picture(row).resize((8, 8), Image.Resampling.BICUBIC) for row in pixels]
    return np.array([np.asarray(image).reshape(64) for image in small])


def answers(path, pixels):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    if session.get_inputs()[0].type == "tensor(float)":
        pixels = pixels.astype(np.float32) / 255
    rows = (session.run(["logits"], {"pixels": row[np.newaxis]})[0] for row in pixels)
    return np.concatenate(list(rows)).argmax(axis=1)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def finished(folder):
    """Whether this very script has made what lies there, unchanged."""
    try:
        record = json.loads((folder / "accuracy.json").read_text())
        return record["made_by"] == sha256(pathlib.Path(__file__)) and all(
            sha256(folder / name) == hash for name, hash in record["sha256"].items()
        )
    except (OSError, ValueError, KeyError):
        return False


def main():
    folder = pathlib.Path(sys.argv[1])
    if finished(folder):
        print(f"digits: there already, in {folder}")
        return
    (folder / "pictures").mkdir(parents=True, exist_ok=True)

    train_pixels, train_labels, held_pixels, held_labels = data()
    weights = train(train_pixels, train_labels)
    onnx.save(float_model(weights), folder / "digits.onnx")
    onnx.save(integer_model(weights, train_pixels), folder / "digits-int.onnx")

    accuracy = {}
    right = np.ones(HELD_OUT, dtype=bool)
    for name in ("digits.onnx", "digits-int.onnx"):
        as_pixels = answers(folder / name, held_pixels) == held_labels
        as_pictures = answers(folder / name, through_picture(held_pixels)) == held_labels
        right &= as_pixels & as_pictures
        accuracy[name] = {"pixels": as_pixels.mean(), "pictures": as_pictures.mean()}
        size = (folder / name).stat().st_size
        print(
            f"digits: {name}, {size} bytes: right are {as_pixels.mean():.4f} of the {HELD_OUT} "
            f"held out, {as_pictures.mean():.4f} out of pictures"
        )
        if min(accuracy[name].values()) < LEAST_ACCURACY:
            sys.exit(f"digits: {name} is worse than {LEAST_ACCURACY}")

    pictures = []
    for digit in range(10):
        which = int(np.flatnonzero(right & (held_labels == digit))[0])
        pictures.append(folder / "pictures" / f"{digit}.png")
        picture(held_pixels[which]).save(pictures[-1])

    made = [folder / name for name in accuracy] + pictures
    record = {
        "held_out": HELD_OUT,
        "accuracy": accuracy,
        "sha256": {str(path.relative_to(folder)): sha256(path) for path in made},
        "made_by": sha256(pathlib.Path(__file__)),
    }
    (folder / "accuracy.json").write_text(json.dumps(record, indent=2) + "\n")
    print(f"digits: models, ten pictures and accuracy.json are in {folder}")


if __name__ == "__main__":
    main()
