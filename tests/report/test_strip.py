from __future__ import annotations

import numpy as np
import pytest

from nodulens.finding import Finding, Track
from nodulens.report.strip import MOST, Strip
from tests.report.findings import SHAPE, finding, pixels


def _tracks(found: Finding, frames: int) -> dict[tuple[int, int], Track]:
    """The right nodule of the hand-made finding is the file's first; its second frame is key."""
    return {
        (frame, nodule.id): Track(
            id=3 - nodule.id,
            key=["largest", "sharpest"] if frame == 1 and nodule.id == 2 else [],
            first=0,
            last=frames - 1,
            frames=frames,
            analyzed=frames,
        )
        for frame in range(frames)
        for nodule in found.nodules
    }


def _drawn(frames: int) -> np.ndarray:
    strip = Strip(frames)
    for frame in range(frames):
        strip.add(pixels(), finding(frame=frame))
    return np.asarray(strip.draw(_tracks(finding(), frames)))


@pytest.mark.parametrize(("frames", "rows", "columns"), [(1, 1, 1), (7, 1, 7), (23, 3, 10)])
def test_every_frame_has_its_place(frames, rows, columns):
    drawn = _drawn(frames)
    height = round(104 * SHAPE[0] / SHAPE[1])
    assert drawn.shape == (rows * (height + 19) + 3, columns * 107 + 3, 3)


def test_nodules_keep_the_colour_of_their_number():
    drawn = _drawn(3)
    left, right = drawn[3:65, 110:160], drawn[3:65, 164:212]
    # Number 1, the right one, is yellow; number 2 is blue.
    assert (left[..., 2] > 200).sum() > 20
    assert ((right[..., 0] > 200) & (right[..., 2] < 100)).sum() > 20
    assert ((left[..., 0] > 200) & (left[..., 2] < 100)).sum() == 0


def test_key_frames_are_framed_and_others_are_not():
    drawn = _drawn(3)
    assert (drawn[2, 110:210] == 255).all()
    assert not (drawn[2, 4:100] == 255).any()


def test_of_a_long_cine_evenly_spaced_frames_are_kept():
    strip = Strip(1000)
    kept = []
    for frame in range(1000):
        before = len(strip._stills)
        strip.add(
            np.zeros((12, 20), np.uint8), Finding(source="x", frame=frame, width=20, height=12)
        )
        if len(strip._stills) > before:
            kept.append(frame)
    assert len(kept) == MOST
    assert (kept[0], kept[-1]) == (0, 999)
    assert set(np.diff(kept)) <= {6, 7}
