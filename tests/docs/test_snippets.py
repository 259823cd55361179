"""Every command and every program that the documentation shows does what it shows."""

from __future__ import annotations

import doctest
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from nodulens.cli import app
from tests.docs.pages import PAGES, Command, Snippet, name_of, snippets

EVERY = [snippet for page in PAGES for snippet in snippets(page)]
CHECKER = doctest.OutputChecker()
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def executed_pages() -> list[object]:
    """Return the pages with something to execute; one that needs torch is marked."""
    pages = []
    for page in PAGES:
        here = [snippet for snippet in snippets(page) if snippet.is_executed]
        trains = any("train" in snippet.markers for snippet in here)
        if here:
            marks = [pytest.mark.train] if trains else []
            pages.append(pytest.param(page, id=name_of(page), marks=marks))
    return pages


@pytest.mark.parametrize("page", executed_pages())
def test_snippets_run(page: Path, workplace: Path) -> None:
    for snippet in snippets(page):
        if "file" in snippet.markers:
            (workplace / snippet.markers["file"]).write_text(snippet.text, "utf-8")
        elif snippet.is_executed and snippet.language == "python":
            run([sys.executable, "-W", "error", "-c", snippet.text], snippet)
        elif snippet.is_executed:
            commands = snippet.commands()
            for command in commands:
                last = command is commands[-1]
                status = int(snippet.markers.get("exit status", 0)) if last else 0
                if "train" in snippet.markers and command.line.startswith("nodulens "):
                    shown = run_here(command.line, snippet)
                else:
                    shown = run(["bash", "-euc", command.line], snippet, status)
                check_output(snippet, command, shown)


def run(command: list[str], snippet: Snippet, status: int = 0) -> str:
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    told = f"{snippet.place}: {command[-1]}\n{result.stdout}\n{result.stderr}"
    assert result.returncode == status, f"exit status {result.returncode} of {told}"
    return result.stdout + (result.stderr if status else "")


def run_here(line: str, snippet: Snippet) -> str:
    """Run a command in this process: to load torch and all that trains takes each one seconds."""
    _, *words = words_of(line)
    result = CliRunner().invoke(app, words)
    told = f"{snippet.place}: {line}\n{result.output}"
    assert result.exit_code == 0, f"exit status {result.exit_code} of {told}\n{result.exception!r}"
    return result.stdout


def words_of(line: str) -> list[str]:
    return shlex.split(line.replace("\\\n", " "), comments=True)


def check_output(snippet: Snippet, command: Command, shown: str) -> None:
    if command.output:
        wanted = command.output + "\n"
        agrees = CHECKER.check_output(wanted, shown, FLAGS)
        assert agrees, f"{snippet.place}: {command.line}\nshould print\n{wanted}\nprints\n{shown}"


def nodulens_lines() -> list[object]:
    return [
        pytest.param(command.line, id=f"{snippet.place}-{number}")
        for snippet in EVERY
        if snippet.language == "console"
        for number, command in enumerate(snippet.commands())
        if command.line.startswith("nodulens ")
    ]


@pytest.mark.parametrize("line", nodulens_lines())
def test_commands_and_options_exist(line: str) -> None:
    """Also of the commands that are not executed: nothing is run, only understood."""
    words = words_of(line)[1:]
    command: Any = typer.main.get_command(app)
    # By what they have, not by their class: Typer brings a Click of its own.
    while hasattr(command, "commands"):
        assert words, f"{line}: no command"
        assert words[0] in command.commands, f"{line}: no such command"
        command = command.commands[words.pop(0)]
    with command.make_context(command.name, words) as context:
        assert context.command is command


def test_snippets_say_what_they_are() -> None:
    known = {"console", "python", "toml", "json", "csv", "text", "bibtex"}
    unknown = [snippet.place for snippet in EVERY if snippet.language not in known]
    assert unknown == []
    needless = [
        snippet.place
        for snippet in EVERY
        if "not executed" in snippet.markers and len(snippet.markers["not executed"]) < 8
    ]
    assert needless == [], "say why these are not executed"


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_the_marker_train_is_where_torch_is_needed() -> None:
    wanting = [
        snippet.place
        for snippet in EVERY
        if snippet.is_executed
        and "train" not in snippet.markers
        and any(
            word in snippet.text
            for word in (
                "nodulens train",
                "nodulens evaluate",
                "nodulens explain",
                "nodulens crossval",
                "nodulens benchmark",
                "nodulens export",
                "import torch",
            )
        )
    ]
    assert wanting == []
