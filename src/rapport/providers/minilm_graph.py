"""MiniLM-L6-H384 as an ONNX graph built from its weights, and the same forward pass in numpy to check it against.

Inputs `input_ids`, `attention_mask` int64 [b, s]; output `emb` float32 [b, 384]: mean over the unmasked pieces, length 1.
"""

import importlib
import logging
from pathlib import Path
from typing import Any

import numpy as np

LAYERS, HEADS, HEAD_WIDTH, WIDTH = 6, 12, 32, 384
EPSILON = 1e-12
OPSET, IR_VERSION = 20, 9  # opset 20 has Gelu, 17 LayerNormalization

Weights = dict[str, np.ndarray]


def read_weights(file: Path) -> Weights:
    """All tensors as float32, without the prefix `bert.` that some exports carry."""
    tensors = importlib.import_module("safetensors.numpy").load_file(str(file))
    return {name.removeprefix("bert."): tensor.astype(np.float32) for name, tensor in tensors.items() if tensor.dtype.kind == "f"}


def write_graph(weights: Weights, file: Path) -> None:
    """The whole encoder in float32, checked by onnx."""
    onnx = importlib.import_module("onnx")
    onnx.save(_Graph(onnx, weights).build(), str(file))


def quantise(full: Path, small: Path) -> None:
    """int8 per channel. Gather is included, since the word table is half of the file."""
    quantization = importlib.import_module("onnxruntime.quantization")
    logging.disable(logging.WARNING)  # its advice to pre-process is for graphs exported from elsewhere
    try:
        quantization.quantize_dynamic(
            str(full), str(small), weight_type=quantization.QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul", "Gather"]
        )
    finally:
        logging.disable(logging.NOTSET)


