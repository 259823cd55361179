"""DDTI, the Digital Database of Thyroid Ultrasound Images (Pedraza et al. 2015).

SPIE 9287, doi 10.1117/12.2073532. A case is ``N.xml`` with its images ``N_k.jpg``; the outlines are
polygons, in the XML, in pixels of the image.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as XML

from nodulens.data.importers.source import Oddity, Polygon, SourceImage
from nodulens.errors import BadData

LICENCE = "research use with citation (DDTI, doi 10.1117/12.2073532)"

_MALIGNANCY = {
    "2": "benign",
    "3": "benign",
    "4a": "suspicious",
    "4b": "suspicious",
    "4c": "suspicious",
    "5": "suspicious",
}
"""The radiologist's grade read as a binary label; there is no histology in this set."""

_ATTRIBUTES = {
    "composition": "composition",
    "echogenicity": "echogenicity",
    "margins": "margin",
    "calcifications": "calcification",
}
_SPELLINGS = {
    "microcalcifications": "microcalcification",
    "macrocalcifications": "macrocalcification",
    "ill- defined": "ill defined",
    "non": "none",
}


def read_ddti(source: Path) -> Iterator[SourceImage | Oddity]:
    """Read the flat layout ``N.xml`` + ``N_k.jpg``.

    Yields:
        An image with the union of its outlines; ``patient`` is the case number. Labels:
        ``malignancy`` (from the TI-RADS grade: 2 and 3 benign, 4a to 5 suspicious), ``tirads``,
        ``composition``, ``echogenicity``, ``margin``, ``calcification``, ``sex``, ``age``,
        ``outlines`` (their number).

    Raises:
        BadData: there is no such case in the folder.
    """
    cases = sorted(source.glob("*.xml"), key=_number)
    if not cases:
        raise BadData(f"{source}: no N.xml there; DDTI is a folder of N.xml with N_k.jpg")
    for path in cases:
        try:
            case = XML.parse(path).getroot()
        except (XML.ParseError, DefusedXmlException) as error:
            yield Oddity(path, f"is no XML ({error}); its images are left out", lost=True)
            continue
        yield from _read_case(path, case)
    known = {path.stem for path in cases}
    for image in sorted(source.glob("*_*.jpg")):
        if image.stem.rpartition("_")[0] not in known:
            yield Oddity(image, "has no XML of its case; left out")


def _read_case(path: Path, case: Element) -> Iterator[SourceImage | Oddity]:
    labels = _labels(case)
    outlines: dict[str, list[str]] = {}
    for mark in case.iter("mark"):
        name = (mark.findtext("image") or "").strip()
        outlines.setdefault(name, []).append((mark.findtext("svg") or "").strip())
    images = {
        image.stem.rpartition("_")[2]: image
        for image in sorted(path.parent.glob(f"{path.stem}_*.jpg"))
    }
    for number, image in images.items():
        notes: list[str] = []
        polygons = []
        for text in outlines.get(number, []):
            found, remarks = parse_outlines(text)
            polygons += found
            notes += remarks
        yield SourceImage(
            path=image,
            id=image.stem,
            polygons=polygons,
            patient=path.stem,
            labels=labels | ({"outlines": str(len(polygons))} if polygons else {}),
            notes=notes,
        )
        for note in notes:
            yield Oddity(image, note)
        if not polygons:
            yield Oddity(image, "has no outline; imported without a mask")
    for number in outlines.keys() - images.keys():
        yield Oddity(path, f"outlines image {number}, which is not there")


def parse_outlines(text: str) -> tuple[list[Polygon], list[str]]:
    """Read the polygons of one ``svg`` text.

    Args:
        text: JSON list of regions; in the published files it may be cut off at 2,500 characters.

    Returns:
        The freehand polygons with at least three points as (x, y), and remarks on what was odd.
        A text that is cut off gives the points up to the cut.
    """
    notes: list[str] = []
    try:
        regions = json.loads(text) if text else []
    except json.JSONDecodeError:
        notes.append("outline text is cut off; the shape is closed at its last whole point")
        regions = [
            {"points": [{"x": x, "y": y} for x, y in _POINT.findall(part)]}
            for part in text.split('"points"')[1:]
        ]
    polygons = []
    for region in regions if isinstance(regions, list) else [regions]:
        try:
            kind = region.get("regionType", "freehand")
            points = [(float(point["x"]), float(point["y"])) for point in region.get("points", [])]
        except (AttributeError, KeyError, TypeError, ValueError):
            notes.append("region is not a list of points; left out")
            continue
        if kind != "freehand":
            notes.append(f"region of type {kind!r} is not an outline; left out")
        elif len(points) < 3 or not all(math.isfinite(value) for value in chain(*points)):
            notes.append(f"outline of {len(points)} points encloses nothing; left out")
        else:
            polygons.append(points)
    return polygons, notes


_POINT = re.compile(r'"x":\s*(-?[\d.]+),\s*"y":\s*(-?[\d.]+)\s*}')


def _labels(case: Element) -> dict[str, str]:
    labels = {}
    for tag, name in _ATTRIBUTES.items():
        value = " ".join((case.findtext(tag) or "").split()).lower()
        if value:
            labels[name] = _SPELLINGS.get(value, value)
    for tag in ("sex", "age"):
        value = (case.findtext(tag) or "").strip()
        if value:
            labels[tag] = value
    grade = (case.findtext("tirads") or "").strip().lower()
    if grade:
        labels["tirads"] = grade
    if grade in _MALIGNANCY:
        labels["malignancy"] = _MALIGNANCY[grade]
    return labels


def _number(path: Path) -> tuple[int, str]:
    return (int(path.stem) if path.stem.isdecimal() else 0, path.stem)
