from __future__ import annotations

import csv
from pathlib import Path

from nodulens.finding import Finding, TextUse
from nodulens.report.summary import COLUMNS, write_summary
from tests.report.findings import finding


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_row_a_nodule_and_one_for_each_other_frame(tmp_path: Path) -> None:
    said = [finding("a.png"), finding("b.png", nodules=[]), Finding(source="c.png", error="broken")]
    write_summary(tmp_path / "summary.csv", said)
    table = rows(tmp_path / "summary.csv")
    assert list(table[0]) == COLUMNS
    assert [(row["source"], row["status"], row["nodule"]) for row in table] == [
        ("a.png", "nodule", "1"),
        ("a.png", "nodule", "2"),
        ("b.png", "no nodule", ""),
        ("c.png", "error", ""),
    ]
    nodule = said[0].nodules[1]
    assert float(table[1]["long_axis_mm"]) == nodule.long_axis_mm
    assert float(table[1]["circularity"]) == nodule.shape.circularity
    assert table[1]["taller_than_wide"] == "yes"
    assert table[1]["malignancy_decision"] == "suspicious"
    assert table[3]["error"] == "broken"


def test_no_cell_can_be_a_formula(tmp_path: Path) -> None:
    said = [
        Finding(source='=HYPERLINK("http://x")', error="@SUM(1)", notes=["+1"]),
        Finding(source="-a, b\n.png"),
    ]
    write_summary(tmp_path / "summary.csv", said)
    table = rows(tmp_path / "summary.csv")
    assert table[0]["source"] == '\'=HYPERLINK("http://x")'
    assert table[0]["error"] == "'@SUM(1)"
    assert table[0]["notes"] == "'+1"
    assert table[1]["source"] == "'-a, b\n.png"


def test_words_stand_beside_what_they_led_to(tmp_path: Path) -> None:
    words = TextUse(given="=left", used="thyroid nodule", origin="file")
    write_summary(tmp_path / "summary.csv", [finding("a.png", text=words), finding("b.png")])
    table = rows(tmp_path / "summary.csv")
    assert [(row["text_given"], row["text_used"]) for row in table] == [
        ("'=left", "thyroid nodule"), ("'=left", "thyroid nodule"), ("", ""), ("", ""),
    ]  # fmt: skip
