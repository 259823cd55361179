"""A classification's bundle, asked about the nodules of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.evidence import find_evidence, say, strongest_first
from nodulens.analysis.judge import (
    FeatureJudge,
    Judge,
    RegionJudge,
    feature_table,
    held,
    positive_odds,
    stacked,
)
from nodulens.analysis.occlusion import occlusion_map
from nodulens.analysis.region import NoduleMasks, region_of_interest
from nodulens.errors import BadData
from nodulens.finding import Area, Evidence, Frame
from nodulens.measure.features import feature_names
from nodulens.runtime.bundle import Bundle, Part, Region
from nodulens.runtime.forest import OnnxForest
from nodulens.runtime.odds import log_odds, probability_of
from nodulens.runtime.session import OnnxClassifier, check_task


class Opinion(NamedTuple):
    """What is said of one nodule.

    Attributes:
        probability: of each label, float32 (L,).
        attributes: attribute to its values with their probabilities.
        evidence: what speaks for and against the last label, the strongest first.
    """

    probability: NDArray[np.float32]
    attributes: dict[str, dict[str, float]]
    evidence: list[Evidence]


class NoduleClassifier:
    """Judges nodules by whatever a bundle holds: a network, a forest, or both.

    Args:
        bundle: of a classification.
        threads: that one answer may use.

    Raises:
        BadData: the bundle is for another task, or a graph of it is not what it must be.
    """

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        self.bundle = bundle
        description = bundle.description
        check_task(bundle, "classification")
        self._judges: dict[Part, Judge] = {}
        if description.region is not None:
            network = OnnxClassifier(bundle, threads)
            self._judges["network"] = RegionJudge(network, description.region)
        self._forest: OnnxForest | None = None
        if description.forest is not None:
            self._forest = OnnxForest.of_bundle(bundle, threads)
            if strange := set(self._forest.names) - set(feature_names()):
                raise BadData(
                    f"{description.name}: its forest knows features that this Nodulens does not "
                    f"measure ({', '.join(sorted(strange))}); update Nodulens"
                )
            self._judges["forest"] = FeatureJudge(self._forest, self._forest.names)

    def __call__(self, frame: Frame, parts: NoduleMasks) -> list[NDArray[np.float32]]:
        """Return for each nodule the probability of each label, float32 (L,)."""
        if not parts:
            return []
        answers = {name: judge(frame, parts) for name, judge in self._judges.items()}
        return self._together(answers)

    def opinions(self, frame: Frame, parts: NoduleMasks) -> list[Opinion]:
        """Return all that is said of each nodule of a frame."""
        if not parts:
            return []
        answers: dict[Part, list[NDArray[np.float32]]] = {}
        attributes: list[dict[str, dict[str, float]]] = [{} for _ in parts]
        evidence: list[list[Evidence]] = [[] for _ in parts]
        if self._forest is not None:
            table = feature_table(frame, parts, self._forest.names)
            said = self._forest(table)
            answers["forest"] = list(said["probability"])
            attributes = self._attributes(said, len(parts))
            evidence = [self._evidence(row) for row in table]
        if (judge := self._judges.get("network")) is not None:
            answers["network"] = judge(frame, parts)
        return [
            Opinion(*one)
            for one in zip(
                self._together(answers),
                attributes,
                self._with_network(evidence, answers),
                strict=True,
            )
        ]

    def heat(
        self, frame: Frame, part: tuple[int, NDArray[np.bool_]]
    ) -> tuple[Area, NDArray[np.float32]]:
        """Map what speaks for and against the last label around a nodule, by hiding places.

        Of whatever the bundle holds: a hidden place is hidden from the network, and changes what
        the forest's features measure. Asks 50 times; a forest measures anew each time.

        Args:
            frame: with its scan areas.
            part: index of the nodule's scan area, and its mask, bool (H, W).

        Returns:
            The region and its :func:`~nodulens.analysis.occlusion.occlusion_map`, float32 (h, w).
        """
        index, mask = part
        region = self.bundle.description.region or Region()
        box = region_of_interest(mask, frame.scan_areas[index], region)

        def classify(regions: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
            answers = []
            for picture in regions:
                pixels = frame.pixels.copy()
                pixels[box.slices] = picture
                answers += self(replace(frame, pixels=pixels), [part])
            return answers

        return box, occlusion_map(classify, frame.pixels[box.slices])

    def _together(
        self, answers: dict[Part, list[NDArray[np.float32]]]
    ) -> list[NDArray[np.float32]]:
        stack = self.bundle.description.stack
        if stack is None:
            (only,) = answers.values()
            return only
        odds = stacked(stack, {name: positive_odds(of) for name, of in answers.items()})
        positive = probability_of(odds).astype(np.float32)
        return [np.stack([1 - one, one]) for one in positive]

    def _attributes(
        self, said: dict[str, NDArray[np.float32]], count: int
    ) -> list[dict[str, dict[str, float]]]:
        forest = self.bundle.description.forest
        assert forest is not None
        return [
            {
                name: {
                    value: round(float(share), 4)
                    for value, share in zip(values, said[name][number], strict=True)
                }
                for name, values in forest.attributes.items()
            }
            for number in range(count)
        ]

    def _evidence(self, features: NDArray[np.float32]) -> list[Evidence]:
        description, forest = self.bundle.description, self._forest
        assert forest is not None
        assert description.forest is not None
        weight = 1.0 if description.stack is None else description.stack.weights["forest"]
        return find_evidence(
            description.forest,
            features,
            lambda rows: log_odds(forest(rows)["probability"][:, -1]),
            weight,
            description.labels[-1],
        )

    def _with_network(
        self, evidence: list[list[Evidence]], answers: dict[Part, list[NDArray[np.float32]]]
    ) -> list[list[Evidence]]:
        """Add what the network's own impression says, where it is weighed with a forest's."""
        stack, label = self.bundle.description.stack, self.bundle.description.labels[-1]
        if stack is None or len(answers) < 2:
            return evidence
        odds = held(positive_odds(answers["network"]))
        changes = stack.weights["network"] * (odds - stack.usual["network"])
        seen = "how the network takes the region around it"
        return [
            strongest_first([*own, say("impression", seen, change, label)])
            for own, change in zip(evidence, changes.tolist(), strict=True)
        ]
