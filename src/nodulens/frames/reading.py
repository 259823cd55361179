"""Read a file as ultrasound frames: the one way in for everybody's pictures.

What a file is, is told by its first bytes and never by its name. Its size is checked before it is
decoded (:mod:`nodulens.frames.limits`), and whatever is wrong with it comes out as one
``UnreadableFile`` that names the file and the mend.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Self, overload

from nodulens.errors import UnreadableFile
from nodulens.finding import Frame
from nodulens.frames.dicom import DicomFile, is_dicom
from nodulens.frames.doppler import doppler_note
from nodulens.frames.limits import MAX_FILE_BYTES, MAX_PICTURE_BYTES
from nodulens.frames.picture import PictureFile
from nodulens.frames.scale import measure_scale
from nodulens.frames.scan_area import find_scan_areas

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DICOM = "DICOM"
"""The kind of file that is no plain picture."""

_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}
_OTHERS = {
    b"GIF8": "a GIF",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive (or an Office file)",
    b"\x1f\x8b": "a gzip archive",
    b"\x00\x00\x01\x00": "an icon",
    b"n+1\0": "a NIfTI volume",
    b"NRRD": "an NRRD volume",
    b"\x00\x00\x00\x0cjP": "a JPEG 2000 picture",
    b"\x1aE\xdf\xa3": "a Matroska or WebM video",
}
_READABLE = "PNG, JPEG, BMP, TIFF or DICOM"


class FrameFile(Sequence[Frame]):
    """The frames of an image or DICOM file, decoded one by one when they are asked for.

    PNG, JPEG, BMP and TIFF of 8 or 16 bits, grey, colour, palette or with transparency; each page
    of a TIFF and each frame of a DICOM file is a frame. How values become grey is said in
    :mod:`nodulens.frames.picture` and :mod:`nodulens.frames.dicom`; scan areas and scale are found
    for each frame. Of all frames, only the one just asked for is in memory.

    Use it in a ``with`` statement, which closes the file. Asking for a frame raises
    ``UnreadableFile`` where it is damaged.

    Args:
        path: of the file.

    Attributes:
        source: the path, as messages and frames name it.
        sha256: of the file's bytes, 64 hexadecimal digits.
        header: DICOM data set without pixels; None where the file is no DICOM.

    Raises:
        UnreadableFile: the file is missing, empty, damaged, too large, or no such image.
    """

    def __init__(self, path: str | Path) -> None:
        self.source = str(path)
        self.header: Dataset | None = None
        self._stream, kind = open_file(path)
        self._decoder: DicomFile | PictureFile
        try:
            # Of the same open file, which may be replaced on the disk meanwhile.
            self.sha256 = hashlib.file_digest(self._stream, "sha256").hexdigest()
            self._stream.seek(0)
            if kind == DICOM:
                self._decoder = DicomFile(self._stream, self.source)
                self.header = self._decoder.header
            else:
                self._decoder = PictureFile(self._stream, kind, self.source)
        except BaseException:
            self.close()
            raise

    @property
    def is_cine(self) -> bool:
        """Whether the frames follow one another in time; pages of a TIFF need not."""
        return self.header is not None and len(self) > 1

    def __len__(self) -> int:
        """Return the number of frames, at least 1."""
        return len(self._decoder)

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        """Decode a frame: pixels uint8 (H, W), 0 black to 255 white, upright."""
        if isinstance(index, slice):
            return [self[number] for number in range(len(self))[index]]
        index = range(len(self))[index]
        picture = self._decoder.decode(index)
        areas = find_scan_areas(picture.grey)
        doppler = doppler_note(picture.colour, areas, self.header)
        return Frame(
            pixels=picture.grey,
            source=self.source,
            sha256=self.sha256,
            index=index,
            scale=measure_scale(picture.grey, areas, self.header),
            scan_areas=areas,
            b_mode=doppler is None,
            notes=picture.notes + ([doppler] if doppler else []),
        )

    def close(self) -> None:
        """Close the file; no more frames can be had."""
        self._stream.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()


def read(path: str | Path) -> list[Frame]:
    """Read all frames of an image or DICOM file into memory; :class:`FrameFile` does not.

    Args:
        path: of the file.

    Returns:
        At least one frame: pixels uint8 (H, W), 0 black to 255 white, upright.

    Raises:
        UnreadableFile: the file is missing, empty, damaged, too large, or no such image.
    """
    with FrameFile(path) as frames:
        return list(frames)


def open_file(path: str | Path) -> tuple[BufferedReader, str]:
    """Open a file that may be an image.

    Returns:
        The stream, which is to be closed, and what kind of image it is by how it begins: ``DICOM``,
        ``PNG``, ``JPEG``, ``BMP`` or ``TIFF``.

    Raises:
        UnreadableFile: the file is missing, empty, too large, or none of these.
    """
    source = str(path)
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - handed to the caller, open
        start = stream.read(1024)
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
    except OSError as error:
        raise UnreadableFile(
            f"{source}: cannot be opened ({error.strerror or error}); check the path and its "
            "permissions"
        ) from error
    kind = _kind_of(start)
    most = MAX_FILE_BYTES if kind == DICOM else MAX_PICTURE_BYTES
    if not size:
        fault = "the file is empty; copy or export it again"
    elif kind is None:
        fault = f"{_what_it_is(start)}; give {_READABLE}"
    elif size > most:
        fault = (
            f"{size // 2**20} MiB are more than the {most // 2**20} MiB that a {kind} file may "
            "have; split it or scale it down"
        )
    else:
        return stream, kind
    stream.close()
    raise UnreadableFile(f"{source}: {fault}")


def _kind_of(start: bytes) -> str | None:
    if is_dicom(start[:132]):
        return DICOM
    return next((name for magic, name in _PICTURES.items() if start.startswith(magic)), None)


def _what_it_is(content: bytes) -> str:
    """Say in words what bytes are that we do not read."""
    for start, name in _OTHERS.items():
        if content.startswith(start):
            return f"this is {name}, whatever its name says"
    if content[:4] == b"RIFF":
        return f"this is a {content[8:12].decode('latin-1').strip()} file, whatever its name says"
    if content[4:8] == b"ftyp":
        return "this is a video or an HEIF or AVIF picture, whatever its name says"
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for tag, name in ((b"<svg", "an SVG drawing"), (b"<html", "a web page"), (b"<?xml", "XML")):
        if tag in start and start.startswith(b"<"):
            return f"this is {name}, whatever its name says"
    if b"\0" not in content[:1024] and start[:64].isascii():
        return "this is text, whatever its name says"
    return "no known image begins like this"
