"""Masks and overlays as files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nodulens.analysis.segment import union
from nodulens.files import write_bytes
from nodulens.finding import Finding, Nodule
from nodulens.pages import jpeg
from nodulens.report.heat import draw_heat, limit_of
from nodulens.report.overlay import draw_overlay

_QUALITY = 88


def write_pictures(out: Path, name: str, pixels: NDArray[np.uint8], finding: Finding) -> Finding:
    """Write the masks and the overlay of a frame.

    Besides what :func:`write_masks` writes, that is ``overlays/<name>.jpg``, and where it was asked
    for, what the classifier looked at in ``looked-at/<name>.nodule-<id>.jpg``.

    Args:
        out: folder of the results.
        name: of the frame in it, with forward slashes, without an ending.
        pixels: uint8 (H, W) of the frame.
        finding: with each nodule's ``pixels``, and ``probability_map`` if that is to be written.

    Returns:
        The finding with the paths of the files, relative to ``out``.
    """
    finding = write_masks(out, name, finding)
    nodules = []
    for nodule in finding.nodules:
        looked_at = None
        if nodule.heat is not None:
            looked_at = f"looked-at/{name}.nodule-{nodule.id}.jpg"
            _write(out / looked_at, jpeg(_heat(pixels, nodule), _QUALITY))
        nodules.append(nodule.model_copy(update={"looked_at": looked_at}))
    overlay = f"overlays/{name}.jpg"
    _write(out / overlay, jpeg(draw_overlay(pixels, finding), _QUALITY))
    return finding.model_copy(update={"overlay": overlay, "nodules": nodules})


def write_masks(out: Path, name: str, finding: Finding) -> Finding:
    """Write the masks of a frame.

    ``masks/<name>.png`` holds all nodules (0 or 255, native size) and is written when there is
    none, too; with two nodules or more each has ``masks/<name>.nodule-<id>.png`` besides. The
    probability of nodule (0 to 255 for 0 to 1) is in ``probabilities/<name>.png``, where it was
    asked for.

    Args and returned finding as for :func:`write_pictures`.
    """
    assert finding.width is not None  # a finding with nodules has a picture
    assert finding.height is not None
    mask = f"masks/{name}.png"
    shape = finding.height, finding.width
    _write(out / mask, _png(union((nodule.pixels for nodule in finding.nodules), shape)))
    nodules = []
    for nodule in finding.nodules:
        own = mask
        if len(finding.nodules) > 1:
            own = f"masks/{name}.nodule-{nodule.id}.png"
            _write(out / own, _png(nodule.pixels))
        nodules.append(nodule.model_copy(update={"mask": own}))
    probabilities = None
    if finding.probability_map is not None:
        probabilities = f"probabilities/{name}.png"
        _write(out / probabilities, _png(finding.probability_map))
    return finding.model_copy(
        update={"mask": mask, "nodules": nodules, "probabilities": probabilities}
    )


def files_of(finding: Finding) -> list[str]:
    """Return the files that :func:`write_pictures` wrote for a finding."""
    named = [finding.mask, finding.overlay, finding.probabilities, finding.strip]
    named += [name for nodule in finding.nodules for name in (nodule.mask, nodule.looked_at)]
    return [name for name in dict.fromkeys(named) if name is not None]


def _heat(pixels: NDArray[np.uint8], nodule: Nodule) -> Image.Image:
    box, heat = nodule.heat
    picture = draw_heat(
        pixels[box.slices],
        heat,
        nodule.pixels[box.slices],
        label="suspicion",
        limit=limit_of([heat]),
    )
    return Image.fromarray(picture)


def _write(path: Path, content: bytes) -> None:
    # Not flushed one by one, which can take longer than the analysis; a resumed batch looks
    # whether they are there.
    write_bytes(path, content, durable=False)


def _png(share: NDArray[np.bool_] | NDArray[np.float32]) -> bytes:
    stream = io.BytesIO()
    grey = np.rint(share * np.float32(255)).astype(np.uint8)
    Image.fromarray(grey).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
