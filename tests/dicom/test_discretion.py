from __future__ import annotations

import io
import subprocess
import sys

import pytest

from nodulens.dicom.discretion import reason
from nodulens.errors import UnreadableFile
from nodulens.frames.dicom import DicomFile


def caught(cause: BaseException | None, message: str) -> BaseException:
    try:
        if cause is None:
            raise UnreadableFile(message)
        try:
            raise cause
        except type(cause) as error:
            raise UnreadableFile(message) from error
    except UnreadableFile as error:
        return error


def test_our_own_words_are_told_whole() -> None:
    assert reason(caught(None, "object 3: too large; split it")) == "object 3: too large; split it"


def test_words_of_causes_are_replaced_by_their_kind() -> None:
    cause = ValueError("bad value 'Doe^Jane'\nof 19700203")
    error = caught(cause, f"object 3: damaged ({cause}); or {str(cause).splitlines()[-1]}")
    assert reason(error) == "object 3: damaged (ValueError\nValueError); or ValueError"


def test_a_damaged_file_is_not_quoted() -> None:
    content = b"\0" * 128 + b"DICM" + b"\x10\x00\x10\x00PN" + b"Doe^Jane" * 20
    with pytest.raises(UnreadableFile) as caught:
        DicomFile(io.BytesIO(content), "object 3")
    assert "Doe" not in reason(caught.value)
    assert "object 3" in reason(caught.value)


def test_other_errors_are_told_by_kind_and_place() -> None:
    try:
        {}["Doe^Jane"]
    except KeyError as error:
        told = reason(error)
    assert told.startswith("unexpected KeyError at test_discretion.py:")
    assert reason(FileNotFoundError(2, "No such file", "Doe.dcm")) == "No such file"
    assert reason(KeyError("Doe")) == "unexpected KeyError; please report it"


def test_nobody_else_is_heard() -> None:
    code = """
import logging, warnings
from nodulens.dicom.discretion import mute
mute()
import pydicom, pynetdicom
warnings.warn("Doe")
for name in ("pydicom", "pynetdicom.acse", "dicomweb_client.web", "highdicom", "urllib3", "other"):
    logging.getLogger(name).critical("Doe")
pydicom.dataset.Dataset().PatientBirthDate = "Doe"
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_chain_of_causes_is_gone_through() -> None:
    first, second = KeyError("Doe"), ValueError("of Doe")
    second.__cause__ = first
    assert reason(caught(second, "object 3: of Doe, 'Doe'")) == "object 3: ValueError, KeyError"
