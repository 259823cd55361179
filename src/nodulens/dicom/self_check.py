"""Read what was written, and look for what must not be in it.

This does not trust the profile: the identifiers of the input are gathered from all of its elements,
and looked for in the bytes of the result, wherever they stand and in whichever character set.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from nodulens.dicom.profile import METHOD, read_element
from nodulens.dicom.pseudonym import is_standard
from nodulens.errors import NodulensError

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

IDENTIFYING = frozenset({
    "AccessionNumber", "AdmissionID", "BranchOfService", "ClinicalTrialSiteID",
    "ClinicalTrialSiteName", "ClinicalTrialSubjectID", "ClinicalTrialSubjectReadingID",
    "CurrentPatientLocation", "DetectorID", "DeviceSerialNumber",
    "FillerOrderNumberImagingServiceRequest", "GantryID", "InstitutionAddress",
    "InstitutionName", "InstitutionalDepartmentName", "InsurancePlanIdentification",
    "IssuerOfPatientID", "LensSerialNumber", "MedicalRecordLocator", "OrderCallbackPhoneNumber",
    "OtherPatientIDs", "PatientAddress", "PatientID", "PatientInstitutionResidence",
    "PatientTelecomInformation", "PatientTelephoneNumbers", "PerformedLocation",
    "PerformedProcedureStepID", "PerformedStationAETitle", "PerformedStationName",
    "PersonAddress", "PersonTelecomInformation", "PersonTelephoneNumbers",
    "PlacerOrderNumberImagingServiceRequest", "PlateID", "ReferringPhysicianAddress",
    "ReferringPhysicianTelephoneNumbers", "RegionOfResidence", "RequestedProcedureID",
    "RequestingService", "ScheduledProcedureStepID", "ScheduledStationAETitle",
    "ScheduledStationName", "ServiceEpisodeID", "SourceApplicationEntityTitle",
    "StationAETitle", "StationName", "StudyID", "XRaySourceID",
})  # fmt: skip
"""Keywords of attributes whose whole value names a person, a place or one machine."""

_DEVICE = frozenset({"StationName", "PerformedStationName", "ScheduledStationName", "GantryID"})
"""Attributes that often merely repeat the model of the machine, which is no secret."""
_LEAST, _LEAST_DIGITS, _LEAST_NOISE = 4, 5, 6
"""Characters from which an identifier is looked for: words, numbers, and either within pixels,
where four bytes in a row are a matter of chance."""
_CHUNK = 16 * 2**20
_LONGEST_TOKEN = 200
"""Characters: of longer texts, their beginning is looked for."""
_OVERLAP = 4 * _LONGEST_TOKEN
"""Bytes of one chunk that are looked at again with the next."""


class Identifiers:
    """What a file tells about who and where.

    Args:
        values: pairs of an identifier and what it is, for messages.
        charsets: Python's names of the character sets that it may be written in, besides UTF-8 and
            UTF-16.
    """

    def __init__(self, values: Iterable[tuple[str, str]], charsets: Iterable[str] = ()) -> None:
        own = " ".join(METHOD).casefold()
        found: dict[str, str] = {}
        for value, what in values:
            token = " ".join(value.split()).strip(" ^=\0")[:_LONGEST_TOKEN]
            least = _LEAST_DIGITS if token.isdigit() else _LEAST
            # A patient called like a word of our own would never come through.
            if len(token) >= least and not _word(token).search(own):
                found.setdefault(token.casefold(), what)
        self._found = found
        self._charsets = ("utf-8", "utf-16-le", "utf-16-be", *charsets)
        words = "|".join(re.escape(token) for token in sorted(found, key=len, reverse=True))
        self._words = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])") if found else None

    @classmethod
    def of_dataset(cls, dataset: Dataset) -> Identifiers:
        """Gather the identifiers of a DICOM data set, in all of its sequences."""
        from pydicom.charset import convert_encodings

        declared = read_element(dataset, "SpecificCharacterSet")
        try:
            charsets = convert_encodings(declared.value if declared is not None else None)
        # An unknown name; pydicom then reads the file as if it had none.
        except (LookupError, ValueError, TypeError):
            charsets = []
        public = {
            str(element.value).strip().casefold()
            for name in ("Manufacturer", "ManufacturerModelName")
            if (element := read_element(dataset, name)) is not None
        }
        return cls(_values(dataset, public), charsets)

    @classmethod
    def of_picture(cls, stream: BinaryIO, kind: str, name: str) -> Identifiers:
        """Gather what a picture file says beside its pixels, and the parts of its name.

        Args:
            stream: of the file's bytes.
            kind: ``PNG``, ``JPEG``, ``BMP`` or ``TIFF``.
            name: its path, with forward slashes.
        """
        said = [(part, "file's name") for part in re.split(r"[/\\]", name)]
        said += [(word, "file's name") for part in name.split("/") for word in _words(part)]
        return cls([*said, *((text, "metadata") for text in _beside_pixels(stream, kind))])

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._found)

    def tell(self, text: str) -> bool:
        """Whether a text repeats one of them, as a word or several."""
        return self._words is not None and self._words.search(text.casefold()) is not None

    def check(self, stream: BinaryIO, source: str, noise: int) -> None:
        """Look for all of them in the bytes of a result, from its start.

        Args:
            stream: open for reading.
            source: path of the input, for the message.
            noise: from this byte on the content is pixels, or compressed: short identifiers, and
                such as ``0000000``, occur there by chance and are not looked for.

        Raises:
            NodulensError: one is there.
        """
        sure = self._patterns(lambda token: True)
        stream.seek(0)
        self._search(stream.read(noise), sure, source)
        long = self._patterns(lambda token: len(token) >= _LEAST_NOISE and len(set(token)) > 2)
        tail = b""
        while long and (chunk := stream.read(_CHUNK)):
            self._search(tail + chunk, long, source)
            tail = chunk[-_OVERLAP:]

    def _patterns(self, wanted: Callable[[str], bool]) -> list[tuple[bytes, str, int]]:
        """Return bytes to look for, in small letters, what they are, and bytes a character."""
        patterns: dict[bytes, tuple[str, int]] = {}
        for token, what in self._found.items():
            if not wanted(token):
                continue
            for charset in self._charsets:
                for written in (token, token.upper(), token.title()):
                    try:
                        encoded = written.encode(charset)
                    except (UnicodeError, LookupError):
                        continue
                    width = 2 if charset.startswith("utf-16") else 1
                    patterns[encoded.lower()] = what, width
        return [(pattern, *rest) for pattern, rest in patterns.items()]

    @staticmethod
    def _search(content: bytes, patterns: list[tuple[bytes, str, int]], source: str) -> None:
        content = content.lower()
        for pattern, what, width in patterns:
            at = content.find(pattern)
            while at >= 0:
                if width > 1 or _stands_alone(content, at, at + len(pattern)):
                    raise NodulensError(
                        f"{source}: the {what} would still be in the result, so nothing was "
                        "written; do not keep private attributes that hold it, or else report this"
                    )
                at = content.find(pattern, at + 1)


def _beside_pixels(stream: BinaryIO, kind: str) -> Iterator[str]:
    """Yield the texts of a picture's EXIF, comments and other chunks, whole and by line."""
    from PIL import Image
    from PIL.ExifTags import IFD

    found: list[Any] = []
    # Damaged metadata are no identifiers to anybody; damaged pixels are refused elsewhere.
    with (
        contextlib.suppress(Exception),
        warnings.catch_warnings(action="ignore"),
        Image.open(stream, formats=(kind,)) as image,
    ):
        image.load()
        found += image.info.values()
        exif = image.getexif()
        found += exif.values()
        for directory in IFD:
            found += exif.get_ifd(directory).values()
    for value in found:
        text = value.decode("utf-8", "ignore") if isinstance(value, bytes) else value
        if isinstance(text, str):
            yield from (text, *re.split(r"[\r\n\0]+|</?[^>]*>", text))


