from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nodulens.data.manifest import Row, write_manifest
from nodulens.errors import BadData
from nodulens.training.forest import ForestRun
from nodulens.training.recipe import ForestRecipe, Labelled, Recipe, read_recipe
from nodulens.training.record import begin, earlier_record, merged, new_record, recipe_of

pytestmark = pytest.mark.train


def row(name: str, **labels: str) -> Row:
    return Row(
        id=name,
        image=f"{name}.png",
        group=name,
        width=10,
        height=10,
        sha256="0" * 64,
        labels=labels,
    )


ROWS = [row("a", grade="2"), row("b", grade="4a"), row("c", other="x"), row("d", grade="odd")]


def test_values_get_the_name_of_their_class() -> None:
    objective = Labelled(label="grade", classes=["low", "4a"], merge={"low": ["2", "3"]})
    found = merged(ROWS, objective)
    assert [one.labels for one in found] == [
        {"grade": "low"}, {"grade": "4a"}, {"other": "x"}, {"grade": "odd"},
    ]  # fmt: skip
    assert ROWS[0].labels == {"grade": "2"}
    assert merged(ROWS, Labelled()) == ROWS


def test_a_training_sees_neither_other_folds_nor_merged_values(tmp_path: Path) -> None:
    rows = [one.model_copy(update={"fold": number}) for number, one in enumerate(ROWS)]
    write_manifest(tmp_path, rows)
    merging = 'objective.merge={low=["2"], high=["4a"]}'
    recipe = read_recipe(
        "forest", ["objective.label=grade", 'objective.classes=["low", "high"]', merging]
    )
    start = begin(recipe, tmp_path, tmp_path / "run", 0, [2, 3])
    assert [one.labels for one in start.rows] == [{"grade": "low"}, {"grade": "high"}]
    assert start.record == new_record(recipe, rows, 0, [2, 3])
    assert start.earlier is None


def test_shares_and_prior_come_from_the_counts(tmp_path: Path) -> None:
    recipe = read_recipe("forest")
    assert isinstance(recipe, ForestRecipe)
    record = {"fold": 1, "label_counts": {"benign": 6, "suspicious": 2}}
    run = ForestRun(tmp_path, recipe, record)
    assert (run.fold, run.without) == (1, [])
    assert run.label_shares == [0.75, 0.25]
    assert run.threshold == 0.25
    assert run.prior == pytest.approx(np.log(1 / 3))
    recipe.forest.balance = False
    assert run.prior == 0


def test_a_record_knows_its_recipe_again() -> None:
    for name, kind in (("forest", ForestRecipe), ("unet-lite0", Recipe)):
        recipe = read_recipe(name)
        record = json.loads(json.dumps(new_record(recipe, ROWS, 1, [3, 2])))
        assert isinstance(recipe_of(record), kind)
        assert recipe_of(record) == recipe
        assert (record["fold"], record["without"]) == (1, [2, 3])


@pytest.mark.parametrize(
    ("change", "key"), [({"fold": 2}, "fold"), ({"without": [0]}, "without"),
                        ({"data": {"identity": "x"}}, "data")],
)  # fmt: skip
def test_another_run_in_the_folder_is_refused(
    tmp_path: Path, change: dict[str, object], key: str
) -> None:
    record = new_record(read_recipe("forest"), ROWS, 1, [])
    assert earlier_record(tmp_path, record) is None
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert earlier_record(tmp_path, record) == record
    with pytest.raises(BadData, match=f"another {key}"):
        earlier_record(tmp_path, record | change)


def test_runs_of_older_versions_are_known_again(tmp_path: Path) -> None:
    record = new_record(read_recipe("unet-lite0"), ROWS, 1, [])
    older = json.loads(json.dumps(record)) | {"parameters": 7}
    del older["without"], older["recipe"]["objective"]["merge"]
    (tmp_path / "run.json").write_text(json.dumps(older))
    found = earlier_record(tmp_path, record)
    assert found is not None
    assert found["parameters"] == {"trainable": 7, "frozen": 0, "full_fine_tuning": 7}
