"""Pseudonyms by a keyed hash: the same person always gets the same, and only the key leads back.

Everything is HMAC-SHA256 (RFC 2104) of what it stands for, under a secret key. Who has the key can
tell whether a pseudonym is a given person's, by making it again; who has not cannot even try out
all possible patient numbers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import uuid
from functools import lru_cache
from pathlib import Path

from nodulens.errors import NodulensError

FURTHEST = 3650
"""Most days by which a patient's dates are moved back; at least one."""

_KEY_BYTES = 32


class Pseudonyms:
    """All pseudonyms under one key.

    Args:
        key: at least 16 secret bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @property
    def fingerprint(self) -> str:
        """Tell two keys apart, without telling either: 16 hexadecimal digits."""
        return self._digest("fingerprint", "")[:8].hex()

    def patient(self, identity: str) -> str:
        """Return a patient's pseudonym: ``NL-`` and 16 letters and digits."""
        return f"NL-{self._word('patient', identity)}"

    def days(self, identity: str) -> int:
        """Return the days by which a patient's dates are moved back: 1 to 3650, always the same."""
        return 1 + int.from_bytes(self._digest("days", identity)[:8]) % FURTHEST

    def uid(self, uid: str) -> str:
        """Return the unique identifier that takes another's place.

        UIDs of the DICOM standard (SOP classes, transfer syntaxes, …) stay: they are the same in
        everybody's files. Others become ``2.25.`` and a UUID as a number (PS3.5, B.2).
        """
        if is_standard(uid):
            return uid
        # The version's bits make it a UUID of random numbers, which it is like.
        return f"2.25.{uuid.UUID(bytes=self._digest('uid', uid)[:16], version=4).int}"

    def place(self, path: str) -> str:
        """Return the path that takes another's place: each folder, and the file, by a pseudonym.

        Args:
            path: relative, with forward slashes, without an ending. Equal folders stay equal.
        """
        parts = path.split("/")
        wholes = ["/".join(parts[: length + 1]) for length in range(len(parts))]
        return "/".join(self._word("place", whole).lower() for whole in wholes)

    def _word(self, kind: str, value: str) -> str:
        return base64.b32encode(self._digest(kind, value)[:10]).decode("ascii")

    def _digest(self, kind: str, value: str) -> bytes:
        message = f"{kind}\0{value}".encode("utf-8", "surrogateescape")
        return hmac.digest(self._key, message, hashlib.sha256)


@lru_cache(maxsize=4096)
def is_standard(uid: str) -> bool:
    """Whether a UID is one that the DICOM standard itself gives (PS3.6, Annex A)."""
    from pydicom.uid import UID_dictionary

    return uid in UID_dictionary


def load_key(path: Path) -> tuple[bytes, bool]:
    """Read a key, or make one: 32 random bytes as hexadecimal digits, readable by its owner alone.

    Args:
        path: of the file.

    Returns:
        The key, and whether it is new.

    Raises:
        NodulensError: the file cannot be read or written, or holds less than 16 bytes.
    """
    try:
        try:
            text = path.read_text("ascii").strip()
        except FileNotFoundError:
            return _new_key(path), True
        key = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        raise NodulensError(
            f"{path}: no key ({error}); give the file of an earlier run, or the name of a new one"
        ) from error
    if len(key) < _KEY_BYTES // 2:
        raise NodulensError(
            f"{path}: {len(key)} bytes are too short for a key; remove it to have one made"
        )
    return key, False


def _new_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(_KEY_BYTES)
    # Private from its first moment on, and never over another key.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(key.hex() + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return key
