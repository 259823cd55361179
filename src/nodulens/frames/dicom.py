"""DICOM images, decoded by pydicom under our own limits.

Uncompressed, RLE, JPEG baseline, JPEG 2000 and JPEG-LS pixels decode with what Nodulens installs.
What does not says which package would decode it. Only the grey values matter here; the physical
scale is read in :mod:`nodulens.frames.scale`.
"""

from __future__ import annotations

import importlib.util
import io
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from nodulens.errors import UnreadableFile
from nodulens.frames.grey import Picture, eight_bit
from nodulens.frames.limits import (
    MAX_ELEMENT_BYTES,
    MAX_INFLATED_BYTES,
    check_size,
    refuse_truncated,
)

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag
    from pydicom.uid import UID

_PREAMBLE = 132
_PIXEL_DATA = [0x7FE0, 0x0010]
_PIXELS = {0x7FE00008, 0x7FE00009, 0x7FE00010}
"""Floating-point, double and whole-number pixels."""
_UNDEFINED = 0xFFFFFFFF
_FRAME_HEADERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
"""Second bytes of the markers that begin a frame header: SOF0 to SOF15 and SOF55."""
_PACKAGES = {
    # JPEG extended with 12 bits, JPEG lossless.
    "1.2.840.10008.1.2.4.51": ("gdcm", "python-gdcm"),
    "1.2.840.10008.1.2.4.57": ("gdcm", "python-gdcm"),
    "1.2.840.10008.1.2.4.70": ("gdcm", "python-gdcm"),
    # JPEG-LS.
    "1.2.840.10008.1.2.4.80": ("jpeg_ls", "pyjpegls"),
    "1.2.840.10008.1.2.4.81": ("jpeg_ls", "pyjpegls"),
    # JPEG 2000 with more than 8 bits a colour; high-throughput JPEG 2000.
    "1.2.840.10008.1.2.4.90": ("openjpeg", "pylibjpeg pylibjpeg-openjpeg"),
    "1.2.840.10008.1.2.4.91": ("openjpeg", "pylibjpeg pylibjpeg-openjpeg"),
    "1.2.840.10008.1.2.4.201": ("openjpeg", "pylibjpeg pylibjpeg-openjpeg"),
    "1.2.840.10008.1.2.4.202": ("openjpeg", "pylibjpeg pylibjpeg-openjpeg"),
    "1.2.840.10008.1.2.4.203": ("openjpeg", "pylibjpeg pylibjpeg-openjpeg"),
}
"""Transfer syntax to the module that decodes it and what to install for it: permissive licences
only, so not pylibjpeg-libjpeg, which is under the GPL. ``nodulens[codecs]`` has them all."""
_VIDEO = "1.2.840.10008.1.2.4.10"
"""Start of the transfer syntaxes of MPEG-2, MPEG-4 and HEVC video."""


def is_dicom(start: bytes) -> bool:
    """Whether a file is DICOM, with the standard preamble or without, by its first 132 bytes."""
    if start[128:_PREAMBLE] == b"DICM":
        return True
    # Without a preamble: the first element is a short one of group 2 or 8.
    group = start[:2]
    if group not in (b"\x02\x00", b"\x08\x00", b"\x00\x08") or len(start) < _PREAMBLE:
        return False
    explicit = start[4:6] in (b"UL", b"OB", b"UI", b"CS", b"SH", b"DA", b"LO", b"SQ")
    return explicit or (group != b"\x00\x08" and int.from_bytes(start[4:8], "little") <= 128)


