"""The pipeline: a picture in, findings out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.agreement import agree, wanted
from nodulens.analysis.attributes import name_attributes, possible_tirads
from nodulens.analysis.cine import Follower, with_tracks
from nodulens.analysis.classifier import NoduleClassifier, Opinion
from nodulens.analysis.region import NoduleMasks
from nodulens.analysis.segment import nodule_masks, probability_map
from nodulens.analysis.words import Words, choose_words
from nodulens.errors import NodulensError
from nodulens.finding import (
    Finding,
    Frame,
    Malignancy,
    ModelIdentity,
    Nodule,
    Outcome,
    TextOrigin,
)
from nodulens.frames import FrameFile, user_scale
from nodulens.measure.outline import outline
from nodulens.measure.shape import is_taller_than_wide, measure_shape
from nodulens.measure.size import measure_size
from nodulens.runtime.bundle import load_bundle
from nodulens.runtime.session import OnnxSegmenter
from nodulens.runtime.store import find_bundle

SEGMENTER = "ddti-unet-lite0"
"""Bundle that outlines nodules unless another is named."""
CLASSIFIER = "ddti-malignancy"
"""Bundle that estimates malignancy unless another is named."""


class Analyzer:
    """Outlines, measures and judges the nodules of thyroid ultrasound pictures.

    Loading takes about a second; then the same analyzer answers for any number of pictures.
    Research use only.

    Args:
        segmenter: name of a bundle (``nodulens weights list``), or its folder.
        classifier: likewise; None leaves malignancy out.
        threads: of the processor for one picture.
        mm_per_px: millimetres a pixel of every picture, instead of what the files say.
        store: folder of bundles, instead of the user's store.
        explain: map what the classifier looked at, which asks it 50 times a nodule.
        probabilities: keep the segmenter's map in each finding's ``probability_map``.

    Raises:
        BadData: a bundle is not found, or not whole.
        NodulensError: ``mm_per_px`` is no plausible size of a pixel.

    Example:
        >>> analyzer = Analyzer()
        >>> finding = analyzer("scan.png")
        >>> for nodule in finding.nodules:
        ...     print(nodule.id, nodule.taller_than_wide, nodule.long_axis_mm, finding.scale.origin)
        1 False None unknown
        >>> finding.nodules[0].pixels.shape == (finding.height, finding.width)
        True
    """

    def __init__(
        self,
        segmenter: str | Path = SEGMENTER,
        classifier: str | Path | None = CLASSIFIER,
        *,
        threads: int = 1,
        mm_per_px: float | None = None,
        store: Path | None = None,
        explain: bool = False,
        probabilities: bool = False,
    ) -> None:
        self.scale = None if mm_per_px is None else user_scale(mm_per_px)
        self.explain = explain
        self.probabilities = probabilities
        self.segmenter = OnnxSegmenter(load_bundle(find_bundle(segmenter, store)), threads)
        self.classifier = (
            None
            if classifier is None
            else NoduleClassifier(load_bundle(find_bundle(classifier, store)), threads)
        )

    @property
    def models(self) -> list[ModelIdentity]:
        """Which models speak, as each finding records them."""
        models = [self.segmenter.bundle.identity]
        if self.classifier is not None:
            models.append(self.classifier.bundle.identity)
        return models

    def __call__(self, path: str | Path, text: str | None = None) -> Finding:
        """Analyze a file of one frame.

        Args:
            path: PNG, JPEG, BMP, TIFF or DICOM.
            text: what is known about the nodule, in English words: "small hypoechoic nodule in
                the left upper part". Left and right are the picture's. A segmenter that reads
                words outlines what they speak of; the finding's ``text`` and ``notes`` say what
                was made of them. ``"none"`` leaves words out where the segmenter has some of its
                own.

        Returns:
            The finding; each nodule's ``pixels`` is its mask, bool (height, width).

        Raises:
            UnreadableFile: it is no such file, or cannot be decoded.
            NodulensError: it holds several frames; :meth:`analyze` takes those. Or the text is
                longer than any report.
        """
        with FrameFile(path) as file:
            if len(file) > 1:
                raise NodulensError(
                    f"{path}: holds {len(file)} frames; use Analyzer.analyze for them"
                )
            return self.analyze_frame(file[0], text)

    def analyze(self, path: str | Path, text: str | None = None, every: int = 1) -> list[Finding]:
        """Analyze every frame of a file; as calling the analyzer, with one finding a frame.

        In a DICOM cine, each nodule's ``track`` says which it is of the nodules of the file.

        Args:
            path, text: as for calling the analyzer.
            every: of a cine, analyze the first frame and each one this many further on.
        """
        with FrameFile(path) as file:
            if not file.is_cine:
                return [self.analyze_frame(frame, text) for frame in file]
            follower, findings = Follower(), []
            for index in range(0, len(file), every):
                frame = file[index]
                findings.append(self.analyze_frame(frame, text))
                follower.add(frame, findings[-1])
        tracks = follower.tracks()
        return [with_tracks(finding, tracks) for finding in findings]

    def analyze_frame(
        self,
        frame: Frame,
        text: str | None = None,
        *,
        text_from: TextOrigin = "argument",
        explain: bool | None = None,
    ) -> Finding:
        """Analyze one frame that was read already.

        Args:
            frame: as :func:`nodulens.read` gives it.
            text: as for calling the analyzer.
            text_from: where the text comes from, as the finding records it.
            explain: as the analyzer itself, if None.
        """
        explain = self.explain if explain is None else explain
        frame = self._scaled(frame)
        description = self.segmenter.bundle.description
        least = description.threshold, description.postprocessing.minimum_share
        words = choose_words(text, self.segmenter, text_from)
        reach = description.text.reach if description.text and words.told else None
        outcomes: list[Outcome] = []

        def outline_as_told(views: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
            agreed = [
                agree(answer, words.descriptors, *least, reach)
                for answer in self.segmenter(views, words.told)
            ]
            outcomes.extend(one.outcome for one in agreed)
            return [one.probability for one in agreed]

        probability = probability_map(frame, outline_as_told)
        masks = nodule_masks(probability, frame.scan_areas, *least)
        words = words.after(outcomes)
        nodules = self.describe(frame, masks, probability, explain=explain)
        return Finding(
            source=frame.source,
            frame=frame.index,
            sha256=frame.sha256,
            width=frame.pixels.shape[1],
            height=frame.pixels.shape[0],
            scale=frame.scale,
            scan_areas=frame.scan_areas,
            b_mode=frame.b_mode,
            nodules=nodules,
            confidence=max((nodule.confidence for nodule in nodules), default=None),
            text=words.use,
            models=self.models,
            notes=[*frame.notes, *words.notes, *_on_views(frame, words)],
            probability_map=probability if self.probabilities else None,
        )

    def describe(
        self,
        frame: Frame,
        parts: NoduleMasks,
        probability: NDArray[np.float32],
        *,
        explain: bool = False,
    ) -> list[Nodule]:
        """Measure and judge nodules of a frame, whoever outlined them.

        Args:
            frame: with its scan areas.
            parts: of each nodule the index of its scan area and its mask, bool (H, W), not empty,
                one connected part.
            probability: of nodule as the segmenter sees it, float32 (H, W); the confidence is its
                mean over a mask.
            explain: map what the classifier looks at, too.

        Returns:
            The nodules in the order of ``parts``, numbered from 1.
        """
        frame = self._scaled(frame)
        return [
            self._describe(frame, number, index, mask, probability, opinion, explain)
            for number, ((index, mask), opinion) in enumerate(
                zip(parts, self._opinions(frame, parts), strict=True), 1
            )
        ]

    def _scaled(self, frame: Frame) -> Frame:
        return frame if self.scale is None else replace(frame, scale=self.scale)

    def _describe(
        self,
        frame: Frame,
        number: int,
        scan_area: int,
        mask: NDArray[np.bool_],
        probability: NDArray[np.float32],
        opinion: Opinion | None,
        explain: bool,
    ) -> Nodule:
        spacing = frame.scale.mm_per_px_xy
        size = measure_size(mask, spacing)
        taller = is_taller_than_wide(mask, spacing)
        attributes = name_attributes(opinion.attributes) if opinion is not None else {}
        return Nodule(
            id=number,
            scan_area=scan_area,
            contour=[[(x, y) for x, y in outline(mask).tolist()]],
            bounding_box=size.bounding_box,
            area_px=size.area_px,
            area_mm2=_rounded(size.area_mm2),
            long_axis_px=_rounded(size.long_axis_px),
            short_axis_px=_rounded(size.short_axis_px),
            long_axis_mm=_rounded(size.long_axis_mm),
            short_axis_mm=_rounded(size.short_axis_mm),
            long_axis_line=size.long_axis_line,
            short_axis_line=size.short_axis_line,
            taller_than_wide=taller,
            shape=measure_shape(mask, spacing),
            malignancy=None if opinion is None else self._malignancy(opinion),
            attributes=attributes or None,
            tirads=possible_tirads(attributes, taller, size.long_axis_mm) if attributes else None,
            evidence=(opinion.evidence or None) if opinion is not None else None,
            confidence=_rounded(float(probability[mask].mean())),
            pixels=mask,
            heat=self.classifier.heat(frame, (scan_area, mask))
            if self.classifier is not None and explain
            else None,
        )

    def _opinions(self, frame: Frame, parts: NoduleMasks) -> list[Opinion] | list[None]:
        """Return for each nodule what the classifier says of it."""
        if self.classifier is None:
            return [None] * len(parts)
        return self.classifier.opinions(frame, parts)

    def _malignancy(self, opinion: Opinion) -> Malignancy:
        assert self.classifier is not None
        description = self.classifier.bundle.description
        assert description.meaning is not None  # a classification's description has one
        probability = _rounded(float(opinion.probability[-1]))
        if probability >= description.threshold:
            decision = description.labels[-1]
        else:
            decision = description.labels[int(opinion.probability[:-1].argmax())]
        said = Malignancy(
            probability=probability,
            decision=decision,
            threshold=description.threshold,
            meaning=description.meaning,
        )
        if (deferral := description.deferral) is not None:
            labels = zip(description.labels, deferral.possible(probability), strict=True)
            said.defer = deferral.defers(probability)
            said.possible = [label for label, possible in labels if possible]
            said.undecided = deferral.undecided
            said.error_rate = deferral.error
        return said


def _on_views(frame: Frame, words: Words) -> list[str]:
    count = len(frame.scan_areas)
    if count < 2 or (words.told is None and not wanted(words.descriptors)):
        return []
    return [f"the text was told for each of the {count} views, as if it spoke of that view alone"]


@overload
def _rounded(value: float) -> float: ...
@overload
def _rounded(value: None) -> None: ...
def _rounded(value: float | None) -> float | None:
    """Keep six significant digits, more than any of these numbers has."""
    return None if value is None else float(f"{value:.6g}")
