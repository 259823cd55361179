"""The attributes of a de-identified file: what is kept, and everything else taken out.

DICOM PS3.15, Annex E: the Basic Application Level Confidentiality Profile with the options Clean
Pixel Data, Clean Graphics and Retain Longitudinal Temporal Information with Modified Dates. The
profile lists what must go (Table E.1-1); here ``kept.toml`` lists what may stay, none of which the
profile takes out, and whatever stands in neither list goes, too: private attributes, overlays,
curves, and what a later edition of the standard, or a machine, may think of.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nodulens import __version__
from nodulens.dicom.pseudonym import Pseudonyms
from nodulens.errors import NodulensError
from nodulens.frames.dicom import quiet

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

Action = Literal["pseudonym", "empty", "moved", "kept"]

METHOD = (
    f"Nodulens {__version__}",
    "DICOM PS3.15 E Basic Profile",
    "Clean Pixel Data Option, Clean Graphics Option",
    "Retain Longitudinal Temporal Information Modified Dates Option",
    "whatever is not known to be harmless is removed",
)
"""Values of De-identification Method, at most 64 characters each."""

_CODES = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113101", "Clean Pixel Data Option"),
    ("113103", "Clean Graphics Option"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
)
"""What was done, of PS3.16, CID 7050; coding scheme DCM."""

_SHAPES = {
    "CS": re.compile(r"[A-Z0-9 _]{0,16}"),
    "DS": re.compile(r" *[+-]?[0-9.]+([eE][+-]?[0-9]+)? *"),
    "IS": re.compile(r" *[+-]?[0-9]{1,12} *"),
    "TM": re.compile(r" *[0-9]{2}(:?[0-9]{2}(:?[0-9]{2}(\.[0-9]{1,6})?)?)? *"),
}
"""Values of these kinds that look otherwise hold something that they should not (PS3.5, 6.2)."""
_DATE = re.compile(r" *([0-9]{4})[.-]?([0-9]{2})[.-]?([0-9]{2}) *")
_DATE_TIME = re.compile(r" *([0-9]{8})([0-9]{0,6}(?:\.[0-9]{1,6})?)([+-][0-9]{4})? *")
_PRIVATE = re.compile(r"(.+):([0-9A-Fa-f]{4})xx([0-9A-Fa-f]{2})")
_NUMBERS = {"DS", "IS"}
_READ = {"SQ", "UI", "DA", "DT", "TM", "CS", "DS", "IS", "LO", "SH", "LT", "ST", "UT", "UC"}
"""Kinds of value that are read as text, or item by item; others are binary, or not kept at all."""
_SITES_OWN = "99"
"""Start of the designators of coding schemes that a site made for itself (PS3.3, 8.2)."""


@dataclass(frozen=True)
class PrivateTag:
    """A private attribute that its owner knows to be harmless.

    Attributes:
        creator: its Private Creator.
        group: an odd number.
        offset: the last two digits of its element.
    """

    creator: str
    group: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> PrivateTag:
        """Read ``CREATOR:GGGGxxEE``, as conformance statements write it.

        Raises:
            NodulensError: it is not written so, or the group is not a private one.
        """
        found = _PRIVATE.fullmatch(text)
        if found is None or int(found[2], 16) % 2 == 0:
            raise NodulensError(
                f"{text!r} is no private attribute; write CREATOR:GGGGxxEE with an odd group, for "
                "instance 'ACME ULTRASOUND:0019xx10'"
            )
        return cls(found[1].strip(), int(found[2], 16), int(found[3], 16))


class Profile:
    """Makes data sets without identity out of data sets with one.

    Args:
        pseudonyms: under the user's key.
        keep_private: private attributes that stay; all others go.
    """

    def __init__(self, pseudonyms: Pseudonyms, keep_private: Sequence[PrivateTag] = ()) -> None:
        self._pseudonyms = pseudonyms
        self._keep_private = {(tag.creator, tag.group, tag.offset) for tag in keep_private}

    def clean(self, dataset: Dataset, tells: Callable[[str], bool]) -> Dataset:
        """Return a data set that holds what may stay of another, and says what was done to it.

        Its pixels are left to :mod:`nodulens.dicom.clean_pixels`.

        Args:
            dataset: of an image; it is not changed.
            tells: whether a text repeats one of the file's identifiers; such words are left out.

        Returns:
            A new data set, without Pixel Data and without meta information.
        """
        from pydicom.dataset import Dataset

        identity = identity_of(dataset)
        cleaner = _Cleaner(
            self._pseudonyms.patient(identity),
            timedelta(days=self._pseudonyms.days(identity)),
            self._pseudonyms.uid,
            tells,
            dataset.original_encoding[1] is False,
            self._keep_private,
        )
        result = cleaner.item(dataset)
        if "SegmentSequence" in result and "DeviceSerialNumber" in dataset:
            # Of a segmentation it is Type 1; elsewhere it may be missing, so it is.
            result.DeviceSerialNumber = "removed"
        result.SpecificCharacterSet = "ISO_IR 192"
        result.PatientIdentityRemoved = "YES"
        result.DeidentificationMethod = list(METHOD)
        result.DeidentificationMethodCodeSequence = []
        for value, meaning in _CODES:
            code = Dataset()
            code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
            result.DeidentificationMethodCodeSequence.append(code)
        result.LongitudinalTemporalInformationModified = "MODIFIED"
        return result


def identity_of(dataset: Dataset) -> str:
    """Return what tells the patient of a file from others.

    The patient's number; without one the name with the birth date; without either the study, so
    that two unknown patients do not become one.
    """
    number = _text(dataset, "PatientID")
    if number:
        return f"number {number}"
    name = _text(dataset, "PatientName")
    if name.strip("^ "):
        return f"name {name} {_text(dataset, 'PatientBirthDate')}"
    return f"study {_text(dataset, 'StudyInstanceUID') or _text(dataset, 'SOPInstanceUID')}"


@cache
def actions() -> dict[str, Action]:
    """Return what happens to each attribute that is not taken out, by its keyword."""
    listed = tomllib.loads(Path(__file__).with_name("kept.toml").read_text("utf-8"))
    result: dict[str, Action] = {}
    for keywords in listed.pop("kept").values():
        result |= dict.fromkeys(keywords, "kept")
    for action, keywords in listed.items():
        result |= dict.fromkeys(keywords, action)
    return result


@cache
def confidential() -> dict[str, str]:
    """Return Table E.1-1: tag as eight hexadecimal digits, x for any, to the profile's action."""
    lines = Path(__file__).with_name("table_e1_1.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {tag: action for tag, action, _ in rows}


def read_element(dataset: Dataset, tag: Any) -> DataElement | None:
    """Return an element; None where it is missing or cannot be read for what it is."""
    try:
        with quiet():
            return dataset[tag]
    # Elements are parsed when they are asked for; pydicom raises nearly anything on damaged ones.
    except Exception:
        return None


@dataclass(frozen=True)
class _Cleaner:
    """What is the same for all items of one file."""

    patient: str
    back: timedelta
    uid: Callable[[str], str]
    tells: Callable[[str], bool]
    big_endian: bool
    keep_private: set[tuple[str, int, int]]

    def item(self, item: Dataset) -> Dataset:
        from pydicom.dataset import Dataset

        result = Dataset()
        for tag in list(item.keys()):
            element = read_element(item, tag)
            if element is None:
                continue
            if element.tag.is_private:
                self._private(item, element, result)
            elif fits_dictionary(element):
                self._standard(item, element, result)
        return result

    def _standard(self, item: Dataset, element: DataElement, result: Dataset) -> None:
        action = actions().get(element.keyword)
        if action == "pseudonym":
            value: Any = self.patient
        elif action == "empty":
            value = ""
        elif action is None:
            return
        elif element.keyword == "SegmentLabel":
            # Type 1, so it cannot be empty; the codes beside it say what the segment is.
            value = f"Segment {item.get('SegmentNumber', '')}".strip()
        else:
            value = self._value(element)
            if value is None:
                return
        result.add_new(element.tag, element.VR, value)

    def _private(self, item: Dataset, element: DataElement, result: Dataset) -> None:
        group, number = element.tag.group, element.tag.element
        owner = read_element(item, (group, number >> 8))
        creator = str(owner.value).strip() if owner is not None else ""
        if number < 0x1000 or (creator, group, number & 0xFF) not in self.keep_private:
            return
        value = self._value(element)
        if value is not None:
            block = result.private_block(group, creator, create=True)
            block.add_new(number & 0xFF, element.VR, value)

    def _value(self, element: DataElement) -> Any:
        """Return what may stay of a value; None where nothing may."""
        from pydicom.datadict import keyword_for_tag

        vr, value = element.VR, element.value
        if value is None:
            return ""
        if vr == "SQ":
            items = [self.item(item) for item in value if not self._tells_of_site(item)]
            return items if items or not value else None
        if vr == "AT":
            several = list(value) if element.VM > 1 else [value]
            # To attributes that stay only: nothing else is there to point at.
            return [tag for tag in several if keyword_for_tag(tag) in actions()] or None
        if vr == "OW" and self.big_endian and isinstance(value, bytes):
            return np.frombuffer(value, ">u2").astype("<u2").tobytes()
        if vr not in _READ:
            return value
        several = list(value) if element.VM > 1 else [value]
        kept = [self._text(vr, str(one)) for one in several]
        if vr in _NUMBERS:
            # The place of a number in its list has a meaning.
            return None if None in kept else kept
        return [one for one in kept if one is not None]

    def _text(self, vr: str, text: str) -> str | None:
        if vr == "UI":
            return self.uid(text) if text else ""
        if vr == "DA":
            return self._date(text)
        if vr == "DT":
            found = _DATE_TIME.fullmatch(text)
            # Without its offset from UTC, which tells of the place (Table E.1-1 takes it out).
            day = self._date(found[1]) if found else ""
            return day + found[2] if found and day else ""
        shape = _SHAPES.get(vr)
        if shape is not None and text and not shape.fullmatch(text):
            return "" if vr == "TM" else None
        if vr == "TM":
            return text.replace(":", "")
        return None if vr not in _NUMBERS and self.tells(text) else text

    def _date(self, text: str) -> str:
        found = _DATE.fullmatch(text)
        try:
            day = date(*(int(part) for part in found.groups())) if found else None
            return f"{day - self.back:%Y%m%d}".zfill(8) if day else ""
        except (ValueError, OverflowError):
            return ""

    def _tells_of_site(self, item: Dataset) -> bool:
        """Whether an item is a code that a site made, or whose words repeat an identifier."""
        scheme = _text(item, "CodingSchemeDesignator")
        said = (_text(item, name) for name in ("CodeMeaning", "CodeValue"))
        return scheme.startswith(_SITES_OWN) or any(self.tells(text) for text in said if text)


def fits_dictionary(element: DataElement) -> bool:
    """Whether an element is of the kind that the standard's dictionary says (PS3.6)."""
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    known = dictionary_has_tag(element.tag) and dictionary_VR(element.tag)
    return bool(known) and element.VR in str(known).split(" or ")


def _text(dataset: Dataset, keyword: str) -> str:
    element = read_element(dataset, keyword)
    return "" if element is None or element.value is None else str(element.value).strip()
