from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nodulens.evaluation.benchmark.collect import Cost, Result
from nodulens.evaluation.benchmark.compare import compare
from nodulens.evaluation.benchmark.tables import Table, build_table
from nodulens.evaluation.benchmark.texts import csv_legend, csv_lines, escape, latex, markdown
from nodulens.evaluation.per_image import write_table
from nodulens.finding import NOTICE


@pytest.fixture
def table(outline: Callable[..., Result]) -> Table:
    cost = Cost(training_seconds=60, training_at_least=True)
    results = [outline("50 % | _x_", 2, cost=cost), outline("b", 6)]
    found = compare("segmentation", results, results[0])
    return build_table("segmentation", "A & B", results, found, results[0])


def test_the_csv_file_read_again(table: Table, tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", csv_lines(table))
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert [line["name"] for line in lines] == [line.name for line in table.lines]
    assert [line["baseline"] for line in lines] == ["0", "0", "1", "1"]
    for line, read in zip(table.lines, lines, strict=True):
        for column in table.columns:
            cell = line.cell(column)
            for end, key in ((cell.value, ""), (cell.low, "_low"), (cell.high, "_high")):
                if end is None:
                    assert not read.get(column.key + key)
                else:
                    assert float(read[column.key + key]) == pytest.approx(end, abs=1e-6)
    assert lines[0]["training_minutes_at_least"] == "1"
    legend = csv_legend(table)
    assert {line["column"] for line in legend} == {column.key for column in table.columns}
    assert all(line["protocol"] for line in legend)


def test_markdown_has_a_cell_for_every_figure(table: Table) -> None:
    text = markdown(table)
    assert r"50 % \| \_x\_" in text
    for panel in text.split("### ")[1:]:
        rows = [line for line in panel.splitlines() if line.startswith("|")]
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
        assert len(widths) == 1
    for column in table.columns:
        assert f"**{column.title}**: ".replace("_", r"\_") in text
    assert NOTICE in text


def test_latex_is_balanced_and_says_every_protocol(table: Table) -> None:
    text = latex(table)
    assert r"50 \% \textbar{} \_x\_" in text
    assert text.count(r"\begin{table*}") == text.count(r"\end{table*}") == len(table.panels())
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")
    for columns in re.findall(r"\\begin{tabular}{(l\w+)}\n\\toprule\n(.*?) \\\\\n", text):
        assert len(columns[0]) - 1 == columns[1].count("} & {")
    for column in table.columns:
        assert escape(column.protocol) in text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b & 50 % of $1 #2", r"a\_b \& 50 \% of \$1 \#2"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("^~<>|", r"\textasciicircum{}\textasciitilde{}\textless{}\textgreater{}\textbar{}"),
        ("−1 ≥ Δ – ×", r"$-$1 $\geq$ $\Delta$ -- $\times$"),
    ],
)
def test_nothing_is_a_command_of_latex(text: str, escaped: str) -> None:
    assert escape(text) == escaped
