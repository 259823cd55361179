"""Every coded concept that our DICOM results use, in one place.

From SNOMED CT (SCT), the DICOM controlled terminology (DCM), LOINC (LN) and UCUM as DICOM PS3.16
lists them, and from the ACR TI-RADS set RDES152 of RadElement (RADELEMENT, PS3.16 table 8-1), the
common data elements of RSNA and ACR. What none of them has, or has in a coarser sense than we mean
it, is coded in our own scheme, :data:`PRIVATE`; nothing is coded as almost the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.sr.coding import Code

PRIVATE = "99NODULENS"
"""Designator of our own coding scheme; 99 marks a private one (PS3.16, section 8.2)."""


def _private(value: str, meaning: str) -> Code:
    return Code(value, PRIVATE, meaning)


def _radelement(value: str, meaning: str) -> Code:
    return Code(value, "RADELEMENT", meaning)


# What and where: CID 7150, 7151, 12322, 4 and 244.
ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
NODULE = Code("27925004", "SCT", "Nodule")
THYROID_NODULE = Code("237495005", "SCT", "Thyroid Nodule")
THYROID = Code("69748006", "SCT", "Thyroid")
SIDES: Mapping[str, Code] = {
    "L": Code("7771000", "SCT", "Left"),
    "R": Code("24028007", "SCT", "Right"),
    "B": Code("51440002", "SCT", "Bilateral"),
}
"""By the values of Image Laterality (0020,0062)."""

# The report: CID 7021, 100 (extended by 12320), 5000, 7162.
REPORT_TITLE = Code("126000", "DCM", "Imaging Measurement Report")
PROCEDURE = Code("25010-0", "LN", "US Thyroid Report")
ENGLISH = Code("en", "RFC5646", "English")
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")
DEVICE = Code("121007", "DCM", "Device")
COMMENT = Code("121106", "DCM", "Comment")
SOURCE_OF_MEASUREMENT = Code("121112", "DCM", "Source of Measurement")
YES = Code("373066001", "SCT", "Yes")
NO = Code("373067005", "SCT", "No")

# Measurements and their units: CID 7470, 7471, 7181. UCUM lets one note in braces what is counted.
LONG_AXIS = Code("103339001", "SCT", "Long axis")
SHORT_AXIS = Code("103340004", "SCT", "Short axis")
AREA = Code("42798000", "SCT", "Area")
MILLIMETRE = Code("mm", "UCUM", "mm")
SQUARE_MILLIMETRE = Code("mm2", "UCUM", "square millimeter")
PIXELS = Code("{pixels}", "UCUM", "pixels")
NO_UNITS = Code("1", "UCUM", "no units")

# What only a program says of itself.
COUNT = _private("NODULES", "Number of outlined nodules")
CONFIDENCE = _private("CONFIDENCE", "Mean probability of the outlined pixels, not calibrated")
SUSPICION = _private("SUSPICION", "Calibrated probability in the classifier's own sense")
THRESHOLD = _private("THRESHOLD", "Least probability for the suspicious label")
DECISION = _private("DECISION", "Classifier's label on its side of the threshold")
DEFERRED = _private("DEFERRED", "Too uncertain for a decision")
ATTRIBUTE_PROBABILITY = _private("ATTRIBUTE-PROB", "Probability of an attribute's value")
POINTS_LEAST = _private("TIRADS-POINTS-L", "Least ACR TI-RADS points that are possible")
POINTS_GREATEST = _private("TIRADS-POINTS-G", "Greatest ACR TI-RADS points that are possible")
LEVEL = _private("TIRADS-LEVEL", "Possible ACR TI-RADS level")
RECOMMENDATION = _private("TIRADS-ADVICE", "Possible ACR TI-RADS recommendation by size")

ATTRIBUTES: Mapping[str, Code] = {
    "composition": _radelement("RDE1040", "Composition"),
    "echogenicity": _radelement("RDE1041", "Echogenicity"),
    "shape": _private("SHAPE", "Shape, as ACR TI-RADS means it"),
    "margin": Code("111037", "DCM", "Margins"),
    "foci": _private("FOCI", "Echogenic foci"),
}
"""By their names in a finding. RDES152 has no element of its own for the last three: what earns
points there are values of one element of other features, RDE1042."""

_VALUES: Mapping[tuple[str, str], Code] = {
    ("composition", "cystic"): _radelement("RDE1040.0", "Cystic or almost completely cystic"),
    ("composition", "spongiform"): _radelement("RDE1040.1", "Spongiform"),
    ("composition", "mixed"): _radelement("RDE1040.2", "Mixed cystic and solid"),
    ("composition", "solid"): _radelement("RDE1040.3", "Solid or almost completely solid"),
    ("composition", "undeterminable"): _radelement("RDE1040.4", "Composition cannot be determined"),
    ("echogenicity", "anechoic"): _radelement("RDE1041.0", "Anechoic"),
    # RDES152 has one value for both of these; the echo patterns of CID 6154 tell them apart.
    ("echogenicity", "hyperechoic"): Code("111362", "DCM", "Hyperechoic"),
    ("echogenicity", "isoechoic"): Code("111365", "DCM", "Isoechoic"),
    ("echogenicity", "undeterminable"): _radelement(
        "RDE1041.2", "Echogenicity cannot be determined"
    ),
    ("echogenicity", "hypoechoic"): _radelement("RDE1041.3", "Hypoechoic"),
    ("echogenicity", "very hypoechoic"): _radelement("RDE1041.4", "Very hypoechoic"),
    ("shape", "taller than wide"): _radelement("RDE1042.4", "Taller-than-wide"),
    ("shape", "wider than tall"): _private("SHAPE-WIDER", "Wider-than-tall"),
    ("margin", "lobulated or irregular"): _radelement(
        "RDE1042.3", "Lobulated or irregular margin without extra-thyroidal extension"
    ),
    ("margin", "extrathyroidal extension"): _radelement(
        "RDE1042.5", "Definite extra-thyroidal extension"
    ),
    ("foci", "none"): Code("272519000", "SCT", "Absent"),
    ("foci", "macrocalcification"): _radelement("RDE1042.0", "Macrocalcifications"),
    ("foci", "peripheral rim"): _radelement("RDE1042.1", "Peripheral (rim) calcifications"),
    ("foci", "punctate"): _radelement("RDE1042.2", "Punctate echogenic foci"),
}


def schemes() -> list[CodingSchemeIdentificationItem]:
    """Return what every object says of our own scheme (Coding Scheme Identification Sequence)."""
    return [
        CodingSchemeIdentificationItem(
            PRIVATE, name="Nodulens", responsible_organization="Nodulens"
        )
    ]


def attribute_code(name: str) -> Code:
    """Return the concept of a sonographic attribute; our own where no scheme has it."""
    return ATTRIBUTES.get(name) or word_code(name)


def value_code(attribute: str, value: str) -> Code:
    """Return the concept of an attribute's value; our own where no scheme has exactly that."""
    return _VALUES.get((attribute, value)) or word_code(value)


def word_code(word: str) -> Code:
    """Return the concept of our own scheme for a model's word, such as a classifier's label.

    The code is ``W-`` and the first 12 hexadecimal digits of the word's SHA-256, so that the same
    word has the same code whichever model says it; the word is its meaning.
    """
    digest = hashlib.sha256(word.encode("utf-8")).hexdigest()[:12]
    return _private(f"W-{digest}", word[:64])
