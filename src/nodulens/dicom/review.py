"""The page on which a person looks at what was blacked out, and at what was not.

It shows the originals, so it does not lie among the results.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel

from nodulens.dicom.clean_pixels import View
from nodulens.files import replacing
from nodulens.finding import NOTICE
from nodulens.pages import data_address, load_template

WIDEST = 560
"""Pixels of the longer side of a picture on the page: letters of ten pixels can still be read."""
MOST_VIEWS = 4
"""Of one file; a TIFF can have thousands of pages."""


class Shown(BaseModel):
    """A frame before and after, as addresses of pictures that are inside the page."""

    caption: str
    before: str
    after: str


class Record(BaseModel):
    """What became of one file; a line of the journal.

    Attributes:
        source: the file, as it was given.
        sha256: of its content; None where it could not be read.
        output: the file that was written, relative to the folder of the results.
        patient: Patient ID of the original.
        pseudonym: what stands in its place.
        frames: frames or pages.
        views: of some frames.
        run: by which key and settings.
        error: why nothing was written.
    """

    source: str
    sha256: str | None = None
    output: str | None = None
    patient: str | None = None
    pseudonym: str | None = None
    frames: int = 0
    views: list[Shown] = []
    run: str = ""
    error: str | None = None


def show(views: Iterable[View]) -> list[Shown]:
    """Make pictures of a page out of frames; of many, the first few."""
    return [
        Shown(caption=view.caption, before=_address(view.before), after=_address(view.after))
        for view, _ in zip(views, range(MOST_VIEWS), strict=False)
    ]


def write_review(path: Path, records: Iterable[Record], written: int, failed: int) -> None:
    """Write the page, for its owner's eyes only as far as the file system can tell.

    Args:
        path: of the page.
        records: read one at a time.
        written, failed: number of files.
    """
    page = load_template(Path(__file__).with_name("review.html.j2")).generate(
        records=records, written=written, failed=failed, notice=NOTICE
    )
    with replacing(path) as stream:
        for part in page:
            stream.write(part.encode("utf-8"))
    path.chmod(0o600)


def _address(pixels: NDArray[np.uint8]) -> str:
    picture = Image.fromarray(pixels).convert("RGB")
    picture.thumbnail((WIDEST, WIDEST))
    return data_address(picture, 80)
