from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from nodulens.serve.archives import is_archive, unpack
from nodulens.serve.problems import Refusal


def write(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", options.get("kind", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def unpacked(archive: Path, folder: Path, files: int = 50, size: int = 10**8) -> dict[str, bytes]:
    folder.mkdir(exist_ok=True)
    return {one.name: one.path.read_bytes() for one in unpack(archive, folder, files, size)}


def test_files_come_out_under_numbers(tmp_path: Path) -> None:
    archive = write(tmp_path / "a", ("b/c.png", b"one"), ("d.png", b"two"), (".hidden", b"no"))
    assert is_archive(archive)
    assert unpacked(archive, tmp_path / "out") == {"b/c.png": b"one", "d.png": b"two"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"0", "1"}


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_without_a_limit_is_refused_before(tmp_path: Path, kind: int) -> None:
    archive = write(tmp_path / "a", ("zeros.png", bytes(10**6)), kind=kind)
    with pytest.raises(Refusal, match="another method than deflate"):
        unpacked(archive, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", ["../a.png", "x/../../a.png", "/etc/a.png", "C:/a.png", "..\\a"])
def test_paths_out_of_it_are_refused(tmp_path: Path, name: str) -> None:
    archive = write(tmp_path / "a", ("fine.png", b"x"), (name, b"x"))
    with pytest.raises(Refusal, match="leads out of it"):
        unpacked(archive, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(Refusal, match="a link"):
        unpacked(write(tmp_path / "a", (link, b"/etc/passwd")), tmp_path / "out")


def test_bombs_are_stopped_while_they_unpack(tmp_path: Path) -> None:
    bomb = write(tmp_path / "a", ("a.bmp", bytes(60 << 20)))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(Refusal, match="200 times its size"):
        unpacked(bomb, tmp_path / "out", size=10**9)
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) < 20 << 20
    many = write(tmp_path / "b", *((f"{n}.png", bytes(40_000)) for n in range(20)))
    with pytest.raises(Refusal, match="more than an upload may be") as caught:
        unpacked(many, tmp_path / "more", size=100_000)
    assert caught.value.status == 413
    with pytest.raises(Refusal, match="20 files"):
        unpacked(many, tmp_path / "most", files=10)


def test_an_archive_that_lies_about_its_sizes_gains_nothing(tmp_path: Path) -> None:
    archive = write(tmp_path / "a", ("a.bmp", bytes(2 << 20)))
    content = bytearray(archive.read_bytes())
    # The directory at the end claims that it unpacks to ten bytes.
    at = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 10)
    archive.write_bytes(content)
    with pytest.raises(Refusal):
        unpacked(archive, tmp_path / "out", size=1 << 20)


def test_damaged_and_encrypted_ones_are_refused(tmp_path: Path) -> None:
    archive = write(tmp_path / "a", ("a.png", b"some words" * 100))
    (tmp_path / "cut").write_bytes(archive.read_bytes()[:60])
    with pytest.raises(Refusal, match="cannot be unpacked"):
        unpacked(tmp_path / "cut", tmp_path / "out")
    locked = bytearray(archive.read_bytes())
    locked[6] |= 1
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked").write_bytes(locked)
    with pytest.raises(Refusal, match="encrypted"):
        unpacked(tmp_path / "locked", tmp_path / "out")
    assert not is_archive(Path(__file__))
