"""Read a row of a manifest: its picture as a frame, and the mask that somebody drew on it.

Training, evaluation and export all read through here, and so see what ``analyze`` sees.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nodulens import frames
from nodulens.data.manifest import Row
from nodulens.data.pictures import read_mask
from nodulens.errors import BadData
from nodulens.finding import Frame


def read_frame(folder: Path, row: Row) -> Frame:
    """Read the picture of a row.

    Args:
        folder: of the data set; the row's paths are relative to it.
        row: of its manifest.

    Raises:
        UnreadableFile: the picture cannot be read.
        BadData: the file holds more than one frame.
    """
    found = frames.read(folder / row.image)
    if len(found) != 1:
        raise BadData(f"{row.image}: holds {len(found)} frames; a row of a manifest is one picture")
    return found[0]


def read_pair(folder: Path, row: Row) -> tuple[Frame, NDArray[np.bool_]]:
    """Read the picture and the mask of a row that has one.

    Returns:
        The frame and its mask, bool (H, W) of the frame's size.

    Raises:
        UnreadableFile: the picture cannot be read.
        BadData: the mask cannot be read, the two differ in size, or the file holds more than one
            frame.
    """
    frame = read_frame(folder, row)
    if row.mask is None:
        raise ValueError(f"{row.id}: the row has no mask")
    mask = read_mask(folder / row.mask)
    if mask.shape != frame.pixels.shape:
        raise BadData(
            f"{row.mask}: is {mask.shape[1]}×{mask.shape[0]} where the image is "
            f"{frame.pixels.shape[1]}×{frame.pixels.shape[0]}; import the set again"
        )
    return frame, mask
