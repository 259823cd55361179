"""Write what was compared: one page that stands alone, and its tables for other programs."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nodulens.data.manifest import Row
from nodulens.errors import BadData
from nodulens.evaluation.benchmark.checklists import AUTHORS, fill_checklists, markdown
from nodulens.evaluation.benchmark.collect import Result
from nodulens.evaluation.benchmark.compare import compare
from nodulens.evaluation.benchmark.figures import (
    Figure,
    classification_figures,
    segmentation_figures,
)
from nodulens.evaluation.benchmark.tables import Table, build_table
from nodulens.evaluation.benchmark.texts import csv_legend, csv_lines, latex
from nodulens.evaluation.benchmark.texts import markdown as table_markdown
from nodulens.evaluation.evaluate import WORST_CASES
from nodulens.evaluation.per_image import write_table
from nodulens.files import write_text
from nodulens.finding import NOTICE
from nodulens.pages import load_template

PAGE = "index.html"
LEGEND = "columns.csv"
CHECKLISTS = "checklists.md"

_WORST = 12
"""Images of lowest Dice that are listed."""


@dataclass(frozen=True)
class Part:
    """One task of a study.

    Attributes:
        task: ``segmentation`` or ``classification``.
        title: of its table.
        results: its rows, of which there is at least one.
        reference: one of them, with which the others are compared.
    """

    task: str
    title: str
    results: list[Result]
    reference: Result

    def table(self) -> Table:
        """Return its table.

        Raises:
            BadData: two of the results are not of the same images.
        """
        found = compare(self.task, self.results, self.reference)
        return build_table(self.task, self.title, self.results, found, self.reference)

    def figures(self) -> list[Figure]:
        """Return its figures."""
        draw = segmentation_figures if self.task == "segmentation" else classification_figures
        return draw(self.results)


def write_benchmark(
    title: str, parts: Sequence[Part], out: Path, rows: Sequence[Row] = ()
) -> list[Table]:
    """Write ``index.html``, three files a table, ``columns.csv`` and ``checklists.md``.

    Args:
        title: of the page.
        parts: of the study, at least one.
        out: folder, made where it does not exist.
        rows: of the data set's manifest; none where the study names no data set.

    Returns:
        The tables.

    Raises:
        BadData: results of one table are not of the same images; nothing is written then.
    """
    tables = [part.table() for part in parts]
    names = _file_names(tables)
    every = [result for part in parts for result in part.results]
    checklists = fill_checklists(tables, every, rows)
    sections = [
        {
            "name": name,
            "table": table,
            "figures": part.figures(),
            "worst": worst_images(part.results) if part.task == "segmentation" else [],
            "worst_pages": [_worst_page(result, out) for result in part.results],
            "names": [result.name for result in part.results],
        }
        for name, table, part in zip(names, tables, parts, strict=True)
    ]
    page = load_template(Path(__file__).with_name("benchmark.html.j2")).render(
        title=title,
        notice=NOTICE,
        sections=sections,
        checklists=checklists,
        authors=AUTHORS,
        files={"legend": LEGEND, "checklists": CHECKLISTS},
    )
    for name, table in zip(names, tables, strict=True):
        write_table(out / f"{name}.csv", csv_lines(table))
        write_text(out / f"{name}.md", table_markdown(table))
        write_text(out / f"{name}.tex", latex(table))
    write_table(out / LEGEND, [line for table in tables for line in csv_legend(table)])
    write_text(out / CHECKLISTS, markdown(checklists))
    write_text(out / PAGE, page)
    return tables


def worst_images(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the images of lowest Dice, mean over the networks, worst first.

    Returns:
        For each its ``id`` and the ``dices``, one a result.
    """
    by_result = [result.numbers("dice") for result in results]
    dices = {id_: [dice[id_] for dice in by_result] for id_ in results[0].images}
    worst = sorted(dices, key=lambda id_: (sum(dices[id_]), id_))[:_WORST]
    return [{"id": id_, "dices": dices[id_]} for id_ in worst]


def _worst_page(result: Result, out: Path) -> str | None:
    """Return the address of an evaluation's page of worst cases, seen from the benchmark's."""
    page, place = (result.figures / WORST_CASES).resolve(), out.resolve()
    # Farther away it would be lost when the folder is passed on, and say where it had been.
    if not page.is_file() or not page.is_relative_to(place.parent):
        return None
    return quote(Path(os.path.relpath(page, place)).as_posix())


def _file_names(tables: Sequence[Table]) -> list[str]:
    names: list[str] = []
    for table in tables:
        plain = re.sub(r"[^a-z0-9]+", "-", table.title.lower()).strip("-")
        name = plain if plain.startswith(table.task) else f"{table.task}-{plain}".strip("-")
        if name in names:
            raise BadData(
                f"{table.title}: its files would be called {name}, as another table's; give it "
                "another title"
            )
        names.append(name)
    return names
