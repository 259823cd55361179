from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from nodulens.errors import BadData
from nodulens.runtime import store as store_module
from nodulens.runtime.bundle import MODEL, load_bundle
from nodulens.runtime.store import (
    available_bundles,
    find_bundle,
    import_bundle,
    shipped_folder,
    user_store,
)


def pack(folder: Path, archive: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(archive, "w") as opened:
        for path in folder.iterdir():
            opened.write(path, prefix + path.name)
    return archive


def test_a_bundle_is_found_by_name_and_by_path(bundle_store: Path) -> None:
    assert find_bundle("bright-blobs", bundle_store) == bundle_store / "bright-blobs"
    assert find_bundle(bundle_store / "bright-blobs") == bundle_store / "bright-blobs"
    assert {"bright-blobs", "mean-brightness"} <= set(available_bundles(bundle_store))


def test_a_wrong_name_answers_with_the_nearest(bundle_store: Path) -> None:
    with pytest.raises(BadData, match="did you mean bright-blobs"):
        find_bundle("brigth-blob", bundle_store)


def test_a_folder_without_a_bundle_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"no bundle\.json"):
        find_bundle(tmp_path)


@pytest.mark.parametrize("prefix", ["", "bright-blobs/"])
def test_import_from_an_archive(bundle_store: Path, tmp_path: Path, prefix: str) -> None:
    archive = pack(bundle_store / "bright-blobs", tmp_path / "b.zip", prefix)
    folder = import_bundle(archive, tmp_path / "store")
    assert folder == tmp_path / "store" / "bright-blobs"
    assert load_bundle(folder).description.name == "bright-blobs"
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["bright-blobs"]


def test_import_from_a_folder_leaves_unlisted_files_behind(
    bundle_store: Path, tmp_path: Path
) -> None:
    source = shutil.copytree(bundle_store / "bright-blobs", tmp_path / "source")
    (source / "unlisted.bin").write_bytes(b"?")
    folder = import_bundle(source, tmp_path / "store")
    assert not (folder / "unlisted.bin").exists()


def test_import_does_not_replace(bundle_store: Path, tmp_path: Path) -> None:
    import_bundle(bundle_store / "bright-blobs", tmp_path / "store")
    with pytest.raises(BadData, match="already installed"):
        import_bundle(bundle_store / "bright-blobs", tmp_path / "store")


def test_a_damaged_bundle_is_not_imported(bundle_store: Path, tmp_path: Path) -> None:
    source = shutil.copytree(bundle_store / "bright-blobs", tmp_path / "source")
    (source / MODEL).write_bytes(b"other")
    with pytest.raises(BadData, match="SHA-256"):
        import_bundle(source, tmp_path / "store")
    assert list((tmp_path / "store").iterdir()) == []


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/b/c.txt", "..\\evil.txt"])
def test_an_archive_that_would_write_elsewhere_is_refused(
    bundle_store: Path, tmp_path: Path, name: str
) -> None:
    archive = pack(bundle_store / "bright-blobs", tmp_path / "b.zip")
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(name, "evil")
    with pytest.raises(BadData, match="does not belong"):
        import_bundle(archive, tmp_path / "store")
    assert not list(tmp_path.rglob("*evil*"))


def test_an_archive_with_a_link_is_refused(bundle_store: Path, tmp_path: Path) -> None:
    archive = pack(bundle_store / "bright-blobs", tmp_path / "b.zip")
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(link, "/etc/passwd")
    with pytest.raises(BadData, match="does not belong"):
        import_bundle(archive, tmp_path / "store")


def test_an_archive_that_unpacks_to_too_much_is_refused(
    bundle_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = pack(bundle_store / "bright-blobs", tmp_path / "b.zip")
    monkeypatch.setattr(store_module, "_LARGEST_IMPORT", 100)
    with pytest.raises(BadData, match="unpacks to more than 100 bytes"):
        import_bundle(archive, tmp_path / "store")


def test_neither_folder_nor_archive(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("words")
    with pytest.raises(BadData, match="neither a folder nor a ZIP"):
        import_bundle(tmp_path / "x.txt", tmp_path / "store")


def test_the_user_store_follows_the_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert user_store() == tmp_path / "nodulens" / "weights"
    monkeypatch.setattr("sys.platform", "darwin")
    assert user_store().parts[-4:-2] == ("Library", "Application Support")


def test_shipped_bundles_lie_in_the_package_or_beside_src() -> None:
    assert shipped_folder().name == "weights"


def test_every_shipped_bundle_is_whole() -> None:
    for name, folder in available_bundles(Path("nowhere")).items():
        assert load_bundle(folder).description.name == name
