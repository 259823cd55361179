"""DICOM images, decoded by pydicom under our own limits.

Uncompressed, RLE, JPEG baseline, JPEG 2000 and JPEG-LS pixels decode with what Nodulens installs.
What does not says which package would decode it. Only the grey values matter here; the physical
scale is read in :mod:`nodulens.frames.scale`.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import warnings
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nodulens.errors import UnreadableFile
from nodulens.frames.grey import COLOUR_NOTE, eight_bit, is_coloured, luminance
from nodulens.frames.limits import MAX_INFLATED_BYTES, check_size

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_PREAMBLE = 132
_MENDS = {
    # JPEG extended with 12 bits, JPEG lossless.
    "1.2.840.10008.1.2.4.51": "pip install python-gdcm",
    "1.2.840.10008.1.2.4.57": "pip install python-gdcm",
    "1.2.840.10008.1.2.4.70": "pip install python-gdcm",
    # JPEG-LS.
    "1.2.840.10008.1.2.4.80": "pip install pyjpegls",
    "1.2.840.10008.1.2.4.81": "pip install pyjpegls",
    # JPEG 2000 with more than 8 bits a colour; high-throughput JPEG 2000.
    "1.2.840.10008.1.2.4.90": "pip install pylibjpeg pylibjpeg-openjpeg",
    "1.2.840.10008.1.2.4.91": "pip install pylibjpeg pylibjpeg-openjpeg",
    "1.2.840.10008.1.2.4.201": "pip install pylibjpeg pylibjpeg-openjpeg",
    "1.2.840.10008.1.2.4.202": "pip install pylibjpeg pylibjpeg-openjpeg",
    "1.2.840.10008.1.2.4.203": "pip install pylibjpeg pylibjpeg-openjpeg",
}
"""Transfer syntax to the command whose package decodes it: permissive licences only, so not
pylibjpeg-libjpeg, which is under the GPL."""
_VIDEO = "1.2.840.10008.1.2.4.10"
"""Start of the transfer syntaxes of MPEG-2, MPEG-4 and HEVC video."""


def is_dicom(content: bytes) -> bool:
    """Whether bytes are a DICOM file, with the standard preamble or without."""
    if content[128:_PREAMBLE] == b"DICM":
        return True
    # Without a preamble: the first element is a short one of group 2 or 8.
    group = content[:2]
    if group not in (b"\x02\x00", b"\x08\x00", b"\x00\x08") or len(content) < _PREAMBLE:
        return False
    explicit = content[4:6] in (b"UL", b"OB", b"UI", b"CS", b"SH", b"DA", b"LO", b"SQ")
    return explicit or (group != b"\x00\x08" and int.from_bytes(content[4:8], "little") <= 128)


def read_dataset(content: bytes, source: str) -> Dataset:
    """Parse a DICOM file that must hold an image.

    Args:
        content: the file's bytes.
        source: path of the file, for messages.

    Raises:
        UnreadableFile: it is damaged, holds no pixels, or would inflate without end.
    """
    dataset = parse_dataset(content, source)
    require_pixels(dataset, source)
    return dataset


def require_pixels(dataset: Dataset, source: str) -> None:
    """Refuse a data set that holds no image.

    Raises:
        UnreadableFile: it has no pixels, or does not say how many.
    """
    if not all(name in dataset for name in ("PixelData", "Rows", "Columns")):
        raise UnreadableFile(f"{source}: a DICOM file without pixels; give the image itself")


def parse_dataset(content: bytes, source: str) -> Dataset:
    """Parse a DICOM file, whatever it holds; arguments and errors of :func:`read_dataset`."""
    try:
        with quiet():
            dataset = _parse(content, source)
    except UnreadableFile:
        raise
    # pydicom raises nearly anything on damaged input.
    except Exception as error:
        raise UnreadableFile(
            f"{source}: this DICOM file is damaged ({error}); send it again from its archive"
        ) from error
    return dataset


def _parse(content: bytes, source: str) -> Dataset:
    import pydicom
    from pydicom.filereader import read_dataset as read_elements
    from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

    stream = io.BytesIO(content)
    has_preamble = content[128:_PREAMBLE] == b"DICM"
    stream.seek(_PREAMBLE if has_preamble else 0)
    meta = read_elements(stream, False, True, stop_when=lambda tag, vr, length: tag >> 16 != 2)
    if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        # pydicom would inflate it whole, however large it grows.
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        inflated = inflater.decompress(content[stream.tell() :], MAX_INFLATED_BYTES)
        if not inflater.eof:
            raise UnreadableFile(
                f"{source}: its deflated data set is incomplete or inflates to more than "
                f"{MAX_INFLATED_BYTES // 2**20} MiB; send it again uncompressed"
            )
        dataset = read_elements(io.BytesIO(inflated), False, True)
        syntax = ExplicitVRLittleEndian
    else:
        stream.seek(0)
        dataset = pydicom.dcmread(stream, force=not has_preamble)
        implicit, little = dataset.original_encoding
        syntax = dataset.file_meta.get("TransferSyntaxUID") or (
            pydicom.uid.ImplicitVRLittleEndian
            if implicit
            else ExplicitVRLittleEndian
            if little
            else pydicom.uid.ExplicitVRBigEndian
        )
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


def read_frames(dataset: Dataset, source: str) -> list[tuple[NDArray[np.uint8], list[str]]]:
    """Decode the frames of a DICOM image to grey.

    Colour becomes luminance. Grey of more than 8 bits goes through the file's modality and VOI
    transformations (the first window, where there are several); without them it is scaled as
    :func:`nodulens.frames.grey.eight_bit` says. MONOCHROME1 is inverted.

    Args:
        dataset: from :func:`read_dataset`.
        source: path of the file, for messages.

    Returns:
        For each frame its uint8 pixels (H, W) and notes.

    Raises:
        UnreadableFile: the pixels are damaged, too large, or of a kind that cannot be decoded.
    """
    with _explained(dataset, source):
        return _decode(dataset, source)


def iter_frames(dataset: Dataset, source: str) -> Iterator[tuple[NDArray[Any], NDArray[np.uint8]]]:
    """Decode the frames of a DICOM image one by one, keeping their colour.

    Args:
        dataset: from :func:`read_dataset`.
        source: path of the file, for messages.

    Yields:
        The values of a frame as they are stored, (H, W) or (H, W, 3), where YBR has become RGB; and
        the frame as it is shown (:func:`shown`).

    Raises:
        UnreadableFile: as :func:`read_frames`.
    """
    stored = _stored(dataset, source)
    while True:
        with _explained(dataset, source):
            values = next(stored, None)
            if values is None:
                return
            picture = shown(values, dataset, source)
        yield values, picture


def shown(
    values: NDArray[Any], dataset: Dataset, source: str, notes: list[str] | None = None
) -> NDArray[np.uint8]:
    """Turn stored values into what a viewer shows, as :func:`read_frames` says.

    Args:
        values: (H, W) or (H, W, 3), from :func:`iter_frames` or of one's own.
        dataset: says what they mean.
        source: path of the file, for messages.
        notes: what was done is added to it.

    Returns:
        uint8 grey (H, W) or RGB (H, W, 3), 0 black.
    """
    notes = [] if notes is None else notes
    photometric = dataset.get("PhotometricInterpretation")
    if photometric in {"MONOCHROME1", "MONOCHROME2"}:
        grey = _monochrome(values, dataset, notes)
        return 255 - grey if photometric == "MONOCHROME1" else grey
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
    return values


@contextlib.contextmanager
def _explained(dataset: Dataset, source: str) -> Iterator[None]:
    """Turn whatever decoding raises into one error that names the file and the mend."""
    try:
        with quiet():
            yield
    except UnreadableFile:
        raise
    # pydicom's decoders, too, raise nearly anything.
    except Exception as error:
        syntax = dataset.file_meta.TransferSyntaxUID
        mend = _MENDS.get(str(syntax))
        advice = f", or this kind of it needs another decoder: {mend}" if mend else ""
        reason = (str(error).splitlines() or [type(error).__name__])[-1].strip()
        raise UnreadableFile(
            f"{source}: its pixels ({syntax.name}) cannot be decoded ({reason}); the file is "
            f"damaged{advice}"
        ) from error


def _decode(dataset: Dataset, source: str) -> list[tuple[NDArray[np.uint8], list[str]]]:
    count = int(dataset.get("NumberOfFrames") or 1)
    decoded = []
    for number, values in enumerate(_stored(dataset, source), start=1):
        notes = [f"frame {number} of {count}"] if count > 1 else []
        modality = dataset.get("Modality")
        if modality != "US":
            notes.append(f"not marked as ultrasound (modality {modality or 'not stated'})")
        decoded.append((_to_grey(values, dataset, source, notes), notes))
    return decoded


def _stored(dataset: Dataset, source: str) -> Iterator[NDArray[Any]]:
    """Decode frame by frame, so that colour never stands in memory for all of them at once."""
    from pydicom.pixels import iter_pixels, pixel_array

    count = int(dataset.get("NumberOfFrames") or 1)
    check_size(source, int(dataset.Columns), int(dataset.Rows), count)
    _check_decodable(dataset, source)
    _check_coded_sizes(dataset, count, source)
    stored = [pixel_array(dataset)] if count == 1 else iter_pixels(dataset)
    yield from itertools.islice(stored, count)


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
    mend = _MENDS.get(str(syntax))
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        available = False
    if not available:
        advice = f"to read it: {mend}" if mend else "send it again uncompressed"
        raise UnreadableFile(f"{source}: no decoder for {syntax.name} is installed; {advice}")


def _check_coded_sizes(dataset: Dataset, count: int, source: str) -> None:
    """Refuse compressed frames that are of another size than the data set says.

    The decoders believe the compressed frame, so a small data set can hide a huge picture.
    """
    from PIL import Image
    from pydicom.encaps import generate_frames
    from pydicom.uid import (
        JPEG2000TransferSyntaxes,
        JPEGLSTransferSyntaxes,
        JPEGTransferSyntaxes,
    )

    syntax = dataset.file_meta.TransferSyntaxUID
    by_pillow = syntax in JPEGTransferSyntaxes or syntax in JPEG2000TransferSyntaxes
    if not by_pillow and syntax not in JPEGLSTransferSyntaxes:
        return
    offsets = None
    if "ExtendedOffsetTable" in dataset:
        offsets = dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths
    frames = generate_frames(dataset.PixelData, number_of_frames=count, extended_offsets=offsets)
    for frame in frames:
        if by_pillow:
            try:
                # Pillow parses it again to decode it, so there are no two opinions on the size.
                with Image.open(io.BytesIO(frame), formats=("JPEG", "JPEG2000")) as coded:
                    size = coded.size
            except Image.UnidentifiedImageError:
                # Lossless JPEG and the like: Pillow will not decode it either.
                continue
            except Image.DecompressionBombError as error:
                raise UnreadableFile(
                    f"{source}: damaged, or made to exhaust memory ({error}); send it again from "
                    "its archive"
                ) from error
        else:
            size = _jpeg_ls_size(frame)
        if size != (dataset.Columns, dataset.Rows):
            raise UnreadableFile(
                f"{source}: a compressed frame of {size[0]}×{size[1]} pixels where the file "
                f"promises {dataset.Columns}×{dataset.Rows}; send it again from its archive"
            )


def _jpeg_ls_size(frame: bytes) -> tuple[int, int]:
    """Return (width, height) from the frame header (SOF55) of a JPEG-LS picture (ITU-T T.87)."""
    at = 2
    while frame[at : at + 1] == b"\xff":
        marker, length = frame[at + 1], int.from_bytes(frame[at + 2 : at + 4], "big")
        if marker == 0xF7:
            height, width = (int.from_bytes(frame[at + k : at + k + 2], "big") for k in (5, 7))
            return width, height
        at += 2 + length
    raise ValueError("no frame header in the JPEG-LS data")


def _to_grey(
    values: NDArray[Any], dataset: Dataset, source: str, notes: list[str]
) -> NDArray[np.uint8]:
    picture = shown(values, dataset, source, notes)
    if picture.ndim == 2:
        return picture
    if is_coloured(picture):
        notes.append(COLOUR_NOTE)
    return luminance(picture)


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
