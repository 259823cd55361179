from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nodulens.cli import app
from nodulens.dicom.intake import Identity
from nodulens.dicom.queue import Queue
from tests.dicom.pacs import QUIET, Archive, store
from tests.dicom.running import Node
from tests.dicom.ultrasound import ultrasound
from tests.pictures import scan
from tests.test_cli import models, nodulens

pytestmark = QUIET


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --forward or --stow"),
        (["--forward", "PACS@h:1", "--stow", "http://h"], "give --forward or --stow"),
        (["--forward", "PACS"], "no archive"),
        (["--stow", "h"], "no DICOMweb service"),
        (["--forward", "PACS@127.0.0.1:104"], "nothing to take in"),
        (["--forward", "PACS@127.0.0.1:104", "--port", "11112"], "nobody may send"),
        (["--forward", "PACS@127.0.0.1:104", "--ae-title", "A\\B"], "no AE title"),
        (["--status", "--state", "nowhere"], "no node has worked there"),
    ],
)
def test_wrong_usage_is_told(tmp_path: Path, arguments: list[str], message: str) -> None:
    state = [] if "--state" in arguments else ["--state", str(tmp_path / "state")]
    result = CliRunner().invoke(app, ["node", *state, *arguments])
    assert result.exit_code != 0
    assert message in " ".join(f"{result.output} {result.exception}".replace("│", " ").split())


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import importlib.util as u, sys\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'pynetdicom' else find(name, *a)\n"
        "sys.argv = ['nodulens', *sys.argv[1:]]\n"
        "from nodulens.cli import main; main()"
    )
    arguments = ["node", "--state", str(tmp_path), "--watch", ".", "--forward", "A@b:1"]
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True
    )
    assert result.returncode == 2
    assert "pip install 'nodulens[pacs]'" in result.stderr


def test_status_and_dead_letters(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "state")
    for number in range(2):
        queue.add(Identity("1.2", f"1.{number}", "1.9"), b"", b"%d" % number)
    job = queue.next("received")
    assert job is not None
    queue.fail(job, "once")
    result = nodulens("node", "--status", "--state", tmp_path / "state")
    assert result.returncode == 0
    assert result.stdout.splitlines() == [
        "taken in: 2, waiting: 2, done: 0, dead: 0",
        "received: 2, analyzed: 0, sent: 0, done: 0",
        "tried again: object 1, received, attempts: 1: once",
    ]
    queue.fail(job, "no picture", for_good=True)
    queue.see(tmp_path / "Doe.txt", 1, 2, "no DICOM file")
    result = nodulens("node", "--status", "--state", tmp_path / "state")
    assert result.returncode == 3
    assert result.stdout.splitlines()[2:] == [
        "dead: object 1, received, attempts: 1: no picture",
        "watched files left out: 1: no DICOM file",
    ]
    result = nodulens("node", "--retry-dead", "--state", tmp_path / "state")
    assert (result.returncode, result.stdout) == (0, "dead letters with a new chance: 1\n")
    assert queue.counts().dead == 0
    queue.close()


def test_told_to_end_it_ends_in_order(bundle_store: Path, tmp_path: Path) -> None:
    with Archive() as archive:
        node = Node(tmp_path / "state", archive.address, models(bundle_store))
        node.start()
        # Two nodes never work in one folder.
        other = Node(tmp_path / "state", archive.address, models(bundle_store))
        other.output = tmp_path / "other.output"
        other.start(wait=False)
        assert other.wait() == 2
        assert "another node works there" in other.output.read_text("utf-8")
        assert store(node.port, [ultrasound(scan((120, 90, 60, 30)))]) == [0]
        node.wait_until_done(1)
        assert node.stop(signal.SIGTERM) == 0
    told = node.output.read_text("utf-8")
    assert "research use only" in told
    assert "taken in: 1, waiting: 0, done: 1, dead: 0" in told
    assert "object 1: analyzed" in told
    assert "Traceback" not in told + other.output.read_text("utf-8")


def test_on_a_terminal_one_line_is_kept_up_to_date(bundle_store: Path, tmp_path: Path) -> None:
    pty = pytest.importorskip("pty", reason="no terminals of this kind here")
    with Archive() as archive:
        node = Node(tmp_path / "state", archive.address, models(bundle_store))
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, "wb") as terminal:
            process = subprocess.Popen(
                [sys.executable, *node.command()], stdout=terminal, stderr=terminal,
                env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
            )  # fmt: skip
        shown = b""
        while b"taken in: 0" not in shown:
            shown += os.read(ours, 4096)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        os.close(ours)
    # The live line is drawn over itself; the log stands above it.
    assert b"\x1b[2K" in shown
    assert b"listening as NODULENS" in shown
