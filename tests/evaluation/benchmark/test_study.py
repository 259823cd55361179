from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.errors import BadData
from nodulens.evaluation.benchmark.study import Classification, read_study

WHOLE = """
title = "Two networks"
data = "set"
out = "out"

[[segmentation]]
name = "U-Net"
figures = "figures/unet"
runs = ["unet/fold1", "unet/fold0"]
recipe = "unet-lite0"
set = ["training.epochs=2"]

[[segmentation]]
name = "other"
figures = "/elsewhere/other"
runs = ["x/a", "x/b"]
recipe = "own.toml"
reference = true

[[classification]]
name = "forest"
table = "2–3 | 4a–5"
figures = "forest"
segmenters = ["unet/fold0", "ddti-unet-lite0"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, "utf-8")
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "own.toml").touch()
    (tmp_path / "unet" / "fold0").mkdir(parents=True)
    study = read_study(write(tmp_path, WHOLE))
    assert (study.data, study.out) == (tmp_path / "set", tmp_path / "out")
    first, second = study.segmentation
    assert first.figures == tmp_path / "figures" / "unet"
    assert first.runs == [tmp_path / "unet" / "fold1", tmp_path / "unet" / "fold0"]
    assert (first.recipe, first.settings) == ("unet-lite0", ["training.epochs=2"])
    assert second.figures == Path("/elsewhere/other")
    assert second.recipe == str(tmp_path / "own.toml")
    forest = study.classification[0]
    assert isinstance(forest, Classification)
    # What is there is meant; what is not is the name of a bundle.
    assert forest.segmenters == [str(tmp_path / "unet" / "fold0"), "ddti-unet-lite0"]


def test_folds_come_from_names_else_from_the_order(tmp_path: Path) -> None:
    first, second = read_study(write(tmp_path, WHOLE)).segmentation
    assert [first.fold_of(run) for run in first.runs] == [1, 0]
    assert [second.fold_of(run) for run in second.runs] == [0, 1]


def test_tables_by_task_and_title(tmp_path: Path) -> None:
    tables = read_study(write(tmp_path, WHOLE)).tables()
    assert [(task, title, len(entries)) for task, title, entries in tables] == [
        ("segmentation", "Segmentation", 2),
        ("classification", "2–3 | 4a–5", 1),
    ]


ENTRY = '\n[[segmentation]]\nname = "{}"\nfigures = "f"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "not valid TOML"),
        ('title = "x"', "nothing to compare"),
        ('titel = "x"' + ENTRY.format("a"), "title: Field required.*titel: Extra inputs"),
        ('title = "x"\n[[segmentation]]\nname = "a"', r"segmentation\.0\.figures: Field required"),
        ('title = "x"' + ENTRY.format("a") + "runs = 3", r"segmentation\.0\.runs"),
        ('title = "x"' + ENTRY.format(" "), r"segmentation\.0\.name"),
        ('title = "x"' + 2 * ENTRY.format("a"), "'a' stands there twice"),
        (
            'title = "x"' + "".join(ENTRY.format(n) + "reference = true" for n in "ab"),
            "more than one reference",
        ),
        ('title = "x"' + ENTRY.format("a") + 'recipe = "r"', r"segmentation\.0\.runs: say where"),
        ('title = "x"' + ENTRY.format("a") + 'set = ["a=1"]', r"segmentation\.0\.set: changes a"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadData, match=message) as error:
        read_study(write(tmp_path, text))
    assert str(error.value).startswith(str(tmp_path / "study.toml"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="cannot be read as a study"):
        read_study(tmp_path / "none.toml")
