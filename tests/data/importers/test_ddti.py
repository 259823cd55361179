from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodulens.data.importers.ddti import parse_outlines, read_ddti
from nodulens.data.importers.source import Oddity, SourceImage
from nodulens.errors import BadData
from tests.data.conftest import Save

SQUARE = [{"x": 4, "y": 4}, {"x": 20, "y": 4}, {"x": 20, "y": 20}, {"x": 4, "y": 20}]


def case(tirads: str, marks: dict[str, str]) -> str:
    parts = "".join(f"<mark><image>{k}</image><svg>{v}</svg></mark>" for k, v in marks.items())
    return (
        f"<case><sex>F</sex><age>50</age><margins>ill- defined</margins>"
        f"<calcifications>non</calcifications><tirads>{tirads}</tirads>{parts}</case>"
    )


def outline(*polygons: list[dict[str, int]], kind: str = "freehand") -> str:
    return json.dumps([{"points": p, "regionType": kind} for p in polygons])


def read(folder: Path) -> tuple[dict[str, SourceImage], list[Oddity]]:
    items = list(read_ddti(folder))
    return (
        {item.id: item for item in items if isinstance(item, SourceImage)},
        [item for item in items if isinstance(item, Oddity)],
    )


def test_case_with_two_images(tmp_path: Path, save: Save) -> None:
    save(tmp_path / "7_1.jpg", 1)
    save(tmp_path / "7_2.jpg", 2)
    (tmp_path / "7.xml").write_text(case("4a", {"1": outline(SQUARE, SQUARE), "2": ""}))
    images, oddities = read(tmp_path)
    assert set(images) == {"7_1", "7_2"}
    first = images["7_1"]
    assert first.patient == "7"
    assert first.labels == {
        "sex": "F",
        "age": "50",
        "margin": "ill defined",
        "calcification": "none",
        "tirads": "4a",
        "malignancy": "suspicious",
        "outlines": "2",
    }
    assert len(first.polygons) == 2
    assert images["7_2"].polygons == []
    assert [o.what for o in oddities] == ["has no outline; imported without a mask"]


@pytest.mark.parametrize(
    ("grade", "malignancy"),
    [("2", "benign"), ("3", "benign"), ("4C", "suspicious"), ("5", "suspicious"), ("", None)],
)
def test_grade_as_binary_label(
    tmp_path: Path, save: Save, grade: str, malignancy: str | None
) -> None:
    save(tmp_path / "1_1.jpg")
    (tmp_path / "1.xml").write_text(case(grade, {"1": outline(SQUARE)}))
    assert read(tmp_path)[0]["1_1"].labels.get("malignancy") == malignancy


def test_outline_that_is_cut_off_keeps_its_whole_points() -> None:
    text = outline([*SQUARE, {"x": 1, "y": 12}])
    polygons, notes = parse_outlines(text[: text.rindex("12")])
    assert polygons == [[(p["x"], p["y"]) for p in SQUARE]]
    assert "cut off" in notes[0]


def test_arrow_is_no_outline() -> None:
    polygons, notes = parse_outlines(outline(SQUARE, kind="arrow"))
    assert polygons == []
    assert "arrow" in notes[0]


@settings(deadline=None)
@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_no_outline_text_breaks_the_import(text: str) -> None:
    polygons, _ = parse_outlines(text)
    assert all(len(p) >= 3 and np.isfinite(p).all() for p in polygons)


def test_broken_case_is_lost_and_the_next_is_read(tmp_path: Path, save: Save) -> None:
    save(tmp_path / "1_1.jpg")
    save(tmp_path / "2_1.jpg")
    save(tmp_path / "3_1.jpg")
    (tmp_path / "1.xml").write_text("<case><mark>")
    (tmp_path / "2.xml").write_text(case("2", {"1": outline(SQUARE), "9": outline(SQUARE)}))
    images, oddities = read(tmp_path)
    assert set(images) == {"2_1"}
    assert [(o.path.name, o.lost) for o in oddities] == [
        ("1.xml", True),
        ("2.xml", False),
        ("3_1.jpg", False),
    ]


def test_entities_in_the_xml_are_refused(tmp_path: Path) -> None:
    (tmp_path / "1.xml").write_text(
        '<!DOCTYPE c [<!ENTITY a "x">]><case><tirads>&a;</tirads></case>'
    )
    assert read(tmp_path)[1][0].lost


def test_folder_without_cases(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"N\.xml"):
        read(tmp_path)
