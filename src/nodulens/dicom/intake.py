"""Which objects the node takes in, from the network or from a folder.

Ultrasound pictures and cines, in today's and in the retired storage classes, and secondary captures
whose modality is ultrasound, since that is how many scanners export. Nothing else: in particular
not the node's own results, so that a PACS that forwards everything cannot make a circle.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

from pydicom.uid import (
    UID,
    AllTransferSyntaxes,
    DeflatedExplicitVRLittleEndian,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from nodulens.errors import NodulensError
from nodulens.frames.dicom import quiet

_ULTRASOUND = (
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
    UID("1.2.840.10008.5.1.4.1.1.6"),  # Ultrasound Image, retired
    UID("1.2.840.10008.5.1.4.1.1.3"),  # Ultrasound Multi-frame Image, retired
)
_CAPTURES = (
    SecondaryCaptureImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
)
SOP_CLASSES = (*_ULTRASOUND, *_CAPTURES)
"""What is taken in. Not Enhanced US Volume: the analysis is of planes as a scanner shows them."""

MAX_OBJECT_BYTES = 512 * 2**20
"""Largest object that is taken in: one is in memory while it comes, so less than a file may have
(:mod:`nodulens.frames.limits`)."""

CANNOT_UNDERSTAND = 0xC000
NOT_ITS_CLASS = 0xA900
CLASS_NOT_SUPPORTED = 0x0122
"""Statuses of a C-STORE response (DICOM PS3.4, B.2.3, and PS3.7, annex C)."""


class NotTaken(NodulensError):
    """An object is none that the node takes in.

    Attributes:
        status: what a C-STORE request for it is answered with.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Identity:
    """What the node has to know of an object before it is analyzed."""

    sop_class: str
    instance: str
    study: str


def transfer_syntaxes() -> list[UID]:
    """Return the transfer syntaxes that this installation decodes.

    Not the deflated one: an object must be told before it is inflated, and every peer can send
    uncompressed instead (DICOM PS3.5, 10.1).
    """
    from pydicom.pixels import get_decoder

    found = []
    for syntax in AllTransferSyntaxes:
        try:
            available = get_decoder(syntax).is_available
        except NotImplementedError:  # video and the like
            continue
        if available and syntax != DeflatedExplicitVRLittleEndian:
            found.append(syntax)
    return found


def identify(data: BinaryIO, syntax: UID) -> Identity:
    """Read from an encoded data set what it is; its pixels are not touched.

    Args:
        data: the data set without file meta information, from where the stream stands.
        syntax: its transfer syntax.

    Raises:
        NotTaken: it is damaged, or not ultrasound.
    """
    from pydicom.filereader import read_dataset
    from pydicom.tag import Tag

    wanted = ["SOPClassUID", "SOPInstanceUID", "Modality", "StudyInstanceUID"]
    if syntax == DeflatedExplicitVRLittleEndian:
        raise NotTaken(CANNOT_UNDERSTAND, "deflated; send it uncompressed")
    try:
        with quiet():
            header = read_dataset(
                data,
                syntax.is_implicit_VR,
                syntax.is_little_endian,
                stop_when=lambda tag, vr, length: tag > 0x0020000D,  # Study Instance UID
                specific_tags=[Tag(name) for name in wanted],
            )
            sop_class, instance, modality, study = (str(header.get(name) or "") for name in wanted)
    # pydicom raises nearly anything on damaged input.
    except Exception as error:
        raise NotTaken(CANNOT_UNDERSTAND, "its header is damaged; send it again") from error
    if not instance or not study:
        raise NotTaken(CANNOT_UNDERSTAND, "without SOP instance or study UID; send it whole")
    if sop_class not in SOP_CLASSES:
        raise NotTaken(CLASS_NOT_SUPPORTED, "no ultrasound picture; send ultrasound only")
    if sop_class in _CAPTURES and modality != "US":
        raise NotTaken(
            CLASS_NOT_SUPPORTED,
            "a secondary capture that is not marked as ultrasound; send ultrasound only",
        )
    return Identity(sop_class, instance, study)


def split_file(content: bytes) -> tuple[UID, int]:
    """Find where the data set of a DICOM file begins (DICOM PS3.10, 7.1).

    Returns:
        Its transfer syntax, and the number of bytes before it.

    Raises:
        NotTaken: the content is no DICOM file, or one without file meta information.
    """
    from pydicom.filereader import read_dataset

    if content[128:132] != b"DICM":
        raise NotTaken(CANNOT_UNDERSTAND, "no DICOM file")
    stream = io.BytesIO(content)
    stream.seek(132)
    try:
        with quiet():
            meta = read_dataset(
                stream, False, True, stop_when=lambda tag, vr, length: tag >> 16 != 2
            )
            syntax = UID(str(meta.TransferSyntaxUID))
            # A private one would be asked in vain how it is encoded.
            known = syntax.is_transfer_syntax
    except Exception as error:
        raise NotTaken(CANNOT_UNDERSTAND, "its file meta information is damaged") from error
    if not known:
        raise NotTaken(CANNOT_UNDERSTAND, "of a private transfer syntax; send it uncompressed")
    return syntax, stream.tell()