class DicomFile:
    """A DICOM image whose frames are decoded when they are asked for.

    Pixels are read from the file frame by frame, so that a cine takes no more memory than a still
    picture. Colour becomes luminance. Grey of more than 8 bits goes through the file's modality and
    VOI transformations (the first window, where there are several); without them it is scaled as
    :func:`nodulens.frames.grey.eight_bit` says. MONOCHROME1 is inverted.

    Args:
        stream: of the file's bytes; it must stay open.
        source: path of the file, for messages.

    Attributes:
        header: the data set without its pixels; its ``file_meta`` holds the transfer syntax.

    Raises:
        UnreadableFile: it is damaged, holds no pixels, or its pixels are too large, would inflate
            without end, or are of a kind that cannot be decoded.
    """

    def __init__(self, stream: BinaryIO, source: str) -> None:
        self._source = source
        self._stream, self.header = read_header(stream, source)
        self._pixels_at = self._stream.tell()
        with self._guarded():
            if not all(name in self.header for name in ("Rows", "Columns")) or not self._has_pixels:
                raise UnreadableFile(
                    f"{source}: a DICOM file without pixels; give the image itself"
                )
            self._count = int(self.header.get("NumberOfFrames") or 1)
            check_size(source, int(self.header.Columns), int(self.header.Rows), self._count)
            _check_decodable(self.header, source)
            self._check_length()

    def __len__(self) -> int:
        """Return the number of frames."""
        return self._count

    def decode(self, index: int) -> Picture:
        """Decode a frame, counted from 0.

        Raises:
            UnreadableFile: it is damaged, or of a kind that cannot be decoded.
        """
        notes = [f"frame {index + 1} of {self._count}"] if self._count > 1 else []
        modality = self.header.get("Modality")
        if modality != "US":
            notes.append(f"not marked as ultrasound (modality {modality or 'not stated'})")
        return self.show(self.stored(index), notes)

    def stored(self, index: int) -> NDArray[Any]:
        """Return the values of a frame as they are stored, (H, W) or (H, W, 3); YBR becomes RGB.

        Raises:
            UnreadableFile: as :meth:`decode`.
        """
        from pydicom.pixels import pixel_array

        with self._guarded():
            self._check_coded_size(index)
            # The stream is read from its start, so the transfer syntax is told where it has none.
            values: NDArray[Any] = pixel_array(
                self._stream, index=index, transfer_syntax_uid=self._syntax
            )
            return values

    def show(self, values: NDArray[Any], notes: list[str] | None = None) -> Picture:
        """Return what stored values look like, those of a frame or others; ``notes`` are added to.

        Raises:
            UnreadableFile: they cannot be shown.
        """
        with self._guarded():
            return _to_picture(values, self.header, self._source, [] if notes is None else notes)

    @property
    def _syntax(self) -> UID:
        syntax: UID = self.header.file_meta.TransferSyntaxUID
        return syntax

    @property
    def _has_pixels(self) -> bool:
        self._stream.seek(self._pixels_at)
        order: Literal["little", "big"] = "little" if self._syntax.is_little_endian else "big"
        element = self._stream.read(4)
        return [int.from_bytes(element[k : k + 2], order) for k in (0, 2)] == _PIXEL_DATA

    def _check_length(self) -> None:
        """Refuse a number of frames that the file does not hold."""
        from pydicom.encaps import parse_basic_offsets, parse_fragments
        from pydicom.pixels.utils import get_expected_length

        self._stream.seek(self._pixels_at + self._element_header)
        if self._syntax.is_compressed:
            parse_basic_offsets(self._stream)
            held, _ = parse_fragments(self._stream)
            promised, unit = self._count, "compressed frames"
        else:
            held = self._stream.seek(0, io.SEEK_END) - self._pixels_at - self._element_header
            promised, unit = get_expected_length(self.header), "bytes of pixels"
        if held < promised:
            raise UnreadableFile(
                f"{self._source}: it promises {promised} {unit} and holds {held}: damaged or "
                "incomplete; send it again from its archive"
            )

    @property
    def _element_header(self) -> int:
        """Bytes before the value of the pixel data (PS3.5, 7.1.2 and 7.1.3)."""
        return 8 if self._syntax.is_implicit_VR else 12

    def _check_coded_size(self, index: int) -> None:
        """Refuse a compressed frame that is of another size than the data set says.

        The decoders believe the compressed frame, so a small data set can hide a huge picture.
        """
        from pydicom.encaps import get_frame
        from pydicom.uid import (
            JPEG2000TransferSyntaxes,
            JPEGLSTransferSyntaxes,
            JPEGTransferSyntaxes,
        )

        by_pillow = self._syntax in {*JPEGTransferSyntaxes, *JPEG2000TransferSyntaxes}
        if not by_pillow and self._syntax not in JPEGLSTransferSyntaxes:
            return
        header = self.header
        offsets = None
        if "ExtendedOffsetTable" in header:
            offsets = header.ExtendedOffsetTable, header.ExtendedOffsetTableLengths
        self._stream.seek(self._pixels_at + self._element_header)
        frame = get_frame(
            self._stream, index, number_of_frames=self._count, extended_offsets=offsets
        )
        size = _jpeg_2000_or_jpeg_size(frame, self._source) if by_pillow else _jpeg_size(frame)
        if size != (header.Columns, header.Rows):
            raise UnreadableFile(
                f"{self._source}: a compressed frame of {size[0]}×{size[1]} pixels where the file "
                f"promises {header.Columns}×{header.Rows}; send it again from its archive"
            )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn whatever a decoder raises into the one error that names the file."""
        refuse_truncated()
        try:
            with quiet():
                yield
        except UnreadableFile:
            raise
        # pydicom's decoders, too, raise nearly anything.
        except Exception as error:
            mend = _mend(self._syntax)
            advice = f", or this kind of it needs another decoder: {mend}" if mend else ""
            reason = (str(error).splitlines() or [type(error).__name__])[-1].strip()
            raise UnreadableFile(
                f"{self._source}: its pixels ({self._syntax.name}) cannot be decoded ({reason}); "
                f"the file is damaged{advice}"
            ) from error


def read_header(stream: BinaryIO, source: str) -> tuple[BinaryIO, Dataset]:
    """Read a DICOM file, whatever it holds, up to its pixels.

    Args:
        stream: of the file's bytes.
        source: path of the file, for messages.

    Returns:
        The stream that the pixels are in, at their beginning: the same one, or the inflated data;
        and the data set, whose ``file_meta`` holds the transfer syntax.

    Raises:
        UnreadableFile: it is damaged, or would inflate without end.
    """
    try:
        with quiet():
            return _parse(stream, source)
    except UnreadableFile:
        raise
    # pydicom raises nearly anything on damaged input.
    except Exception as error:
        raise UnreadableFile(
            f"{source}: this DICOM file is damaged ({error}); send it again from its archive"
        ) from error


def _parse(stream: BinaryIO, source: str) -> tuple[BinaryIO, Dataset]:
    import pydicom
    from pydicom.filereader import read_dataset as read_elements
    from pydicom.filereader import read_partial
    from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

    def at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
        if tag in _PIXELS:
            return True
        if length != _UNDEFINED and length > MAX_ELEMENT_BYTES:
            raise UnreadableFile(
                f"{source}: its element {tag} of {length // 2**20} MiB is no part of a picture; "
                "send the image itself"
            )
        return False

    start = stream.read(_PREAMBLE)
    has_preamble = start[128:] == b"DICM"
    if not has_preamble:
        stream.seek(0)
    meta = read_elements(stream, False, True, stop_when=lambda tag, vr, length: tag >> 16 != 2)
    syntax = meta.get("TransferSyntaxUID")
    if syntax == DeflatedExplicitVRLittleEndian:
        stream = _inflated(stream, source)
        dataset = read_elements(stream, False, True, stop_when=at_pixels)
        syntax = ExplicitVRLittleEndian
    else:
        stream.seek(0)
        dataset = read_partial(stream, stop_when=at_pixels, force=not has_preamble)
        if syntax is None or not syntax.is_compressed:
            # Some writers state another encoding than they write; the pixels' own element tells.
            place = stream.tell()
            explicit = stream.read(6)[4:] in (b"OB", b"OW")
            stream.seek(place)
            _, little = dataset.original_encoding
            if not little:
                syntax = pydicom.uid.ExplicitVRBigEndian
            else:
                syntax = ExplicitVRLittleEndian if explicit else pydicom.uid.ImplicitVRLittleEndian
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    return stream, dataset


def _inflated(stream: BinaryIO, source: str) -> BinaryIO:
    # pydicom would inflate it whole, however large it grows.
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = io.BytesIO()
    while not inflater.eof:
        content = inflater.unconsumed_tail or stream.read(2**20)
        left = MAX_INFLATED_BYTES - inflated.tell()
        if not content or left <= 0:
            raise UnreadableFile(
                f"{source}: its deflated data set is incomplete or inflates to more than "
                f"{MAX_INFLATED_BYTES // 2**20} MiB; send it again uncompressed"
            )
        inflated.write(inflater.decompress(content, min(left, 2**20)))
    inflated.seek(0)
    return inflated


def _check_decodable(dataset: Dataset, source: str) -> None:
    """Refuse what no installed decoder can read, and what is no picture."""
    from pydicom.pixels import get_decoder

    if dataset.BitsAllocated not in (8, 16):
        raise UnreadableFile(
            f"{source}: {dataset.BitsAllocated} bits a value are no ultrasound picture; give the "
            "image itself, not a segmentation or a map"
        )
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.startswith(_VIDEO):
        raise UnreadableFile(
            f"{source}: a video ({syntax.name}); export still frames from it, for instance as PNG"
        )
    mend = _mend(syntax)
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        available = False
    if not available:
        advice = f"to read it: {mend}" if mend else "send it again uncompressed"
        raise UnreadableFile(f"{source}: no decoder for {syntax.name} is installed; {advice}")


def _mend(syntax: UID) -> str | None:
    """Return the command that installs the decoder of a transfer syntax, where it is missing."""
    module, packages = _PACKAGES.get(str(syntax), (None, None))
    if module is None or importlib.util.find_spec(module) is not None:
        return None
    return f"pip install {packages}"


def _jpeg_2000_or_jpeg_size(frame: bytes, source: str) -> tuple[int, int]:
    from PIL import Image

    try:
        # Pillow parses it again to decode it, so there are no two opinions on the size.
        with Image.open(io.BytesIO(frame), formats=("JPEG", "JPEG2000")) as coded:
            return coded.size
    except Image.UnidentifiedImageError:
        # Lossless JPEG and the like, which another decoder reads.
        return _jpeg_size(frame)
    except Image.DecompressionBombError as error:
        raise UnreadableFile(
            f"{source}: damaged, or made to exhaust memory ({error}); send it again from its "
            "archive"
        ) from error


def _jpeg_size(frame: bytes) -> tuple[int, int]:
    """Return (width, height) from the frame header of a JPEG (ITU-T T.81) or JPEG-LS (T.87)."""
    at = 2
    while frame[at : at + 1] == b"\xff":
        marker, length = frame[at + 1], int.from_bytes(frame[at + 2 : at + 4], "big")
        if marker in _FRAME_HEADERS:
            height, width = (int.from_bytes(frame[at + k : at + k + 2], "big") for k in (5, 7))
            return width, height
        at += 2 + length
    raise ValueError("no frame header in the JPEG data")


def _to_picture(values: NDArray[Any], dataset: Dataset, source: str, notes: list[str]) -> Picture:
    photometric = dataset.get("PhotometricInterpretation")
    if photometric in {"MONOCHROME1", "MONOCHROME2"}:
        grey = _monochrome(values, dataset, notes)
        return Picture(255 - grey if photometric == "MONOCHROME1" else grey, None, notes)
    if photometric == "PALETTE COLOR":
        from pydicom.pixels import apply_color_lut

        values = apply_color_lut(values, dataset)
        # Tables of 16 bits may hold 8-bit colours in their upper or in their lower half.
        if values.dtype == np.uint16 and values.max(initial=0) > 255:
            values = (values >> 8).astype(np.uint8)
        values = values.astype(np.uint8)
    if values.ndim != 3 or values.shape[2] != 3:
        raise UnreadableFile(
            f"{source}: the photometric interpretation {photometric!r} is not supported; send it "
            "again as MONOCHROME2 or RGB"
        )
    if values.dtype != np.uint8 or dataset.BitsStored < 8:
        values, note = eight_bit(values, int(dataset.BitsStored))
        notes.append(note)
    return Picture.of_rgb(values, notes)


def _monochrome(values: NDArray[Any], dataset: Dataset, notes: list[str]) -> NDArray[np.uint8]:
    from pydicom.pixels import apply_modality_lut, apply_voi

    rescaled = "ModalityLUTSequence" in dataset or (
        dataset.get("RescaleSlope", 1) != 1 or dataset.get("RescaleIntercept", 0) != 0
    )
    if rescaled:
        values = apply_modality_lut(values, dataset)
    if dataset.get("VOILUTSequence"):
        shown = apply_voi(values.astype(np.int64), dataset)
        grey, note = eight_bit(shown, int(dataset.VOILUTSequence[0].LUTDescriptor[2]))
        notes.append(f"shown through the file's VOI table; {note}")
        return grey
    window = _window(dataset, notes)
    if window is not None:
        centre, width = window
        notes.append(f"shown through the file's window (centre {centre:g}, width {width:g})")
        return _windowed(values, centre, width, dataset.get("VOILUTFunction", "LINEAR"))
    if values.dtype == np.uint8 and dataset.BitsStored == 8:
        return values
    if not rescaled and values.min() >= 0:
        # A declared depth of 16 is often only the container's.
        bits = int(dataset.BitsStored)
        grey, note = eight_bit(values, bits if bits < 16 else None)
        notes.append(note)
        return grey
    lowest, highest = float(values.min()), float(values.max())
    notes.append(
        f"no window in the file: shown from its lowest ({lowest:g}) to its highest value "
        f"({highest:g})"
    )
    return np.rint((values - lowest) * (255 / max(highest - lowest, 1e-9))).astype(np.uint8)


def _window(dataset: Dataset, notes: list[str]) -> tuple[float, float] | None:
    """Return centre and width of the first window; None where there is none that can be used."""
    stated = [dataset.get("WindowCenter"), dataset.get("WindowWidth")]
    if None in stated or "" in stated:
        return None
    centre, width = (float(np.atleast_1d(np.asarray(value, float))[0]) for value in stated)
    if not (np.isfinite(centre) and np.isfinite(width) and width >= 1):
        notes.append(f"the file's window (centre {centre:g}, width {width:g}) is impossible")
        return None
    return centre, width


def _windowed(
    values: NDArray[Any], centre: float, width: float, function: str
) -> NDArray[np.uint8]:
    """Map a window to 0..255 (DICOM PS3.3, C.11.2.1.2 and C.11.2.1.3)."""
    values = values.astype(np.float64)
    if function == "SIGMOID":
        shown = 1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -60, 60)))
    elif function == "LINEAR_EXACT":
        shown = (values - centre) / width + 0.5
    else:
        shown = (values - (centre - 0.5)) / max(width - 1, 1e-9) + 0.5
    return np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)


def quiet() -> warnings.catch_warnings[None]:
    """Silence pydicom's warnings about small faults: what matters of them is in the notes."""
    return warnings.catch_warnings(action="ignore")
