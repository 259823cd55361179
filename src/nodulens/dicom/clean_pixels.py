"""Pixels without words: everything beside the scan is blacked out, and letters on it.

What is blacked out is decided over all frames of a file together, because a name on a cine stands
still: the scan is where any frame shows one, so that no tissue is lost in a dark frame, and letters
that are found on one frame are taken off all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nodulens.errors import UnreadableFile
from nodulens.finding import Area
from nodulens.frames import find_scan_areas
from nodulens.frames.dicom import DicomFile
from nodulens.frames.grey import Picture, luminance
from nodulens.frames.lettering import find_letters
from nodulens.frames.picture import PictureFile


@dataclass(frozen=True)
class View:
    """The same frame before and after.

    Attributes:
        caption: which frame.
        before, after: uint8 pixels, (H, W) or RGB (H, W, 3).
    """

    caption: str
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]


class Survey:
    """What is seen over the frames of a file, a few arrays of one frame's size.

    Every frame is shown to it once.
    """

    def __init__(self) -> None:
        self.frames = 0
        self._most: NDArray[np.uint8] | None = None
        self._least: NDArray[np.uint8] | None = None
        self._letters: NDArray[np.bool_] | None = None

    def add(self, picture: NDArray[np.uint8]) -> None:
        """Look at a frame: uint8, (H, W) or RGB (H, W, 3)."""
        grey = picture if picture.ndim == 2 else luminance(picture)
        # The largest colour, so that letters in blue are as bright as white ones.
        bright = np.ascontiguousarray(picture if picture.ndim == 2 else picture.max(axis=2))
        if self._most is None or self._least is None or self._letters is None:
            self._most, self._least = grey.copy(), bright.copy()
            self._letters = np.zeros(bright.shape, bool)
        np.maximum(self._most, grey, out=self._most)
        np.minimum(self._least, bright, out=self._least)
        _mark(self._letters, find_letters(bright))
        self.frames += 1

    @property
    def most(self) -> NDArray[np.uint8]:
        """All frames laid over one another, the brightest on top: uint8 (H, W)."""
        assert self._most is not None
        return self._most

    def blank(self) -> NDArray[np.bool_]:
        """Return what is to be black on every frame: True outside the scan and on letters."""
        assert self._least is not None
        assert self._letters is not None
        blank = np.ones(self.most.shape, bool)
        for area in find_scan_areas(self.most):
            blank[area.slices] = False
        blank |= self._letters
        if self.frames > 1:
            # Tissue moves and fades where letters stay.
            _mark(blank, find_letters(self._least))
        return blank


def clean_frames(
    image: DicomFile, source: str, spool: BinaryIO
) -> tuple[dict[str, Any], list[View]]:
    """Write the frames of a DICOM image without words, uncompressed, one after the other.

    Values that are not blacked out stay as they were decoded, to the bit; YBR has become RGB, which
    is what is shown. Bits above those in use, where overlays used to hide, are cleared.

    Args:
        image: opened; its frames are decoded twice, one at a time.
        source: path of the file, for messages.
        spool: the values are written here, little endian, colours by pixel.

    Returns:
        Elements that describe the pixels by their keyword, and the first frame, and of a cine also
        all frames laid over one another, before and after.

    Raises:
        UnreadableFile: the pixels cannot be decoded.
    """
    dataset = image.header
    if int(dataset.HighBit) != int(dataset.BitsStored) - 1:
        raise UnreadableFile(
            f"{source}: its values do not lie in the lowest bits (HighBit {dataset.HighBit}, "
            f"BitsStored {dataset.BitsStored}); convert it to uncompressed DICOM first"
        )
    survey = Survey()
    lowest, highest = 2**16, -(2**16)
    first = None
    for index in range(len(image)):
        values = image.stored(index)
        picture = _seen(image.show(values))
        first = picture.copy() if first is None else first
        survey.add(picture)
        lowest, highest = min(lowest, int(values.min())), max(highest, int(values.max()))
    assert first is not None  # there is at least one frame
    blank = survey.blank()
    black = _black(image, lowest, highest)
    colour = False
    kind = np.dtype(f"<{'i' if dataset.PixelRepresentation else 'u'}{dataset.BitsAllocated // 8}")
    for index in range(len(image)):
        values = image.stored(index)
        colour = values.ndim == 3
        cleaned = _in_use(values, int(dataset.BitsStored)).astype(kind)
        cleaned[blank] = black
        spool.write(np.ascontiguousarray(cleaned).tobytes())
    elements: dict[str, Any] = {"BurnedInAnnotation": "NO"}
    if colour:
        elements |= {"PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    if survey.frames > 1 or "NumberOfFrames" in dataset:
        elements["NumberOfFrames"] = survey.frames
    return elements, _views(first, survey, blank)


def clean_pages(
    stream: BinaryIO, kind: str, source: str
) -> tuple[list[NDArray[np.uint8]], list[View]]:
    """Decode a picture file upright and black out its words, page by page.

    Args:
        stream: of the file's bytes.
        kind: ``PNG``, ``JPEG``, ``BMP`` or ``TIFF``.
        source: path of the file, for messages.

    Returns:
        The pages, uint8 (H, W) or RGB (H, W, 3), and each before and after.

    Raises:
        UnreadableFile: the file cannot be decoded.
    """
    pages, views = [], []
    file = PictureFile(stream, kind, source)
    for index in range(len(file)):
        picture = _seen(file.decode(index))
        survey = Survey()
        survey.add(picture)
        blank = survey.blank()
        views += _views(picture, survey, blank, f"page {index + 1}")
        pages.append(np.where(blank[..., None] if picture.ndim == 3 else blank, 0, picture))
    return [page.astype(np.uint8) for page in pages], views


def _seen(picture: Picture) -> NDArray[np.uint8]:
    return picture.grey if picture.colour is None else picture.colour


def _mark(mask: NDArray[np.bool_], areas: list[Area]) -> None:
    for area in areas:
        mask[area.slices] = True


def _black(image: DicomFile, lowest: int, highest: int) -> int:
    """Return the stored value that is shown darkest; of colours stored as such, 0."""
    dataset = image.header
    if int(dataset.SamplesPerPixel) > 1:
        return 0
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        entries, start, _ = dataset.RedPaletteColorLookupTableDescriptor
        candidates = np.arange(start, start + (entries or 2**16))
        candidates = candidates[(candidates >= 0) & (candidates < 2**dataset.BitsStored)]
    elif dataset.PixelRepresentation:
        # The least that occurs: a file without a window is shown from there on.
        candidates = np.array([lowest, highest])
    else:
        candidates = np.array([0, 2 ** int(dataset.BitsStored) - 1])
    kind = f"{'i' if dataset.PixelRepresentation else 'u'}{dataset.BitsAllocated // 8}"
    colours = _seen(image.show(candidates.astype(kind)[None]))[0]
    light = colours if colours.ndim == 1 else colours.astype(int).sum(axis=1)
    return int(candidates[int(light.argmin())])


def _in_use(values: NDArray[Any], bits: int) -> NDArray[Any]:
    spare = 8 * values.dtype.itemsize - bits
    return (values << spare) >> spare if spare > 0 else values


def _views(
    picture: NDArray[np.uint8], survey: Survey, blank: NDArray[np.bool_], caption: str = "frame 1"
) -> list[View]:
    pairs = [(caption, picture)]
    if survey.frames > 1:
        pairs.append((f"all {survey.frames} frames laid over one another", survey.most))
    views = []
    for named, before in pairs:
        after = before.copy()
        after[blank] = 0
        views.append(View(named, before, after))
    return views
