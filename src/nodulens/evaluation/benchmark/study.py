"""The file that names what a benchmark compares::

    title = "Outlines on my set"
    data = "my-set"
    out = "benchmark"

    [[segmentation]]
    name = "U-Net"
    figures = "figures/unet"
    runs = ["unet/fold0", "unet/fold1"]
    recipe = "unet-lite0"

Paths are relative to the file.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from nodulens.errors import BadData

_Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Entry(_Section):
    """One row of a table.

    Attributes:
        name: of the row.
        figures: folder of ``metrics.json`` and ``per_image.csv``; made where it is not there yet.
        runs: folders of the runs that were evaluated, one a fold.
        recipe: that runs which are missing are trained with; a file or a shipped one's name.
        settings: ``set`` in the file: overrides of the recipe, as for ``nodulens train --set``.
        reference: whether the others of the table are compared with it.
        table: title of the table that the entry stands in.
    """

    name: _Name
    figures: Path
    runs: list[Path] = Field(default_factory=list)
    recipe: str | None = None
    settings: list[str] = Field(default_factory=list, alias="set")
    reference: bool = False
    table: _Name

    def fold_of(self, run: Path) -> int:
        """Return the fold that a run leaves unseen: ``foldK`` in its name, else its place."""
        match = re.fullmatch(r".*fold[-_]?(\d+)", run.name)
        return int(match[1]) if match else self.runs.index(run)


class Segmentation(Entry):
    """A row of a table of outlines."""

    table: _Name = "Segmentation"


class Classification(Entry):
    """A row of a table of probabilities.

    Attributes:
        segmenters: runs or a bundle whose outlines give the regions; the drawn ones otherwise.
    """

    table: _Name = "Classification"
    segmenters: list[str] = Field(default_factory=list)


class Study(_Section):
    """A whole study.

    Attributes:
        title: of the page.
        data: folder of the data set; needed to train, to evaluate and to measure what it costs.
        out: folder for the tables and the page.
        segmentation, classification: rows of tables.
    """

    title: _Name
    data: Path | None = None
    out: Path | None = None
    segmentation: list[Segmentation] = Field(default_factory=list)
    classification: list[Classification] = Field(default_factory=list)

    def tables(self) -> list[tuple[str, str, list[Entry]]]:
        """Return task, title and entries of each table, in order of first appearance."""
        found: dict[tuple[str, str], list[Entry]] = {}
        for task, entries in _tasks(self):
            for entry in entries:
                found.setdefault((task, entry.table), []).append(entry)
        return [(task, title, entries) for (task, title), entries in found.items()]


def read_study(path: Path) -> Study:
    """Read a study file; its paths are made whole.

    Raises:
        BadData: it cannot be read, or holds what a study cannot have; the message names the key.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path}: cannot be read as a study ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise BadData(f"{path}: not valid TOML: {error}") from error
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        )
        raise BadData(f"{path}: {problems}") from error
    _check(path, study)
    return _with_whole_paths(study, path.parent)


def _tasks(study: Study) -> list[tuple[str, list[Entry]]]:
    return [("segmentation", [*study.segmentation]), ("classification", [*study.classification])]


def _check(path: Path, study: Study) -> None:
    if not study.tables():
        raise BadData(f"{path}: nothing to compare; add [[segmentation]] or [[classification]]")
    for _, title, entries in study.tables():
        names = Counter(entry.name for entry in entries)
        if twice := [name for name, count in names.items() if count > 1]:
            raise BadData(f"{path}: {title}: name {twice[0]!r} stands there twice; change one")
        if sum(entry.reference for entry in entries) > 1:
            raise BadData(f"{path}: {title}: more than one reference = true; leave one")
    for task, entries in _tasks(study):
        for number, entry in enumerate(entries):
            if entry.recipe is not None and not entry.runs:
                raise BadData(
                    f"{path}: {task}.{number}.runs: say where the runs of recipe "
                    f"{entry.recipe!r} are to be"
                )
            if entry.settings and entry.recipe is None:
                raise BadData(f"{path}: {task}.{number}.set: changes a recipe; name the recipe")


def _with_whole_paths(study: Study, folder: Path) -> Study:
    def whole(name: str) -> str:
        # A bundle or a recipe may be named instead of being shown.
        return str(folder / name) if (folder / name).exists() else name

    def changed(entry: Entry) -> Any:
        changes: dict[str, Any] = {
            "figures": folder / entry.figures,
            "runs": [folder / run for run in entry.runs],
        }
        if entry.recipe is not None:
            changes["recipe"] = whole(entry.recipe)
        if isinstance(entry, Classification):
            changes["segmenters"] = [whole(name) for name in entry.segmenters]
        return entry.model_copy(update=changes)

    return study.model_copy(
        update={
            "data": None if study.data is None else folder / study.data,
            "out": None if study.out is None else folder / study.out,
            "segmentation": [changed(entry) for entry in study.segmentation],
            "classification": [changed(entry) for entry in study.classification],
        }
    )
