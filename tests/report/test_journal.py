from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from nodulens.finding import Finding
from nodulens.report.journal import Journal, read_findings


def line(source: str, frame: int = 0, note: str = "") -> str:
    return Finding(source=source, frame=frame, notes=[note]).to_json_line()


def test_findings_are_kept_in_the_order_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    with Journal(path) as journal:
        journal.add("b", [line("b", 0), line("b", 1)])
        journal.add("a", [line("a")])
        assert [finding.frame for finding in journal.findings("b")] == [0, 1]
        journal.rewrite(["a", "b"])
    assert [(finding.source, finding.frame) for finding in read_findings(path)] == [
        ("a", 0), ("b", 0), ("b", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_cut_off_by_a_kill_takes_its_source_along(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "findings.jsonl"
    with Journal(path) as journal:
        journal.add("a", [line("a")])
        journal.add("b", [line("b", 0), line("b", 1)])
        journal.add("c", [line("c", 0), line("c", 1)])
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    with Journal(path) as journal:
        assert "a" in journal
        assert "b" in journal
        assert "c" not in journal
        journal.add("c", [line("c", 0), line("c", 1)])
    assert path.read_bytes() == content


def test_of_the_last_source_frames_may_be_missing_so_it_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    with Journal(path) as journal:
        journal.add("a", [line("a")])
        journal.add("b", [line("b")])
    with Journal(path) as journal:
        assert "a" in journal
        assert "b" not in journal


def test_later_findings_of_a_source_count(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    with Journal(path) as journal:
        journal.add("a", [line("a", note="old")])
        journal.add("b", [line("b")])
        journal.add("a", [line("a", note="new")])
        journal.add("c", [line("c")])
    with Journal(path) as journal:
        assert [finding.notes for finding in journal.findings("a")] == [["new"]]
        journal.rewrite(["a", "b"])
    assert [finding.notes[0] for finding in read_findings(path)] == ["new", ""]


def test_lines_of_another_kind(tmp_path: Path) -> None:
    class Note(BaseModel):
        source: str
        words: str = ""

    path = tmp_path / "notes.jsonl"
    with Journal(path, Note) as journal:
        for source in "abc":
            journal.add(source, [Note(source=source, words="said").model_dump_json()])
    with Journal(path, Note) as journal:
        assert [source for source in "abc" if source in journal] == ["a", "b"]
        assert [Note.model_validate_json(one).words for one in journal.lines("a")] == ["said"]
    # Not findings, so none of them counts.
    with Journal(path) as journal:
        assert "a" not in journal
