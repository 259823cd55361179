from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from nodulens.cli import app
from nodulens.errors import BadData


def text(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["text", *map(str, arguments)], catch_exceptions=False)


def test_parse_shows_what_is_understood() -> None:
    shown = text(
        "parse",
        "Hypoecoic nodule, 12 x 8 mm, in the left lobe; possible microcalcifications, "
        "no extrathyroidal extension, zebra",
    )
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "nodule: present",
        "echogenicity: hypoechoic",
        "size_mm: 12 x 8",
        "side: left",
        "uncertain: foci punctate",
        "negated: margin extrathyroidal extension",
        "misspelt: Hypoecoic → hypoechoic",
        "not understood: zebra",
    ]


@pytest.mark.parametrize(
    ("report", "lines"),
    [
        ("", ["nothing is understood of this text"]),
        ("no nodule", ["nodule: none", "negated: present nodule"]),
        ("all left lung", ["infection: present", "areas: all left lung"]),
        ("solid, cystic", ["nodule: present", "composition: solid", "several values: composition"]),
    ],
)
def test_parse_of_little(report: str, lines: list[str]) -> None:
    assert text("parse", report).stdout.splitlines() == lines


def test_parse_as_json() -> None:
    shown = json.loads(text("parse", "--json", "solid nodule").stdout)
    assert shown["descriptors"]["composition"] == "solid"
    assert [one["text"] for one in shown["statements"]] == ["solid", "nodule"]


def test_terms_are_listed_and_added(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    added = text(
        "add-term", own, "--term", "white knight", "--description", "A bright nodule.",
        "--source", "Bonavita et al. 2009", "--synonym", "giraffe", "--synonym", "zebra",
    )  # fmt: skip
    assert added.stdout == f"{own}: white knight added\n"
    listed = text("terms", "--bank", own, "--text", "a zebra with a halo").stdout.splitlines()
    assert listed[0] == (
        "white knight (thyroid ultrasound): A bright nodule. [Bonavita et al. 2009]"
    )
    assert listed[1].startswith("halo (thyroid ultrasound): ")
    assert len(listed) == 2
    computed = text("terms", "--domain", "CT").stdout.splitlines()
    assert computed
    assert all(" (CT): " in line for line in computed)


def test_wrong_usage_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="there are: thyroid ultrasound"):
        text("terms", "--domain", "MRI")
    needed = ["--term", "a", "--description", "", "--source", "b"]
    with pytest.raises(BadData, match="--description"):
        text("add-term", tmp_path / "a.toml", *needed)
    assert not (tmp_path / "a.toml").exists()
