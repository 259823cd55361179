from __future__ import annotations

import subprocess
import sys

import pytest

import nodulens


def test_every_public_name_is_there() -> None:
    for name in nodulens.__all__:
        assert getattr(nodulens, name) is not None
    assert nodulens.read.__module__ == "nodulens.frames.reading"


def test_a_wrong_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Analyser"):
        _ = nodulens.Analyser


def test_importing_costs_nothing() -> None:
    code = "import sys, nodulens; assert not {'numpy', 'pydantic', 'PIL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