class _Graph:
    """Collects nodes and constants; each method adds nodes and gives the name of its output."""

    def __init__(self, onnx: Any, weights: Weights):
        self.onnx = onnx
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}

    def add(self, operation: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{operation}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operation, list(inputs), [output], **attributes))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants[name] = value
        return name

    def weight(self, name: str, *, transposed: bool = False) -> str:
        tensor = self.weights[name]
        return self.constant(name, np.ascontiguousarray(tensor.T) if transposed else tensor)

    def numbers(self, *values: int) -> str:
        return self.constant("ints_" + "_".join(map(str, values)).replace("-", "m"), np.array(values, dtype=np.int64))

    def dense(self, value: str, name: str) -> str:
        return self.add("Add", self.add("MatMul", value, self.weight(f"{name}.weight", transposed=True)), self.weight(f"{name}.bias"))

    def normalise(self, value: str, name: str) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", value, scale, bias, axis=-1, epsilon=EPSILON)

    def embeddings(self) -> str:
        words = self.add("Gather", self.weight("embeddings.word_embeddings.weight"), "input_ids")
        length = self.add("Slice", self.add("Shape", "input_ids"), self.numbers(1), self.numbers(2))
        positions = self.add(
            "Slice", self.weight("embeddings.position_embeddings.weight"), self.numbers(0), length, self.numbers(0)
        )  # fmt: skip
        kind = self.constant("token_type", self.weights["embeddings.token_type_embeddings.weight"][0])
        return self.normalise(self.add("Add", self.add("Add", words, positions), kind), "embeddings.LayerNorm")

    def attention(self, value: str, mask: str, layer: str) -> str:
        def heads(name: str, order: list[int]) -> str:
            split = self.add("Reshape", self.dense(value, f"{layer}.attention.self.{name}"), self.numbers(0, 0, HEADS, HEAD_WIDTH))
            return self.add("Transpose", split, perm=order)

        scale = self.constant("scale", np.array(HEAD_WIDTH**-0.5, dtype=np.float32))
        scores = self.add("Mul", self.add("MatMul", heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1])), scale)
        shares = self.add("Softmax", self.add("Add", scores, mask), axis=-1)
        mixed = self.add("Transpose", self.add("MatMul", shares, heads("value", [0, 2, 1, 3])), perm=[0, 2, 1, 3])
        output = self.dense(self.add("Reshape", mixed, self.numbers(0, 0, WIDTH)), f"{layer}.attention.output.dense")
        return self.normalise(self.add("Add", output, value), f"{layer}.attention.output.LayerNorm")

    def layer(self, value: str, mask: str, layer: str) -> str:
        attended = self.attention(value, mask, layer)
        inner = self.add("Gelu", self.dense(attended, f"{layer}.intermediate.dense"))
        return self.normalise(self.add("Add", self.dense(inner, f"{layer}.output.dense"), attended), f"{layer}.output.LayerNorm")

    def pooled(self, value: str, mask: str) -> None:
        weights = self.add("Unsqueeze", mask, self.numbers(2))
        total = self.add("ReduceSum", self.add("Mul", value, weights), self.numbers(1), keepdims=0)
        mean = self.add("Div", total, self.add("ReduceSum", weights, self.numbers(1), keepdims=0))
        self.add("LpNormalization", mean, axis=1, p=2, output="emb")

    def build(self) -> Any:
        floats = self.onnx.TensorProto.FLOAT
        given = self.add("Cast", "attention_mask", to=floats)
        missing = self.add("Sub", self.constant("one", np.array(1, dtype=np.float32)), self.add("Unsqueeze", given, self.numbers(1, 2)))
        mask = self.add("Mul", missing, self.constant("far", np.array(-1e9, dtype=np.float32)))
        value = self.embeddings()
        for number in range(LAYERS):
            value = self.layer(value, mask, f"encoder.layer.{number}")
        self.pooled(value, given)
        helper, integers = self.onnx.helper, self.onnx.TensorProto.INT64
        graph = helper.make_graph(
            self.nodes, "minilm",
            [helper.make_tensor_value_info(name, integers, ["b", "s"]) for name in ("input_ids", "attention_mask")],
            [helper.make_tensor_value_info("emb", floats, ["b", WIDTH])],
            [self.onnx.numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )  # fmt: skip
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        self.onnx.checker.check_model(model)
        return model


def forward(weights: Weights, ids: list[int]) -> np.ndarray:
    """The vector of one text, float32 [384], in plain numpy."""

    def dense(value: np.ndarray, name: str) -> np.ndarray:
        return value @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normalise(value: np.ndarray, name: str) -> np.ndarray:
        centred = value - value.mean(axis=-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON) * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def split(value: np.ndarray) -> np.ndarray:
        return value.reshape(len(ids), HEADS, HEAD_WIDTH).transpose(1, 0, 2)

    value = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.position_embeddings.weight"][: len(ids)]
    value = normalise(value + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        query, key, content = (split(dense(value, f"{layer}.attention.self.{part}")) for part in ("query", "key", "value"))
        scores = np.exp((query @ key.transpose(0, 2, 1)) * HEAD_WIDTH**-0.5)
        mixed = (scores / scores.sum(axis=-1, keepdims=True) @ content).transpose(1, 0, 2).reshape(len(ids), WIDTH)
        value = normalise(dense(mixed, f"{layer}.attention.output.dense") + value, f"{layer}.attention.output.LayerNorm")
        inner = _gelu(dense(value, f"{layer}.intermediate.dense"))
        value = normalise(dense(inner, f"{layer}.output.dense") + value, f"{layer}.output.LayerNorm")
    mean = value.mean(axis=0)
    return mean / np.linalg.norm(mean)


def _gelu(value: np.ndarray) -> np.ndarray:
    """x Phi(x) with erf after Abramowitz and Stegun 7.1.26, error under 2e-7: scipy is not needed for a check."""
    z = np.abs(value) / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(value) * (1 - series * np.exp(-z * z))
    return 0.5 * value * (1 + erf)
