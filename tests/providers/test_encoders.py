"""Choosing and using an encoder."""

import numpy as np
import onnx
import pytest

from rapport.errors import EncoderUnavailable, EncoderUnusable
from rapport.providers import encoder_install, encoders


@pytest.fixture
def installed():
    folder = encoders.shared_folder()
    if not (folder / "model.onnx").exists():
        pytest.skip("the sentence encoder is not installed (rapport encoder install)")
    return folder


def test_off_is_the_lexical_encoder(tmp_path):
    encoder = encoders.open_encoder("off", tmp_path)
    assert not encoder.semantic
    vectors = encoder.encode(["my card was charged twice", "charged twice on my card", "book a table", ""])
    assert vectors.shape == (4, encoder.dimensions)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert not vectors[3].any()


def test_a_folder_without_an_encoder_is_told(tmp_path):
    with pytest.raises(EncoderUnusable, match=r"model\.onnx"):
        encoders.open_encoder(str(tmp_path), tmp_path)


def test_the_data_folder_wins_over_the_shared_one(tmp_path):
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "model.onnx").touch()
    assert encoders.locate(None, tmp_path) == tmp_path / "encoder"


def test_wrong_bytes_are_not_installed(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in encoder_install.SHA256:
        (source / name).write_bytes(b"not the model")
    with pytest.raises(EncoderUnavailable, match="SHA-256"):
        encoder_install.install(tmp_path / "encoder", say=lambda _: None, source=source)
    assert not (tmp_path / "encoder").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_meaning_is_closer_than_spelling(installed, tmp_path):
    encoder = encoders.open_encoder(str(installed), tmp_path)
    refund, money_back, bank = encoder.encode(["I want a refund", "please give me my money back", "I want a bank"])
    assert refund @ money_back > refund @ bank
    assert encoder.languages == frozenset({"en"})


def test_a_text_has_the_same_vector_beside_any_others(installed, tmp_path):
    encoder = encoders.open_encoder(str(installed), tmp_path)
    texts = [f"message {n} " + "about my order " * (n % 7) for n in range(70)]
    together = encoder.encode(texts)
    assert together.shape == (70, encoder.dimensions)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.array_equal(together[41], encoder.encode([texts[41]])[0])
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_any_graph_of_token_vectors_is_an_encoder(tmp_path):
    onnx.save(token_vectors(np.eye(6, 4, dtype=np.float32)), str(tmp_path / "model.onnx"))
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\nhello\nworld\n", encoding="utf-8")
    encoder = encoders.open_encoder(str(tmp_path), tmp_path)
    vectors = encoder.encode(["hello", "hello world hello"])
    expected = np.array([0, 0, 1, 1], dtype=np.float32) / np.sqrt(2)  # [CLS] hello [SEP]: rows 2, 4 and 3 of the table; row 4 is zero
    assert np.allclose(vectors[0], expected, atol=1e-6)
    assert encoder.languages == frozenset({"en"})
    (tmp_path / "encoder.json").write_text('{"name": "many", "languages": null}', encoding="utf-8")
    named = encoders.open_encoder(str(tmp_path), tmp_path)
    assert (named.name, named.languages) == ("many", None)


def token_vectors(table: np.ndarray):
    """A graph that looks up a vector for each piece and pools nothing."""
    integers, floats = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])],
        "tokens",
        [onnx.helper.make_tensor_value_info("input_ids", integers, ["b", "s"])],
        [onnx.helper.make_tensor_value_info("last_hidden_state", floats, ["b", "s", table.shape[1]])],
        [onnx.numpy_helper.from_array(table, "table")],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
