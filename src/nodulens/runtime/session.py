"""Run a bundle's network with ONNX Runtime on the processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nodulens.errors import BadData, NodulensError
from nodulens.runtime.bundle import MODEL, Bundle, Task
from nodulens.runtime.graph import interface_of, load_graph, takes
from nodulens.runtime.odds import bounded, log_odds, probability_of
from nodulens.runtime.preprocess import Letterbox
from nodulens.runtime.text_encoder import TextEncoder, Words
from nodulens.text.sides import swap_sides

_OF_WORDS = ("tokens", "token_mask", "pooled", "knowledge", "known")
"""Inputs of a guided graph, in the order of :class:`Words`."""


class OnnxModel:
    """A bundle's graph, loaded.

    Args:
        bundle: as :func:`nodulens.runtime.bundle.load_bundle` returns it.
        threads: that one answer may use.

    Attributes:
        reader: of words; None where the bundle reads none.

    Raises:
        BadData: a graph cannot be loaded, or does not take and give what a bundle's must.
    """

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        self.bundle = bundle
        taken = bundle.description.input
        if taken is None:
            raise BadData(f"{bundle.description.name}: has no network, only a forest")
        self.size = (taken.height, taken.width)
        self._session = load_graph(bundle.folder / MODEL, bundle.read(MODEL), threads)
        self._check_interface()
        self.reader = TextEncoder(bundle, threads) if bundle.description.uses_text else None

    def __call__(
        self, pixels: NDArray[np.uint8], words: Words | None = None
    ) -> NDArray[np.float32]:
        """Return ``probability`` for ``pixels``, uint8 (B, 1, H, W) of the input's size.

        Args:
            pixels: of B pictures.
            words: about all of them, from :attr:`reader`; None means no words.

        Raises:
            NodulensError: an answer is not a probability (NaN, or outside 0 to 1), or words are
                given to a model that reads none.
        """
        (answer,) = self._session.run(
            ["probability"], {"pixels": pixels, **self._of_words(words, len(pixels))}
        )
        result = np.asarray(answer, np.float32)
        # NaN fails this comparison too.
        if not (result.min() >= -1e-6 and result.max() <= 1 + 1e-6):
            raise NodulensError(
                f"the model {self.bundle.description.name} gave numbers that are no probabilities; "
                "verify it with `nodulens weights verify`"
            )
        return result.clip(0, 1)

    def _of_words(self, words: Words | None, count: int) -> dict[str, NDArray[np.generic]]:
        """Return the graph's inputs for words, for each of ``count`` pictures."""
        if self.reader is None:
            if words is not None:
                raise NodulensError(f"{self.bundle.description.name}: does not read words")
            return {}
        told = words or self.reader.no_words()
        return {
            name: np.repeat(part, count, axis=0)
            for name, part in zip(_OF_WORDS, told, strict=True)
            if part is not None
        }

    def _check_interface(self) -> None:
        height, width = self.size
        expected: dict[str, tuple[str, tuple[int | None, ...]]] = {
            "pixels": ("uint8", (None, 1, height, width))
        }
        needed = f"pixels, uint8 (B, 1, {height}, {width})"
        if (text := self.bundle.description.text) is not None:
            expected |= {
                "tokens": ("float", (None, None, text.width)),
                "token_mask": ("bool", (None, None)),
                "pooled": ("float", (None, text.pooled)),
            }
            needed += (
                f", tokens, float32 (B, L, {text.width}), token_mask, bool (B, L), and pooled, "
                f"float32 (B, {text.pooled})"
            )
            if text.knowledge:
                expected |= {
                    "knowledge": ("float", (None, None, text.pooled)),
                    "known": ("bool", (None, None)),
                }
                needed += f", knowledge, float32 (B, N, {text.pooled}), and known, bool (B, N)"
        gives = {value.name for value in self._session.get_outputs()}
        if not takes(self._session, expected) or "probability" not in gives:
            raise BadData(
                f"{self.bundle.folder / MODEL}: {interface_of(self._session)}; this bundle's "
                f"graph takes {needed}, and gives probability"
            )


def check_task(bundle: Bundle, task: Task) -> None:
    """Refuse a bundle that is for another task.

    Raises:
        BadData: it is.
    """
    if bundle.description.task != task:
        raise BadData(
            f"{bundle.description.name}: a model for {bundle.description.task}, where one for "
            f"{task} is needed; see `nodulens weights list`"
        )


class _ForTask:
    """A bundle's graph for one task.

    Args:
        bundle: of a network for the task.
        threads: that one answer may use.

    Raises:
        BadData: the bundle is for another task, or its graph is not a bundle's.
    """

    task: ClassVar[Task]

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        check_task(bundle, self.task)
        self.bundle = bundle
        self._model = OnnxModel(bundle, threads)


class OnnxSegmenter(_ForTask):
    """Segmenter of views at their own size, from a segmentation's bundle."""

    task = "segmentation"

    @property
    def reader(self) -> TextEncoder | None:
        """Reads words for the network; None where it reads none."""
        return self._model.reader

    def __call__(
        self, views: Sequence[NDArray[np.uint8]], text: str | None = None
    ) -> list[NDArray[np.float32]]:
        """Return for each uint8 view (h, w) the probability of nodule, float32 (h, w).

        Args:
            views: of scan areas, at their own size.
            text: words about all of them; None or an empty one means no words.

        Raises:
            NodulensError: words are given to a network that reads none.
        """
        result = []
        # One at a time: memory stays flat, and an answer does not depend on its neighbours.
        for view in views:
            letterbox = Letterbox((view.shape[0], view.shape[1]), self._model.size)
            answer = self._answer(letterbox.into(view)[None, None], text or None)
            result.append(letterbox.out_of(answer[0, 0]))
        return result

    def _answer(self, pixels: NDArray[np.uint8], text: str | None) -> NDArray[np.float32]:
        answer = self._look(pixels, text)
        description = self.bundle.description.text
        if text is None or description is None or description.reach is None:
            return answer
        return bounded(answer, self._look(pixels, None), description.reach)

    def _look(self, pixels: NDArray[np.uint8], text: str | None) -> NDArray[np.float32]:
        answer = self._model(pixels, self._words(text))
        description = self.bundle.description.text
        if description is None or not description.mirror:
            return answer
        # What is on the left of a picture is on the right of its mirror image: so must the words.
        swapped = None if text is None else swap_sides(text)
        mirrored = self._model(np.ascontiguousarray(pixels[..., ::-1]), self._words(swapped))
        odds = (log_odds(answer) + log_odds(mirrored[..., ::-1])) / 2
        return probability_of(odds).astype(np.float32)

    def _words(self, text: str | None) -> Words | None:
        if text is None:
            return None
        if self.reader is None:
            raise NodulensError(f"{self.bundle.description.name}: does not read words; give none")
        return self.reader(text)


class OnnxClassifier(_ForTask):
    """Classifier of regions of interest, from a classification's bundle."""

    task = "classification"

    def __call__(self, regions: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each uint8 region (h, w) the probability of each label, float32 (L,)."""
        result = []
        for region in regions:
            letterbox = Letterbox((region.shape[0], region.shape[1]), self._model.size)
            result.append(self._model(letterbox.into(region)[None, None])[0])
        return result
