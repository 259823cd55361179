from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from nodulens.finding import Finding, Scale, Statement, TextUse, json_schema

PUBLISHED = Path(__file__).parents[1] / "docs" / "reference" / "finding.schema.json"


def test_the_published_schema_is_the_programs() -> None:
    """After a change that is meant: ``nodulens schema > docs/reference/finding.schema.json``."""
    assert json.loads(PUBLISHED.read_text("utf-8")) == json_schema()


def test_a_finding_survives_its_line() -> None:
    finding = Finding(source="ü\n.png", scale=Scale.known(0.1, 0.2, "user"), error="x")
    line = finding.to_json_line()
    assert "\n" not in line
    assert json.loads(line)["scale"]["from"] == "user"
    assert Finding.from_json_line(line) == finding


def test_what_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValidationError):
        Scale(mm_per_px=float("nan"))


def test_words_survive_their_line_and_lines_from_before_words_are_read() -> None:
    said = [Statement(field="size", value="small", certainty="uncertain")]
    words = TextUse(given="ü", used=None, origin="file", understood=said, not_understood=["ü"])
    line = Finding(source="a.png", text=words).to_json_line()
    assert json.loads(line)["text"]["from"] == "file"
    assert Finding.from_json_line(line).text == words
    earlier = json.loads(line)
    del earlier["text"]
    earlier["schema_version"] = "1.0"
    assert Finding.from_json_line(json.dumps(earlier)).text is None
