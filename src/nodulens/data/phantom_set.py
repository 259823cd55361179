"""A folder of phantoms that is a data set like any imported one."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from nodulens.data.manifest import Row, write_manifest
from nodulens.data.phantom import phantom
from nodulens.data.pictures import encode_mask
from nodulens.errors import BadData
from nodulens.files import sha256_of, write_bytes, write_json

LICENCE = "synthetic, no restriction"
_RECORD = "phantoms.json"
"""The settings of the set, beside the manifest."""


def write_phantoms(
    count: int,
    out: Path,
    *,
    seed: int = 0,
    split_screens: float = 0.2,
    width: int = 640,
    height: int = 480,
    progress: Callable[[int], None] | None = None,
) -> list[Row]:
    """Write ``count`` phantoms with masks, labels, texts and scale as a data set.

    Every phantom is a patient of its own. The same arguments give the same files, and a smaller
    ``count`` gives the first of them.

    Args:
        count: how many.
        out: a new or empty folder, or an earlier set of phantoms, whose files are overwritten.
        seed: of the set; sets of different seeds share no frame.
        split_screens: share of frames with two views, 0 to 1.
        width: of each frame in pixels.
        height: of each frame in pixels.
        progress: called with the number of frames written.

    Raises:
        BadData: ``out`` holds something else, or a value is out of its range.
    """
    if count < 1 or not 0 <= split_screens <= 1 or seed < 0:
        raise BadData("phantoms: ask for 1 or more, a seed from 0 and a share between 0 and 1")
    if out.exists() and not (out / _RECORD).is_file() and (out.is_file() or any(out.iterdir())):
        raise BadData(f"{out}: holds something else than phantoms; give a new folder")
    settings = {"count": count, "seed": seed, "split_screens": split_screens}
    write_json(out / _RECORD, settings | {"width": width, "height": height})
    rows = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        frame_seed = int(rng.integers(2**31))
        made = phantom(
            frame_seed,
            split_screen=bool(rng.random() < split_screens),
            width=width,
            height=height,
        )
        name = f"phantom-{number:05d}"
        row_image, row_mask = f"images/{name}.png", f"masks/{name}.png"
        stream = io.BytesIO()
        Image.fromarray(made.pixels).save(stream, "PNG")
        write_bytes(out / row_image, stream.getvalue())
        write_bytes(out / row_mask, encode_mask(made.mask))
        rows.append(
            Row(
                id=name,
                image=row_image,
                mask=row_mask,
                patient=name,
                group=name,
                width=width,
                height=height,
                sha256=sha256_of(out / row_image),
                mm_per_px=made.mm_per_px,
                scale_from="user",
                text=made.text,
                labels=made.labels,
                licence=LICENCE,
                notes=[f"phantom with seed {frame_seed}"],
            )
        )
        if progress is not None:
            progress(number + 1)
    write_manifest(out, rows)
    return rows
