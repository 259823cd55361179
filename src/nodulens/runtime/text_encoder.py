"""Run a bundle's text tower with ONNX Runtime: words to vectors."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodulens.errors import BadData
from nodulens.runtime.bundle import Bundle
from nodulens.runtime.graph import interface_of, load_graph, takes
from nodulens.text.knowledge import KnowledgeBank
from nodulens.text.tokenizer import Tokenizer

_REMEMBERED = 256
"""Texts whose vectors are kept: of a batch usually one, or one a picture."""

_LONGEST_TOKEN = 200
"""Characters of a token at most; what comes after so many for each token is surely not read."""


class Words(NamedTuple):
    """A text as a guided graph takes it.

    Attributes:
        tokens: float32 (1, L, D), one vector a token.
        mask: bool (1, L), True where there is a token; all False for "no words".
        pooled: float32 (1, P), one vector for the whole text.
        knowledge: float32 (1, N, P), one vector for each description of a term in the text; None
            where the bundle does not want to know.
        known: bool (1, N), True where there is a description.
    """

    tokens: NDArray[np.float32]
    mask: NDArray[np.bool_]
    pooled: NDArray[np.float32]
    knowledge: NDArray[np.float32] | None = None
    known: NDArray[np.bool_] | None = None


class TextEncoder:
    """The text tower of a guided bundle, with its tokenizer.

    Args:
        bundle: of a network that reads words.
        threads: that one answer may use.

    Raises:
        BadData: the bundle reads no words, or its tokenizer or graph cannot be loaded or is not
            one of a bundle.
    """

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        description = bundle.description.text
        if description is None:
            raise BadData(f"{bundle.description.name}: reads no words and has no text encoder")
        self.description = description
        self._path = bundle.folder / description.encoder
        self._tokenizer = _load_tokenizer(bundle, description.tokenizer)
        self._session = load_graph(self._path, bundle.read(description.encoder), threads)
        self._check_interface()
        self._remembered = lru_cache(_REMEMBERED)(self._encode)

    def __call__(self, text: str) -> Words:
        """Return the vectors of a text, which is read up to the bundle's limit.

        Raises:
            BadData: the graph fails on the text's tokens, or gives something else than described.
        """
        return self._remembered(text)

    def no_words(self) -> Words:
        """Return what stands for "no words"."""
        return self._with_knowledge(
            Words(
                np.zeros((1, 1, self.description.width), np.float32),
                np.zeros((1, 1), np.bool_),
                np.zeros((1, self.description.pooled), np.float32),
            ),
            [],
        )

    def is_too_long(self, text: str) -> bool:
        """Tell whether a text has more tokens than are read."""
        if len(text) > _LONGEST_TOKEN * self.description.limit:
            return True
        return self._tokenizer.count(text) > self.description.limit

    def _encode(self, text: str) -> Words:
        terms = KnowledgeBank.load().terms_in(text) if self.description.knowledge else []
        meanings = [self._vectors(term.description).pooled for term in terms]
        words = self._with_knowledge(self._vectors(text), meanings)
        for part in words:
            if part is not None:
                part.setflags(write=False)  # what is remembered must not be changed by a caller
        return words

    def _with_knowledge(self, words: Words, meanings: list[NDArray[np.float32]]) -> Words:
        """Add the vectors of descriptions, (1, P) each, where the bundle wants them."""
        if not self.description.knowledge:
            return words
        nothing = np.zeros((1, self.description.pooled), np.float32)
        return words._replace(
            knowledge=np.stack(meanings or [nothing], axis=1),
            known=np.full((1, max(1, len(meanings))), bool(meanings)),
        )

    def _vectors(self, text: str) -> Words:
        limit = self.description.limit
        ids, mask = self._tokenizer.encode([text[: _LONGEST_TOKEN * limit]], limit)
        try:
            tokens, pooled = self._session.run(
                ["tokens", "pooled"], {"ids": ids, "attention": mask}
            )
        except Exception as error:  # ONNX Runtime's own exceptions share no narrower base
            raise BadData(
                f"{self._path}: fails on the tokens of {text[:60]!r} ({error}); the tokenizer may "
                "belong to another encoder, export the bundle again"
            ) from error
        words = Words(
            np.asarray(tokens, np.float32), mask.astype(np.bool_), np.asarray(pooled, np.float32)
        )
        expected = ((*ids.shape, self.description.width), (1, self.description.pooled))
        shapes = (words.tokens.shape, words.pooled.shape)
        finite = np.isfinite(words.tokens).all() and np.isfinite(words.pooled).all()
        if shapes != expected or not finite:
            raise BadData(
                f"{self._path}: gives {shapes} where {expected} of finite numbers was described; "
                "export the bundle again"
            )
        return words

    def _check_interface(self) -> None:
        line = ("int64", (None, None))
        gives = {value.name for value in self._session.get_outputs()}
        if not takes(self._session, {"ids": line, "attention": line}) or not (
            {"tokens", "pooled"} <= gives
        ):
            raise BadData(
                f"{self._path}: {interface_of(self._session)}; a text encoder takes ids and "
                "attention, int64 (B, L), and gives tokens and pooled"
            )


def _load_tokenizer(bundle: Bundle, name: str) -> Tokenizer:
    content = bundle.read(name)
    try:
        return Tokenizer.load(content)
    except BadData as error:
        raise BadData(
            f"{bundle.folder / name}: no tokenizer that can be read ({error}); export the bundle "
            "again"
        ) from error
