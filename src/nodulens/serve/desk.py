"""What is done with pictures, by a process of its own: everything that decodes what was uploaded.

Paths are of the server's own making; names and words are a client's and only passed on. Arguments
and answers are plain data, since they cross from one process to another.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nodulens.analysis.analyzer import Analyzer
from nodulens.data.manifest import MANIFEST, Row, count_rows, read_manifest
from nodulens.data.pictures import encode_mask, read_mask
from nodulens.errors import NodulensError, UnreadableFile
from nodulens.finding import Area, Finding, Frame
from nodulens.frames import FrameFile, user_scale
from nodulens.frames.limits import refuse_truncated
from nodulens.report.batch import analyze_source
from nodulens.report.heat import draw_heat, limit_of
from nodulens.report.sources import Source
from nodulens.serve import clicks
from nodulens.serve.masks import (
    as_nodule,
    decode_mask,
    draw_rings,
    encode_grey,
    joined,
    separate,
    small,
    trace_rings,
)
from nodulens.serve.problems import Refusal

_MOST_ANALYZERS = 2
"""Pairs of models that stay loaded, some 150 MB each."""


@dataclass(frozen=True)
class Models:
    """Which models, and at which scale.

    Attributes:
        segmenter, classifier: names of bundles.
        store: folder of bundles, instead of the user's store.
        mm_per_px: instead of what the files say.
    """

    segmenter: str
    classifier: str | None
    store: Path | None = None
    mm_per_px: float | None = None


@dataclass(frozen=True)
class Looked:
    """What a file is: see :class:`nodulens.serve.models.Image`; ``patient`` is its patient's ID."""

    dicom: bool
    frames: int
    width: int
    height: int
    patient: str | None


