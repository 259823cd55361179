"""Run a bundle's forest with ONNX Runtime on the processor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nodulens.errors import BadData, NodulensError
from nodulens.runtime.bundle import FOREST, Bundle
from nodulens.runtime.graph import interface_of, load_graph, takes

PROBABILITY = "probability"


class OnnxForest:
    """A forest's graph, loaded.

    Args:
        path: of the file, for messages.
        content: its bytes.
        names: of the features that it is told, in order.
        attributes: what it names besides the labels.
        threads: that one answer may use.

    Raises:
        BadData: the graph does not take and give what it must.
    """

    def __init__(
        self,
        path: Path,
        content: bytes,
        names: Sequence[str],
        attributes: Iterable[str] = (),
        threads: int = 1,
    ) -> None:
        self.path = path
        self.names = list(names)
        self._outputs = [PROBABILITY, *attributes]
        self._session = load_graph(path, content, threads)
        count = len(self.names)
        gives = {value.name for value in self._session.get_outputs()}
        if not (
            takes(self._session, {"features": ("float", (None, count))})
            and gives.issuperset(self._outputs)
        ):
            raise BadData(
                f"{path}: {interface_of(self._session)}; this forest takes features, "
                f"float32 (B, {count}), and gives {', '.join(self._outputs)}"
            )

    @classmethod
    def of_bundle(cls, bundle: Bundle, threads: int = 1) -> OnnxForest:
        """Load the forest of a bundle that has one."""
        forest = bundle.description.forest
        assert forest is not None
        names = [feature.name for feature in forest.features]
        path = bundle.folder / FOREST
        return cls(path, bundle.read(FOREST), names, forest.attributes, threads)

    def __call__(self, features: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return what the forest says of some nodules.

        Args:
            features: (B, F), in the order of :attr:`names`.

        Returns:
            ``probability`` of each label, (B, labels), and for each attribute that of its values.

        Raises:
            NodulensError: an answer is not a probability.
        """
        answers = self._session.run(self._outputs, {"features": features.astype(np.float32)})
        result = {
            name: np.asarray(answer, np.float32)
            for name, answer in zip(self._outputs, answers, strict=True)
        }
        for answer in result.values():
            # NaN fails this comparison too.
            if answer.size and not (answer.min() >= -1e-5 and answer.max() <= 1 + 1e-5):
                raise NodulensError(
                    f"{self.path}: the forest gave numbers that are no probabilities; verify its "
                    "bundle with `nodulens weights verify`"
                )
        return {name: answer.clip(0, 1) for name, answer in result.items()}
