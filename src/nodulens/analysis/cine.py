"""Follow nodules through the frames of a cine, and choose the frames to report them by.

A nodule keeps its place from one frame to the next, more or less, so the outline that overlaps with
its last one is taken for the same nodule. Nothing is drawn or measured between frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from nodulens.finding import Area, Finding, Frame, Nodule, Track

LEAST_OVERLAP = 0.3
"""Of the smaller of two outlines that the other must share for both to be one nodule."""
LONGEST_GAP = 5
"""Analyzed frames in a row on which a nodule may be missed and still be the same."""
LEAST_FRAMES = 3
"""Analyzed frames that must show a nodule for it to be reported; fewer are a passing shadow."""
SHORT_CINE = 10
"""Analyzed frames up to which every nodule is reported, however few show it."""
_NEARLY_LARGEST = 0.7
"""Share of the largest section's area that the sharpest frame must show."""


@dataclass
class _Sight:
    """A nodule on one frame."""

    frame: int
    nodule: int
    area: int
    sharpness: float
    b_mode: bool


@dataclass
class _Course:
    """A nodule over the frames, and where it was seen last: its box, the mask in it."""

    scan_area: int
    box: Area = field(init=False)
    mask: NDArray[np.bool_] = field(init=False)
    turn: int = field(init=False)
    sights: list[_Sight] = field(default_factory=list)


class Follower:
    """Takes the findings of a cine frame by frame; then says which nodule is which.

    Of each nodule only the last mask stays in memory.

    Example:
        >>> follower = Follower()
        >>> follower.tracks()
        {}
    """

    def __init__(self) -> None:
        self._courses: list[_Course] = []
        self._turn = 0

    def add(self, frame: Frame, finding: Finding) -> None:
        """Take the next analyzed frame and its finding, whose nodules have their ``pixels``."""
        self._turn += 1
        open_courses = [one for one in self._courses if self._turn - one.turn <= LONGEST_GAP + 1]
        followed = self._match(open_courses, finding.nodules)
        for number, nodule in enumerate(finding.nodules):
            box = nodule.bounding_box
            course = followed.get(number)
            if course is None:
                course = _Course(nodule.scan_area)
                self._courses.append(course)
            course.box, course.mask = box, nodule.pixels[box.slices].copy()
            course.turn = self._turn
            sharpness = measure_sharpness(frame.pixels, box)
            course.sights.append(
                _Sight(frame.index, nodule.id, nodule.area_px, sharpness, frame.b_mode)
            )

    @staticmethod
    def _match(courses: list[_Course], nodules: list[Nodule]) -> dict[int, _Course]:
        """Pair nodules with courses, the sum of overlaps as large as it can be."""
        overlap = np.array(
            [[_overlap(course, nodule) for nodule in nodules] for course in courses]
        ).reshape(len(courses), len(nodules))
        pairs = zip(*optimize.linear_sum_assignment(overlap, maximize=True), strict=True)
        return {b: courses[a] for a, b in pairs if overlap[a, b] >= LEAST_OVERLAP}

    def tracks(self) -> dict[tuple[int, int], Track]:
        """Return which nodule is which, by frame number and nodule number.

        The frame of a nodule's largest section and that of its sharpest picture, among those with
        at least 0.7 of that section, are its key frames; frames that are not B-mode only where
        there are no others. A nodule on fewer than three frames has none, unless the cine is short.
        """
        result = {}
        for number, course in enumerate(self._courses, 1):
            largest, sharpest = self._key_sights(course)
            frames = [sight.frame for sight in course.sights]
            for sight in course.sights:
                key: list[Literal["largest", "sharpest"]] = []
                if sight is largest:
                    key.append("largest")
                if sight is sharpest:
                    key.append("sharpest")
                result[sight.frame, sight.nodule] = Track(
                    id=number,
                    key=key,
                    first=min(frames),
                    last=max(frames),
                    frames=len(frames),
                    analyzed=self._turn,
                )
        return result

    def _key_sights(self, course: _Course) -> tuple[_Sight | None, _Sight | None]:
        if self._turn > SHORT_CINE and len(course.sights) < LEAST_FRAMES:
            return None, None
        sights = [sight for sight in course.sights if sight.b_mode] or course.sights
        largest = max(sights, key=lambda sight: sight.area)
        large = [sight for sight in sights if sight.area >= _NEARLY_LARGEST * largest.area]
        return largest, max(large, key=lambda sight: sight.sharpness)


def with_tracks(finding: Finding, tracks: dict[tuple[int, int], Track]) -> Finding:
    """Return the finding of one frame with what :meth:`Follower.tracks` says of its nodules."""
    nodules = [
        nodule.model_copy(update={"track": tracks[finding.frame, nodule.id]})
        for nodule in finding.nodules
    ]
    return finding.model_copy(update={"nodules": nodules})


def is_key(finding: Finding) -> bool:
    """Whether a frame of a cine is to be reported: it is a key frame of one of its nodules."""
    return any(nodule.track is not None and nodule.track.key for nodule in finding.nodules)


def measure_sharpness(pixels: NDArray[np.uint8], box: Area) -> float:
    """Return how sharp a nodule and its surroundings are: spread of the Laplacian over brightness.

    The variance of the Laplacian is a usual measure of focus (Pertuz and others, Pattern
    Recognition 46, 2013); divided by the mean grey value, so that gain does not count as focus.

    Args:
        pixels: uint8 (H, W).
        box: around the nodule; half its size more on every side is looked at.

    Returns:
        A number without unit, 0 or more; to compare frames of one cine by.
    """
    margin_x, margin_y = box.width // 4 + 1, box.height // 4 + 1
    around = pixels[
        max(0, box.y - margin_y) : box.y + box.height + margin_y,
        max(0, box.x - margin_x) : box.x + box.width + margin_x,
    ].astype(np.float32)
    return float(ndimage.laplace(around).std() / (around.mean() + 1))


def _overlap(course: _Course, nodule: Nodule) -> float:
    """Return the shared area of a course's last mask and a nodule, over the smaller of the two."""
    if course.scan_area != nodule.scan_area:
        return 0.0
    a, b = course.box, nodule.bounding_box
    left, top = max(a.x, b.x), max(a.y, b.y)
    right, bottom = min(a.x + a.width, b.x + b.width), min(a.y + a.height, b.y + b.height)
    if left >= right or top >= bottom:
        return 0.0
    before = course.mask[top - a.y : bottom - a.y, left - a.x : right - a.x]
    shared = int((before & nodule.pixels[top:bottom, left:right]).sum())
    return shared / min(int(course.mask.sum()), nodule.area_px)
