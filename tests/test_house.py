"""The house stands as it was drawn: who may import whom, and which test belongs to which file."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "nodulens"

FLOORS = [
    "errors", "files", "database", "pages", "finding", "frames", "measure", "text", "runtime",
    "analysis", "report", "dicom", "data", "models", "evaluation", "training", "serve", "cli",
]  # fmt: skip
"""From the ground up; a room imports only rooms before it."""

WITHOUT_A_TEST_OF_THEIR_OWN = {
    "errors": "two empty exception classes",
    "cli_serve": "in tests/serve/test_run.py, as users call it",
    "cli_train": "its commands run in tests/docs: the pages train, evaluate, compare and export",
    "cli_weights": "in tests/test_cli.py, as users call it",
    "data/audit_page": "in tests/data/test_audit.py, which reads the page that it writes",
    "data/importers/source": "dataclasses and one listing; every importer's test goes through it",
    "frames/limits": "constants and one check; in tests/frames/test_reading.py, file by file",
}
TESTS_OF_SEVERAL_FILES = {
    "test_house", "test_realdata", "test_without_torch", "docs/", "frames/test_hostile",
    "dicom/test_orthanc",
}  # fmt: skip


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the name below the package, with slashes, and the file of each module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).with_suffix("").as_posix(), path


def floor_of(name: str) -> int:
    room = name.replace("/", ".").split(".")[0]
    return FLOORS.index("cli" if room.startswith("cli") else room)


def imported(path: Path) -> Iterator[str]:
    """Yield what a file imports from the package, anywhere in it, as dotted names below it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("nodulens."):
                yield name.removeprefix("nodulens.")


def test_every_room_has_its_floor() -> None:
    rooms = {name.split("/")[0] for name, _ in modules()} - {"__init__"}
    assert {room for room in rooms if not room.startswith("cli")} <= set(FLOORS)


def test_rooms_import_lower_floors_only() -> None:
    upward = [
        f"{name} imports {target}"
        for name, path in modules()
        if name != "__init__"  # the front door, which leads everywhere
        for target in imported(path)
        if not target.startswith("__") and floor_of(target) > floor_of(name)
    ]
    assert upward == []


def has_code(path: Path) -> bool:
    """Whether a file does more than say, import and name things."""
    plain = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Expr)
    return not all(isinstance(node, plain) for node in ast.parse(path.read_text("utf-8")).body)


def test_path_of(name: str) -> Path:
    *rooms, file = name.split("/")
    return ROOT.joinpath("tests", *rooms, f"test_{file.strip('_')}.py")


test_path_of.__test__ = False  # type: ignore[attr-defined]


def test_every_file_has_its_test() -> None:
    wanting = {name for name, path in modules() if has_code(path)} - {
        name for name, _ in modules() if test_path_of(name).is_file()
    }
    assert wanting == set(WITHOUT_A_TEST_OF_THEIR_OWN)


def test_every_test_has_its_file() -> None:
    expected = {test_path_of(name) for name, _ in modules()}
    orphans = [
        name
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if path not in expected
        and not (name := path.relative_to(ROOT / "tests").with_suffix("").as_posix()).startswith(
            tuple(TESTS_OF_SEVERAL_FILES)
        )
    ]
    assert orphans == []


def test_constraints_are_names_and_versions_of_all_dependencies() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    odd = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)]
    assert odd == []
    fixed = [normalised(line.partition("==")[0]) for line in lines]
    assert len(fixed) == len(set(fixed))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = [need for group in groups for need in group]
    names = {normalised(re.split(r"[^A-Za-z0-9._-]", need)[0]) for need in wanted}
    # Its own name stands for the extras that [dev] takes along.
    assert names - set(fixed) == {project["name"]}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a checkout: nobody knows which files belong to the project")
    listed = subprocess.run(
        [git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


FORBIDDEN = {
    "a package registry's address": r"py[p]i\.(?:org|python)|python[h]osted\.org"
    r"|download\.pytorch\.org|(?:extra-)?index-url|registry\.npm[j]s|conda\.anaconda",
    "a path of somebody's machine": r"(?<![\w.$}/])/(?:home|root|Users|work|mnt|workspace)/\w"
    r"|[A-Z]:\\\\?Users",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_tracked_files_are_free_of(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what].encode())
    found = []
    for path in tracked():
        # Binary files, too: an exported graph can carry the paths of what it was exported from.
        if path.is_file() and path != Path(__file__) and pattern.search(path.read_bytes()):
            found.append(path.relative_to(ROOT).as_posix())
    assert found == []
