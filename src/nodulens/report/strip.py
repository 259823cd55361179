"""All frames of a cine in one small picture: when is a nodule seen, and how does it change?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nodulens.analysis.cine import with_tracks
from nodulens.finding import Finding, Track
from nodulens.report.overlay import draw_thumbnail

MOST = 160
"""Frames of a strip; of a longer cine, evenly spaced ones."""
_WIDTH = 104
_COLUMNS = 10
_CAPTION = 16
_GAP = 3
_PAGE, _INK, _KEY = (18, 21, 24), (150, 158, 166), (255, 255, 255)


@dataclass
class _Still:
    picture: Image.Image
    finding: Finding


class Strip:
    """Takes the frames of a cine one by one; keeps small pictures of them only.

    Args:
        frames: number of frames that will be analyzed.
    """

    def __init__(self, frames: int) -> None:
        kept = np.unique(np.linspace(0, frames - 1, min(frames, MOST)).round().astype(int))
        self._kept = set(kept.tolist())
        self._turn = 0
        self._stills: list[_Still] = []

    def add(self, pixels: NDArray[np.uint8], finding: Finding) -> None:
        """Take the next analyzed frame: uint8 (H, W), and its finding."""
        if self._turn in self._kept:
            # Reduced first: of whole frames there would be too many.
            small = Image.fromarray(pixels)
            small.thumbnail((2 * _WIDTH, 2 * _WIDTH), Image.Resampling.BILINEAR)
            light = [
                nodule.model_copy(update={"pixels": None, "heat": None})
                for nodule in finding.nodules
            ]
            self._stills.append(_Still(small, finding.model_copy(update={"nodules": light})))
        self._turn += 1

    def draw(self, tracks: dict[tuple[int, int], Track]) -> Image.Image:
        """Draw the frames in rows, with outlines, frame numbers (from 1) and marked key frames.

        Args:
            tracks: as :meth:`nodulens.analysis.cine.Follower.tracks` returns them; each nodule
                keeps its colour over the frames.

        Returns:
            RGB picture.
        """
        findings = [with_tracks(still.finding, tracks) for still in self._stills]
        thumbnails = [
            draw_thumbnail(still.picture.convert("RGB"), finding, _WIDTH)
            for still, finding in zip(self._stills, findings, strict=True)
        ]
        height = max(thumbnail.height for thumbnail in thumbnails)
        columns = min(_COLUMNS, len(thumbnails))
        rows = -(-len(thumbnails) // columns)
        cell = _WIDTH + _GAP, height + _CAPTION + _GAP
        strip = Image.new("RGB", (columns * cell[0] + _GAP, rows * cell[1] + _GAP), _PAGE)
        draw = ImageDraw.Draw(strip)
        for number, (thumbnail, finding) in enumerate(zip(thumbnails, findings, strict=True)):
            x = _GAP + number % columns * cell[0]
            y = _GAP + number // columns * cell[1]
            strip.paste(thumbnail, (x, y))
            keys = _keys(finding)
            caption = " ".join([str(finding.frame + 1), *keys])
            draw.text(
                (x + 2, y + height + 1), caption, _KEY if keys else _INK, ImageFont.load_default(12)
            )
            if keys:
                draw.rectangle(
                    (x - 1, y - 1, x + thumbnail.width, y + thumbnail.height), None, _KEY
                )
        return strip


def _keys(finding: Finding) -> list[str]:
    """Name what a frame is the key frame of: ``#1 largest`` for nodule 1's largest section."""
    tracks = [nodule.track for nodule in finding.nodules if nodule.track is not None]
    return [f"#{track.id} {'+'.join(track.key)}" for track in tracks if track.key]
