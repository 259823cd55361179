"""Masks and overlays as files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nodulens.analysis.segment import union
from nodulens.files import write_bytes
from nodulens.finding import Finding
from nodulens.report.overlay import draw_overlay


def write_pictures(out: Path, name: str, pixels: NDArray[np.uint8], finding: Finding) -> Finding:
    """Write the masks and the overlay of a frame.

    ``masks/<name>.png`` holds all nodules (0 or 255, native size) and is written when there is
    none, too; with two nodules or more each has ``masks/<name>.nodule-<id>.png`` besides.

    Args:
        out: folder of the results.
        name: of the frame in it, with forward slashes, without an ending.
        pixels: uint8 (H, W) of the frame.
        finding: with each nodule's ``pixels``.

    Returns:
        The finding with the paths of the files, relative to ``out``.
    """
    mask, overlay = f"masks/{name}.png", f"overlays/{name}.jpg"
    _write(out / mask, _png(union((nodule.pixels for nodule in finding.nodules), pixels.shape)))
    nodules = []
    for nodule in finding.nodules:
        own = mask
        if len(finding.nodules) > 1:
            own = f"masks/{name}.nodule-{nodule.id}.png"
            _write(out / own, _png(nodule.pixels))
        nodules.append(nodule.model_copy(update={"mask": own}))
    _write(out / overlay, _jpeg(draw_overlay(pixels, finding)))
    return finding.model_copy(update={"mask": mask, "overlay": overlay, "nodules": nodules})


def files_of(finding: Finding) -> list[str]:
    """Return the files that :func:`write_pictures` wrote for a finding."""
    named = [finding.mask, finding.overlay, *(nodule.mask for nodule in finding.nodules)]
    return [name for name in dict.fromkeys(named) if name is not None]


def _write(path: Path, content: bytes) -> None:
    # Not flushed one by one, which can take longer than the analysis; a resumed batch looks
    # whether they are there.
    write_bytes(path, content, durable=False)


def _png(mask: NDArray[np.bool_]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _jpeg(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    # Colour at full resolution, or thin lines fade.
    picture.save(stream, "JPEG", quality=88, subsampling=0)
    return stream.getvalue()