@dataclass(frozen=True)
class Drawn:
    """What somebody drew: rings or a mask, as of :class:`nodulens.serve.models.Outline`."""

    rings: list[list[tuple[float, float]]] | None
    mask: str | None

    def on(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the mask, bool (H, W)."""
        if self.mask is not None:
            return decode_mask(self.mask, shape)
        assert self.rings is not None
        return draw_rings(self.rings, shape)


class _Watched(Analyzer):
    """An analyzer that tells of each frame."""

    told: Callable[[], None] = staticmethod(lambda: None)

    def analyze_frame(self, *args: Any, **options: Any) -> Finding:
        """Analyze a frame, then tell."""
        finding = super().analyze_frame(*args, **options)
        self.told()
        return finding


class Desk:
    """Keeps models loaded and the last file open between its tasks.

    Each task is a method; ``told`` is called with the number of frames done, by those that take
    long.
    """

    def __init__(self) -> None:
        self._analyzers: OrderedDict[tuple[str, str | None, Path | None], _Watched] = OrderedDict()
        self._file: tuple[Path, FrameFile] | None = None
        self.told: Callable[[int], None] = lambda _: None

    def close(self) -> None:
        """Close the file that is open."""
        if self._file is not None:
            self._file[1].close()
            self._file = None

    def warm(self, models: Models) -> None:
        """Load models, so that the first task with them is as fast as all others."""
        self._analyzer(models)

    def look(self, path: Path) -> Looked:
        """Find out what a file is, and decode its first frame.

        Raises:
            UnreadableFile: it cannot be read.
        """
        with FrameFile(path) as file:
            _refuse_segmentation(file)
            frame = file[0]
            patient = str(file.header.get("PatientID") or "") if file.header is not None else ""
            height, width = frame.pixels.shape
            return Looked(file.header is not None, len(file), width, height, patient or None)

    def rows(self, folder: Path, most: int) -> list[Row]:
        """Read the manifest of a data set.

        Args:
            folder: that holds it.
            most: rows that it may have; a few bytes can claim millions.

        Returns:
            Its rows without texts and notes.

        Raises:
            NodulensError: it is none, or has more rows.
        """
        count = count_rows(folder)
        if count > most:
            raise NodulensError(
                f"{folder / MANIFEST}: {count} rows, {most} are the most; divide it"
            )
        return [row.model_copy(update={"text": None, "notes": []}) for row in read_manifest(folder)]

    def look_at_mask(self, path: Path, width: int, height: int) -> int:
        """Find out whether a mask can be taken over.

        Returns:
            How many specks are in it, which are no nodules.

        Raises:
            NodulensError: it is no picture, or not of this size.
        """
        mask = read_mask(path)
        if mask.shape != (height, width):
            raise NodulensError(
                f"{path}: the mask has {mask.shape[1]}×{mask.shape[0]} pixels and its picture "
                f"{width}×{height}; export it again"
            )
        return separate(mask)[1]

    def match(self, path: Path, known: Sequence[Path]) -> list[tuple[str, int | None]]:
        """Find which nodules the parts of a mask are.

        Args:
            path: PNG of the mask.
            known: PNGs of nodules of the same frame.

        Returns:
            Of each part, the largest first: a PNG of it in base64; and the index of the nodule
            that it has most pixels in common with, each nodule once, None if there is none.
        """
        nodules = dict(enumerate(read_mask(one) for one in known))
        found: list[tuple[str, int | None]] = []
        for part in separate(read_mask(path))[0]:
            shared = {number: int((one & part).sum()) for number, one in nodules.items()}
            best = max(shared, key=shared.__getitem__, default=None)
            if best is not None and not shared[best]:
                best = None
            if best is not None:
                del nodules[best]
            found.append((base64.b64encode(encode_mask(part)).decode(), best))
        return found

    def frame(self, path: Path, index: int) -> bytes:
        """Return a frame as PNG, 8-bit grey, as the analysis sees it."""
        return encode_grey(self._frame(path, index).pixels)

    def thumbnail(self, path: Path) -> bytes:
        """Return the middle frame, small, as PNG."""
        with FrameFile(path) as file:
            return small(file[len(file) // 2].pixels)

    def analyze(
        self,
        models: Models,
        path: Path,
        shown: str,
        name: str,
        out: Path,
        text: str | None,
        every: int,
    ) -> list[str]:
        """Analyze a file; see :func:`nodulens.report.batch.analyze_source`.

        Args:
            models: to ask.
            path: of the file.
            shown: what findings call it.
            name: of its results in ``out``.
            out: folder of the results.
            text, every: as for ``nodulens analyze``.

        Returns:
            Its findings, a line of JSON each.
        """
        analyzer = self._analyzer(models)
        done = 0

        def count() -> None:
            nonlocal done
            done += 1
            self.told(done)

        analyzer.told = count
        try:
            source = Source(path, shown, name, text)
            lines = analyze_source(source, out, analyzer, every)
        finally:
            del analyzer.told
        # Where the decoder, not the reader, complains, it knows the path alone.
        return [line.replace(str(path), shown) for line in lines]

    def describe(
        self,
        models: Models,
        path: Path,
        index: int,
        drawn: Drawn,
        probabilities: Path,
    ) -> tuple[Finding, bytes]:
        """Measure and judge what somebody drew.

        Args:
            models: to judge.
            path, index: of the frame.
            drawn: the outline.
            probabilities: PNG of the segmenter's map of the frame.

        Returns:
            A finding with the one nodule, and its mask as PNG.

        Raises:
            Refusal: the outline is not a nodule's.
        """
        analyzer, frame = self._analyzer(models), self._frame(path, index)
        shape = frame.pixels.shape[0], frame.pixels.shape[1]
        part = as_nodule(drawn.on(shape), frame.scan_areas)
        nodules = analyzer.describe(
            replace(frame, scan_areas=part.areas),
            [(part.scan_area, part.mask)],
            _shares(probabilities),
        )
        finding = Finding(source="", frame=index, nodules=nodules)
        return finding, encode_grey(part.mask.astype(np.uint8) * 255)

    def words(self, models: Models, path: Path, index: int, text: str) -> tuple[Finding, Finding]:
        """Analyze a frame with words, and without any."""
        analyzer, frame = self._analyzer(models), self._frame(path, index)
        return analyzer.analyze_frame(frame, text), analyzer.analyze_frame(frame, "none")

    def refine(
        self,
        path: Path,
        index: int,
        operation: str,
        begin: Drawn | Path | None,
        positive: Sequence[tuple[float, float]],
        negative: Sequence[tuple[float, float]],
        radius: float,
        probabilities: Path,
    ) -> list[list[tuple[float, float]]]:
        """Make an outline better; see :mod:`nodulens.serve.clicks`.

        Args:
            path, index: of the frame.
            operation: ``clicks``, ``smooth`` or ``fill``.
            begin: the outline, or a PNG of it; None for the network's own.
            positive, negative, radius: of the operation.
            probabilities: PNG of the segmenter's map of the frame.

        Returns:
            Its outer ring.

        Raises:
            Refusal: nothing sensible comes out.
        """
        frame = self._frame(path, index)
        shape = frame.pixels.shape[0], frame.pixels.shape[1]
        before = None
        if isinstance(begin, Drawn):
            before = begin.on(shape)
        elif begin is not None:
            before = _grey(begin) > 127
        if operation == "clicks":
            area = _area_at(frame, [*positive, *negative])
            mask = clicks.segment_by_clicks(
                frame.pixels, _shares(probabilities), area, positive, negative, before
            )
        else:
            assert before is not None  # the request was checked
            mask = clicks.smooth(before, radius) if operation == "smooth" else clicks.fill(before)
        return trace_rings(as_nodule(mask, frame.scan_areas).mask)

    def looked_at(
        self, models: Models, path: Path, index: int, mask: Path
    ) -> tuple[bytes, dict[str, int]]:
        """Map what the classifier looks at around a nodule, by hiding places; takes seconds.

        Returns:
            PNG in colour with its legend, and the region of the frame that it shows.

        Raises:
            Refusal: there is no classifier.
        """
        analyzer, frame = self._analyzer(models), self._frame(path, index)
        if analyzer.classifier is None:
            raise Refusal(409, "this analysis has no classifier", "analyze with one")
        part = as_nodule(_grey(mask) > 127, frame.scan_areas)
        box, heat = analyzer.classifier.heat(
            replace(frame, scan_areas=part.areas), (part.scan_area, part.mask)
        )
        drawn = draw_heat(
            frame.pixels[box.slices],
            heat,
            part.mask[box.slices],
            label="suspicion",
            limit=limit_of([heat]),
        )
        return encode_grey(drawn), box.model_dump()

    def _analyzer(self, models: Models) -> _Watched:
        key = models.segmenter, models.classifier, models.store
        if key not in self._analyzers:
            while len(self._analyzers) >= _MOST_ANALYZERS:
                self._analyzers.popitem(last=False)
            self._analyzers[key] = _Watched(
                models.segmenter, models.classifier, store=models.store, probabilities=True
            )
        self._analyzers.move_to_end(key)
        analyzer = self._analyzers[key]
        analyzer.scale = None if models.mm_per_px is None else user_scale(models.mm_per_px)
        return analyzer

    def _frame(self, path: Path, index: int) -> Frame:
        """Decode a frame; a file stays open, for the next frame is often of the same."""
        if self._file is None or self._file[0] != path:
            self.close()
            self._file = path, FrameFile(path)
        file = self._file[1]
        if index >= len(file):
            raise Refusal(404, f"there is no frame {index}", f"there are {len(file)}, from 0")
        return file[index]


def _refuse_segmentation(file: FrameFile) -> None:
    """Refuse an object whose pixels could be shown, and are no picture (PS3.3, A.51)."""
    if file.header is not None and file.header.get("Modality") == "SEG":
        raise UnreadableFile(
            f"{file.source}: this is a DICOM segmentation, not a picture; upload the pictures that "
            "it is about, or for their outlines the ZIP of an exported data set"
        )


def _area_at(frame: Frame, points: Sequence[tuple[float, float]]) -> Area:
    """Return the scan area of the first click, extended to hold the others, within the frame."""
    x, y = points[0]
    inside = [
        area
        for area in frame.scan_areas
        if area.x <= x < area.x + area.width and area.y <= y < area.y + area.height
    ]
    height, width = frame.pixels.shape
    area = inside[0] if inside else Area(x=0, y=0, width=width, height=height)
    for x, y in points:
        if 0 <= x < width and 0 <= y < height:
            area = joined(area, Area(x=int(x), y=int(y), width=1, height=1))
    return area


def _grey(path: Path) -> NDArray[np.uint8]:
    refuse_truncated()
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"))


def _shares(path: Path) -> NDArray[np.float32]:
    return np.asarray(_grey(path) / np.float32(255), np.float32)
