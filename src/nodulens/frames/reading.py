"""Read a file as ultrasound frames: the one way in for everybody's pictures.

What a file is, is told by its first bytes and never by its name. Its size is checked before it is
decoded (:mod:`nodulens.frames.limits`), and whatever is wrong with it comes out as one
``UnreadableFile`` that names the file and the mend.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from nodulens.errors import UnreadableFile
from nodulens.finding import Frame
from nodulens.frames import dicom
from nodulens.frames.limits import MAX_FILE_BYTES
from nodulens.frames.picture import read_picture
from nodulens.frames.scale import measure_scale
from nodulens.frames.scan_area import find_scan_areas

DICOM = "DICOM"
"""The kind of file that is not a plain picture."""

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


def read(path: str | Path) -> list[Frame]:
    """Read the frames of an image or DICOM file.

    PNG, JPEG, BMP and TIFF of 8 or 16 bits, grey, colour, palette or with transparency; each page
    of a TIFF and each frame of a DICOM file is a frame. How values become grey is said in
    :mod:`nodulens.frames.picture` and :mod:`nodulens.frames.dicom`; scan areas and scale are found
    for each frame.

    Args:
        path: of the file.

    Returns:
        At least one frame: pixels uint8 (H, W), 0 black to 255 white, upright.

    Raises:
        UnreadableFile: the file is missing, empty, damaged, too large, or no such image.
    """
    source = str(path)
    content, kind = load(path)
    dataset = None
    if kind == DICOM:
        dataset = dicom.read_dataset(content, source)
        decoded = dicom.read_frames(dataset, source)
    else:
        decoded = read_picture(content, kind, source)
    sha256 = hashlib.sha256(content).hexdigest()
    frames = []
    for index, (pixels, notes) in enumerate(decoded):
        areas = find_scan_areas(pixels)
        frames.append(
            Frame(
                pixels=pixels,
                source=source,
                sha256=sha256,
                index=index,
                scale=measure_scale(pixels, areas, dataset),
                scan_areas=areas,
                notes=notes,
            )
        )
    if not frames:
        raise UnreadableFile(f"{source}: holds no frame that can be decoded; export it again")
    return frames


def load(path: str | Path) -> tuple[bytes, str]:
    """Return the bytes of a file, and what kind of image they are by how they begin.

    Returns:
        The content, and ``DICOM``, ``PNG``, ``JPEG``, ``BMP`` or ``TIFF``.

    Raises:
        UnreadableFile: the file is missing, empty, too large, or none of these.
    """
    source = str(path)
    content = _bytes_of(Path(path), source)
    if dicom.is_dicom(content):
        return content, DICOM
    for start, kind in _PICTURES.items():
        if content.startswith(start):
            return content, kind
    raise UnreadableFile(f"{source}: {_what_it_is(content)}; give {_READABLE}")


def _bytes_of(path: Path, source: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise UnreadableFile(
                f"{source}: {size // 2**20} MiB are more than the {MAX_FILE_BYTES // 2**20} MiB a "
                "file may have; split it or scale it down"
            )
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{source}: cannot be opened ({error.strerror or error}); check the path and its "
            "permissions"
        ) from error
    if not content:
        raise UnreadableFile(f"{source}: the file is empty; copy or export it again")
    return content


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
