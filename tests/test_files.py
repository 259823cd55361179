from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from nodulens.files import flush, replacing, sha256_of, write_bytes, write_json, write_text


def test_writes_into_folders_that_are_not_there_yet(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.txt", "Köln")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "Köln".encode()


@pytest.mark.parametrize("durable", [True, False])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old", durable=durable)

    def fail() -> None:
        with replacing(path, durable=durable) as stream:
            stream.write(b"half of the n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_there_before_everything_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with replacing(path) as stream:
        stream.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"


def test_files_are_as_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_bytes(tmp_path / "written", b"")
    plain, written = ((tmp_path / name).stat().st_mode for name in ("plain", "written"))
    assert stat.S_IMODE(plain) == stat.S_IMODE(written)


def test_json_has_no_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert not (tmp_path / "a.json").exists()
    write_json(tmp_path / "a.json", {"ä": [1]})
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {"ä": [1]}


def test_digest(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"abc" * 100_000)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_what_was_written_can_be_read_back_before_it_appears(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with replacing(path) as stream:
        stream.write(b"abc")
        stream.seek(0)
        assert stream.read() == b"abc"
        assert not path.exists()
    assert path.read_bytes() == b"abc"


def test_files_and_folders_are_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.fstat(handle).st_ino))
    (tmp_path / "a").write_bytes(b"")
    flush(tmp_path / "a")
    flush(tmp_path)
    assert flushed == [path.stat().st_ino for path in (tmp_path / "a", tmp_path)]
