"""Which encoder is used: RAPPORT_ENCODER, else one in the data folder, else the one of the environment, else the lexical one."""

from pathlib import Path

from rapport.ports import Encoder
from rapport.providers.encoder_install import install, shared_folder
from rapport.providers.encoder_lexical import LexicalEncoder
from rapport.providers.encoder_onnx import OnnxEncoder

__all__ = ["install", "locate", "open_encoder", "shared_folder"]

OFF = "off"


def locate(setting: str | None, data_dir: Path) -> Path | None:
    """The folder of the encoder to use; None for the lexical one."""
    if setting == OFF:
        return None
    if setting:
        return Path(setting)
    installed = (data_dir / "encoder", shared_folder())
    return next((folder for folder in installed if (folder / "model.onnx").is_file()), None)


def open_encoder(setting: str | None, data_dir: Path) -> Encoder:
    """The encoder of these settings; its weights are read at the first use.
    Raises EncoderUnusable where a folder was named that holds none."""
    folder = locate(setting, data_dir)
    return OnnxEncoder(folder) if folder else LexicalEncoder()
