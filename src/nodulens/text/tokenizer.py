"""Words to numbers for exported text towers, from the tower's own ``tokenizer.json``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer as _Tokenizer

from nodulens.errors import BadData


class Tokenizer:
    """A tokenizer in the format of the ``tokenizers`` library (WordPiece, BPE and others).

    The special tokens ([CLS] … [SEP]) are those of the file.
    """

    def __init__(self, inner: _Tokenizer) -> None:
        inner.no_padding()
        inner.no_truncation()
        self._inner = inner
        padding = (inner.token_to_id(name) for name in ("[PAD]", "<pad>", "<|endoftext|>"))
        self._padding = next((number for number in padding if number is not None), 0)

    @classmethod
    def load(cls, source: Path | bytes) -> Tokenizer:
        """Load the content of a ``tokenizer.json``, or the file.

        Raises:
            BadData: it cannot be read, or is no tokenizer.
        """
        name = str(source) if isinstance(source, Path) else "tokenizer"
        try:
            content = source.read_bytes() if isinstance(source, Path) else source
            return cls(_Tokenizer.from_buffer(content))
        except OSError as error:
            raise BadData(f"{name}: cannot be read ({error.strerror})") from error
        except Exception as error:  # the library raises bare Exception and ValueError alike
            raise BadData(
                f"{name}: is no tokenizer ({error}); give the tokenizer.json of the text tower"
            ) from error

    @property
    def size(self) -> int:
        """Number of different tokens."""
        return int(self._inner.get_vocab_size())

    def count(self, text: str) -> int:
        """Return how many tokens a text has, the special ones included."""
        self._inner.no_truncation()
        return len(self._inner.encode(_clean(text)).ids)

    def encode(
        self, texts: Sequence[str], limit: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return token numbers and mask, each int64 (B, L), padded to the longest text.

        Args:
            texts: one or more.
            limit: tokens a text at most, the special ones included, which truncation keeps.

        Raises:
            BadData: there is no text, or the limit leaves no room for the special tokens.
        """
        special = self._inner.num_special_tokens_to_add(False)
        if not texts or limit <= special:
            raise BadData(
                f"{len(texts)} texts of at most {limit} tokens: give one text or more and room for "
                f"more than the {special} special tokens"
            )
        self._inner.enable_truncation(limit)
        encoded = self._inner.encode_batch([_clean(text) for text in texts])
        length = max(1, *(len(one.ids) for one in encoded))
        ids = np.full((len(encoded), length), self._padding, np.int64)
        mask = np.zeros((len(encoded), length), np.int64)
        for row, one in enumerate(encoded):
            ids[row, : len(one.ids)] = one.ids
            mask[row, : len(one.ids)] = 1
        return ids, mask


def _clean(text: str) -> str:
    # Lone surrogates cannot be passed on; they are nobody's words.
    return text.encode("utf-8", "replace").decode("utf-8")