def _words(text: str) -> list[str]:
    return re.split(r"[\W_]+", text)


def _values(dataset: Dataset, public: set[str]) -> Iterator[tuple[str, str]]:
    for tag in list(dataset.keys()):
        element = read_element(dataset, tag)
        if element is None or element.value is None:
            continue
        if element.VR == "SQ":
            for item in element.value:
                yield from _values(item, public)
            continue
        what = element.name if not element.tag.is_private else "value of a private attribute"
        for value in _several(element):
            if element.VR == "PN":
                yield from ((part, what) for part in _parts_of_name(value))
            elif element.VR == "UI":
                if not is_standard(value):
                    yield value, what
            elif element.keyword == "PatientBirthDate":
                yield from ((written, what) for written in _ways_of_date(value))
            elif element.keyword in IDENTIFYING and not (
                element.keyword in _DEVICE and value.strip().casefold() in public
            ):
                yield value, what
                # Of an address, each line.
                yield from ((line, what) for line in re.split(r"[\r\n,;^]+", value))


def _several(element: DataElement) -> list[str]:
    value = element.value
    if isinstance(value, bytes):
        return []
    return [str(one) for one in value] if element.VM > 1 else [str(value)]


def _parts_of_name(name: str) -> Iterator[str]:
    """Yield the words of a person's name, in all of its alphabets, and the whole of each."""
    for written in name.split("="):
        yield written
        yield written.replace("^", " ")
        yield from re.split(r"[\^\s,;]+", written)


def _ways_of_date(value: str) -> Iterator[str]:
    yield value
    found = re.fullmatch(r"\s*(\d{4})\W?(\d\d)\W?(\d\d)\s*", value)
    if found:
        year, month, day = found.groups()
        for mark in ("", "-", ".", "/"):
            yield from (mark.join(one) for one in ((year, month, day), (day, month, year)))
            yield mark.join((month, day, year))


def _word(token: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(token.casefold())}(?![^\W_])")


def _stands_alone(content: bytes, start: int, end: int) -> bool:
    """Whether the bytes are no part of a longer word or number; ``1.5`` is one number."""
    before, after = content[max(0, start - 2) : start], content[end : end + 2]
    return not (
        _is_part(content[start : start + 1], before[::-1])
        or _is_part(content[end - 1 : end], after)
    )


def _is_part(last: bytes, beyond: bytes) -> bool:
    if beyond[:1].isalnum():
        return last.isalnum()
    return last.isdigit() and beyond[:1] == b"." and beyond[1:2].isdigit()
