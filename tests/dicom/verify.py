"""What other people's programs say of a file that we wrote."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def faults(path: Path) -> list[str]:
    """Return the errors that dciodvfy (dicom3tools) finds; no warnings."""
    program = shutil.which("dciodvfy", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.fail("dciodvfy is not beside python; it comes with the dicom3tools of [dev]")
    result = subprocess.run([program, str(path)], capture_output=True, text=True)
    lines = result.stderr.splitlines()
    # Its first word is the IOD; without one it did not understand what this is.
    assert lines[0].isalnum(), result.stderr
    return [line for line in lines if line.startswith(("Error", "Abort"))]


def dcmtk(program: str, *arguments: str | Path) -> str:
    """Run a program of DCMTK and return what it prints; skips the test where there is none."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} of DCMTK is not installed")
    result = subprocess.run([found, *map(str, arguments)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout
