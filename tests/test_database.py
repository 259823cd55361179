from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from nodulens import database
from nodulens.database import alone, open_database
from nodulens.errors import NodulensError


def test_what_is_committed_is_flushed_and_others_read_meanwhile(tmp_path: Path) -> None:
    with contextlib.closing(open_database(tmp_path / "a.sqlite")) as base:
        assert base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert base.execute("PRAGMA synchronous").fetchone() == (2,)
        base.execute("CREATE TABLE things (name)")
        base.execute("BEGIN IMMEDIATE")
        base.execute("INSERT INTO things VALUES ('one')")
        with contextlib.closing(open_database(tmp_path / "a.sqlite")) as other:
            assert other.execute("SELECT count(*) FROM things").fetchone() == (0,)
            base.execute("COMMIT")
            assert other.execute("SELECT count(*) FROM things").fetchone() == (1,)


def test_two_that_open_a_new_one_at_once_both_may(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.sqlite", check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    end = threading.Timer(0.2, other.rollback)
    end.start()
    with contextlib.closing(open_database(tmp_path / "a.sqlite")) as base:
        assert base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    end.join()
    other.close()


def test_one_that_stays_locked_is_refused_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_WAIT", 0.1)
    with contextlib.closing(sqlite3.connect(tmp_path / "a.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            open_database(tmp_path / "a.sqlite")


def test_one_alone_works_in_a_folder_until_it_ends(tmp_path: Path) -> None:
    with alone(tmp_path, "another works there"):
        refused = pytest.raises(NodulensError, match=f"{tmp_path}: another works there")
        with refused, alone(tmp_path, "another works there"):
            pass
    with alone(tmp_path, "another works there"):
        pass
