"""A sentence encoder in an ONNX file: texts to vectors of length 1, on one core.

A folder holds `model.onnx` (or `onnx/model.onnx`), `vocab.txt` or `tokenizer.json`, and, where `rapport encoder install` made it,
`encoder.json`. A `sentiment.npz` beside them is the sentiment head trained for it (`make train-heads`). Any
sentence-transformers style export works: where the graph ends in token vectors they are averaged here.
Measured on one core with the int8 MiniLM: 800 messages of 14 pieces a second, 114 MB.
"""

import importlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rapport.errors import EncoderUnusable
from rapport.providers import wordpiece

MAX_LENGTH = 128
MANY_LANGUAGES_FROM = 60_000
"""Vocabularies of English encoders hold about 30,000 pieces, those of multilingual ones 100,000 and more."""


@dataclass(frozen=True, slots=True)
class Description:
    """What encoder.json says, or what can be told from the folder without it."""

    name: str
    languages: frozenset[str] | None  # None: all


class OnnxEncoder:
    """An Encoder. The session is opened at the first use, by one thread, and then shared."""

    semantic = True

    def __init__(self, folder: Path):
        self.folder = folder
        self._graph = _graph_file(folder)
        self._tokenize, vocabulary_size = _tokenizer(folder)
        described = describe(folder, vocabulary_size)
        self.name = described.name
        self.languages = described.languages
        self.head = (folder / "sentiment.npz").read_bytes() if (folder / "sentiment.npz").is_file() else None
        self._opening = threading.Lock()
        self._session: Any = None

    @property
    def dimensions(self) -> int:
        width = self._opened().get_outputs()[0].shape[-1]
        return width if isinstance(width, int) else self.encode(["width"]).shape[1]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [len(texts), dimensions], rows of length 1. Each text is run by itself: the int8 graph scales its activations by the
        largest of the whole batch, so that one text had another vector beside other texts (cosine 0.986), and topics depended on which
        messages were analysed together. It costs a fifth of the speed (1,030 against 1,330 short messages a second on one core)."""
        vectors = {text: self._run(self._tokenize(text)) for text in dict.fromkeys(texts)}
        return np.stack([vectors[text] for text in texts]) if texts else np.zeros((0, self.dimensions), dtype=np.float32)

    def _run(self, pieces: list[int]) -> np.ndarray:
        ids = np.array([pieces], dtype=np.int64)
        mask = np.ones_like(ids)
        session = self._opened()
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        output = session.run(None, {name: given[name] for name in (entry.name for entry in session.get_inputs())})[0]
        row = output[0].mean(axis=0) if output.ndim == 3 else output[0]
        return (row / np.maximum(np.linalg.norm(row), 1e-12)).astype(np.float32)

    def _opened(self) -> Any:
        with self._opening:
            if self._session is None:
                runtime = importlib.import_module("onnxruntime")  # 68 MB: loaded by those who encode
                options = runtime.SessionOptions()
                options.intra_op_num_threads = 1  # with competitors for the cores one thread is faster than two
                options.inter_op_num_threads = 1
                options.enable_cpu_mem_arena = False  # kept 100 MB after a few thousand messages, and was no faster
                options.log_severity_level = 3
                try:
                    self._session = runtime.InferenceSession(str(self._graph), options, providers=["CPUExecutionProvider"])
                except Exception as error:  # the runtime's own errors share no base class
                    raise EncoderUnusable(f"{self._graph} cannot be opened: {error}") from error
            return self._session


def describe(folder: Path, vocabulary_size: int) -> Description:
    """Name and languages: from encoder.json, else the folder's name, and English unless the vocabulary is a multilingual one's."""
    listed = folder / "encoder.json"
    if listed.exists():
        told = json.loads(listed.read_text(encoding="utf-8"))
        languages = told.get("languages")
        return Description(told.get("name", folder.name), None if languages is None else frozenset(languages))
    return Description(folder.resolve().name, None if vocabulary_size > MANY_LANGUAGES_FROM else frozenset({"en"}))


def _graph_file(folder: Path) -> Path:
    for name in ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx"):
        if (folder / name).is_file():
            return folder / name
    raise EncoderUnusable(f"There is no model.onnx in {folder}; point RAPPORT_ENCODER at a folder that holds one, or at `off`.")


def _tokenizer(folder: Path) -> tuple[Callable[[str], list[int]], int]:
    """How the folder's texts become piece numbers, and the size of its vocabulary."""
    try:
        loaded = wordpiece.load(folder, max_length=MAX_LENGTH)
        return loaded.encode, len(loaded.vocabulary)
    except FileNotFoundError as error:
        raise EncoderUnusable(f"There is neither vocab.txt nor tokenizer.json in {folder}.") from error
    except (ValueError, KeyError) as error:
        return _other_tokenizer(folder, error)


def _other_tokenizer(folder: Path, reason: Exception) -> tuple[Callable[[str], list[int]], int]:
    """Tokenizers other than WordPiece (most multilingual encoders) need the `tokenizers` package."""
    try:
        package = importlib.import_module("tokenizers")
    except ImportError as error:
        raise EncoderUnusable(f"The encoder in {folder} cannot be used ({reason}); `pip install tokenizers` reads it.") from error
    loaded = package.Tokenizer.from_file(str(folder / "tokenizer.json"))
    loaded.no_padding()
    loaded.enable_truncation(MAX_LENGTH)
    return (lambda text: loaded.encode(text).ids), loaded.get_vocab_size()
