from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from nodulens.errors import NodulensError
from nodulens.serve import tables
from nodulens.serve.models import Asked
from nodulens.serve.tables import make_tables


def columns(base: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in base.execute(f"PRAGMA table_info({table})")}


def test_a_folder_of_an_earlier_version_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    with monkeypatch.context() as earlier:
        earlier.setattr(tables, "_STEPS", tables._STEPS[:1])
        make_tables(base, tmp_path)
    base.execute("INSERT INTO studies (id, name, created) VALUES ('a', 'kept', 0)")
    base.execute(
        "INSERT INTO analyses (id, study, created, asked) "
        """VALUES ('b', 'a', 0, '{"every": 2, "explain": true}')"""
    )
    assert "mm_per_px" not in columns(base, "images")
    for _ in range(2):
        make_tables(base, tmp_path)
        assert "mm_per_px" in columns(base, "images")
        assert columns(base, "drawings") == {"image", "place", "said"}
    assert base.execute("SELECT name FROM studies").fetchall() == [("kept",)]
    ((asked,),) = base.execute("SELECT asked FROM analyses").fetchall()
    assert Asked.model_validate_json(asked).every == 2


def test_a_folder_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    base.execute("PRAGMA user_version = 99")
    with pytest.raises(NodulensError, match="a later version"):
        make_tables(base, tmp_path)
    assert columns(base, "studies") == set()
