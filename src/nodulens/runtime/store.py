"""Where model bundles are: shipped with the package, in the user's store, or in any folder."""

from __future__ import annotations

import difflib
import os
import shutil
import stat
import sys
import tempfile
import zipfile
from pathlib import Path

from nodulens.errors import BadData
from nodulens.runtime.bundle import DESCRIPTION, load_bundle

_MOST_FILES = 64
_LARGEST_IMPORT = 4 << 30
"""Bytes, unpacked; a sum over all files."""


def shipped_folder() -> Path:
    """Return the folder of the bundles that come with the package."""
    package = Path(__file__).parents[1]
    inside = package / "weights"
    # In a checkout they lie beside ``src``.
    return inside if inside.is_dir() else package.parents[1] / "weights"


def user_store() -> Path:
    """Return the folder of the user's own bundles, by the platform's custom; it may not exist."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "nodulens" / "weights"


def available_bundles(store: Path | None = None) -> dict[str, Path]:
    """Return the folders of all bundles by name, sorted; nothing is verified.

    Args:
        store: instead of the user's store. A bundle in the store goes before a shipped one.
    """
    found: dict[str, Path] = {}
    for place in (shipped_folder(), store or user_store()):
        if place.is_dir():
            found.update(
                (path.parent.name, path.parent) for path in place.glob(f"[!.]*/{DESCRIPTION}")
            )
    return dict(sorted(found.items()))


def find_bundle(name_or_path: str | Path, store: Path | None = None) -> Path:
    """Return the folder of a bundle.

    Args:
        name_or_path: a name as ``nodulens weights list`` shows it, or a bundle's folder.
        store: instead of the user's store.

    Raises:
        BadData: there is none; the message names the nearest ones.
    """
    name = str(name_or_path)
    available = available_bundles(store)
    if name in available:
        return available[name]
    path = Path(name)
    if (path / DESCRIPTION).is_file():
        return path
    if path.is_dir():
        raise BadData(f"{path}: no {DESCRIPTION} there; give the folder of a model bundle")
    near = difflib.get_close_matches(name, available, n=3, cutoff=0.4) or list(available)
    hint = f"did you mean {' or '.join(near)}?" if near else "none is installed"
    raise BadData(
        f"{name}: no model bundle of this name, nor a folder; {hint} "
        "(`nodulens weights list` shows all)"
    )


def import_bundle(source: Path, store: Path | None = None) -> Path:
    """Copy a bundle into the store, verified.

    Args:
        source: the bundle's folder, or a ZIP archive of it.
        store: instead of the user's store.

    Returns:
        Its folder in the store.

    Raises:
        BadData: it is no valid bundle, the archive is unsafe, or the name is taken.
    """
    target = store or user_store()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".import-") as temporary:
        unpacked = Path(temporary) / "source"
        if source.is_dir():
            unpacked = source
        elif zipfile.is_zipfile(source):
            unpacked = _unpack(source, unpacked)
        else:
            raise BadData(f"{source}: neither a folder nor a ZIP archive of a model bundle")
        bundle = load_bundle(unpacked)
        name = bundle.description.name
        present = available_bundles(store).get(name)
        if present is not None:
            raise BadData(f"{name}: already installed in {present}; remove that folder first")
        copy = Path(temporary) / "copy"
        copy.mkdir()
        # Only what the description lists, and so only what was verified.
        for file in (DESCRIPTION, *bundle.description.files):
            shutil.copyfile(unpacked / file, copy / file)
        load_bundle(copy)
        copy.rename(target / name)
    return target / name


def _unpack(archive: Path, folder: Path) -> Path:
    """Unpack a ZIP archive that holds one bundle, at its top or in one folder."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            if len(members) > _MOST_FILES:
                raise BadData(f"{archive}: {len(members)} files are more than any bundle has")
            folders = {str(Path(member.filename).parent) for member in members}
            for member in members:
                kind = stat.S_IFMT(member.external_attr >> 16)
                parts = Path(member.filename.replace("\\", "/")).parts
                unsafe = len(folders) != 1 or len(parts) > 2 or ".." in parts
                if unsafe or Path(member.filename).is_absolute() or kind not in (0, stat.S_IFREG):
                    raise BadData(
                        f"{archive}: {member.filename!r} does not belong into a bundle; pack the "
                        "bundle's folder alone, without links or folders in it"
                    )
            folder.mkdir()
            room = _LARGEST_IMPORT
            for member in members:
                with (
                    opened.open(member) as stream,
                    (folder / Path(member.filename).name).open("xb") as copy,
                ):
                    # Counted while unpacking: an archive may lie about its sizes.
                    while block := stream.read(1 << 20):
                        room -= len(block)
                        if room < 0:
                            raise BadData(
                                f"{archive}: unpacks to more than {_LARGEST_IMPORT} bytes"
                            )
                        copy.write(block)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise BadData(f"{archive}: cannot be unpacked ({error})") from error
    return folder
