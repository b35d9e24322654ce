"""Secrets that must be read again (tokens of connected services), encrypted at rest with AES-256-GCM.

The key is `secret.key` in the data folder, made at its first use, or RAPPORT_SECRET_KEY where several machines serve one database.
"""

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rapport.errors import Conflict

NONCE = 12  # bytes, as GCM wants


class Vault:
    """Encrypts and decrypts. `purpose` is bound to the ciphertext: what was sealed for one place opens nowhere else."""

    def __init__(self, key: bytes):
        self._cipher = AESGCM(key)

    def seal(self, plain: str, *, purpose: str) -> bytes:
        """Nonce and ciphertext."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain.encode(), purpose.encode())

    def open(self, sealed: bytes, *, purpose: str) -> str:
        """What was sealed. Raises Conflict where the key is another one."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], purpose.encode()).decode()
        except InvalidTag as error:
            raise Conflict("A stored token cannot be read with this secret key; restore secret.key, or set the token again.") from error


def open_vault(data_dir: Path, secret: str | None) -> Vault:
    """The vault of this installation. Two processes that start at once agree on one key."""
    if secret:
        return Vault(hashlib.sha256(secret.encode()).digest())
    path = data_dir.expanduser() / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        unfinished = path.with_name(f"secret.key.{secrets.token_hex(4)}")
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(os.urandom(32)))
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)  # fails where the other one was first; never half-written
        unfinished.unlink()
    try:
        key = base64.b64decode(path.read_bytes(), validate=True)
    except binascii.Error as error:
        raise Conflict(f"{path} is damaged; restore it from a backup.") from error
    if len(key) != 32:
        raise Conflict(f"{path} is damaged; restore it from a backup.")
    return Vault(key)
