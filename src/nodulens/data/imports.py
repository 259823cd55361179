"""Bring somebody else's data set into a folder with a manifest."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nodulens.data.importers.ddti import LICENCE as DDTI_LICENCE
from nodulens.data.importers.ddti import read_ddti
from nodulens.data.importers.source import Importer, Oddity, SourceImage
from nodulens.data.manifest import Row, write_manifest
from nodulens.files import replacing, sha256_of, write_bytes

IMPORTERS: dict[str, tuple[Importer, str]] = {
    "ddti": (read_ddti, DDTI_LICENCE),
}


def import_images(
    items: Iterator[SourceImage | Oddity], licence: str, out: Path
) -> tuple[list[Row], list[Oddity]]:
    """Copy images and write masks below ``out``; return the manifest's rows and what was odd."""
    rows: list[Row] = []
    oddities: list[Oddity] = []
    for item in items:
        if isinstance(item, Oddity):
            oddities.append(item)
            continue
        image = Path("images") / f"{item.id}{item.path.suffix.lower()}"
        with replacing(out / image) as stream, item.path.open("rb") as original:
            shutil.copyfileobj(original, stream)
        mask = None
        if item.mask is not None:
            mask = Path("masks") / f"{item.id}.png"
            write_bytes(out / mask, encode_mask(item.mask))
        with Image.open(item.path) as picture:
            width, height = picture.size
        rows.append(
            Row(
                id=item.id,
                image=image.as_posix(),
                mask=mask.as_posix() if mask else None,
                patient=item.patient,
                group=item.patient or item.id,
                width=width,
                height=height,
                sha256=sha256_of(item.path),
                text=item.text,
                labels=item.labels,
                split=item.split,
                licence=licence,
                notes=item.notes,
            )
        )
    write_manifest(out, rows)
    return rows, oddities


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """Return a boolean mask (H, W) as the bytes of a PNG with values 0 and 255."""
    stream = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(stream, "PNG", optimize=False)
    return stream.getvalue()
