from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.errors import NodulensError
from nodulens.serve.settings import Settings, default_data, is_loopback


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True),
        ("localhost", True), ("0.0.0.0", False), ("::", False), ("192.168.1.5", False),
        ("localhost.example.org", False), ("127.0.0.1.example.org", False),
    ],
)  # fmt: skip
def test_loopback_is_this_machine_alone(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_off_loopback_a_token_is_required(tmp_path: Path) -> None:
    with pytest.raises(NodulensError, match="give --token"):
        Settings(tmp_path, host="0.0.0.0")
    with pytest.raises(NodulensError, match="can be guessed"):
        Settings(tmp_path, host="0.0.0.0", token="short")
    assert Settings(tmp_path, host="0.0.0.0", token="a" * 16).token == "a" * 16


def test_data_lie_in_a_folder_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    assert default_data().name == "workbench"
    assert default_data().is_relative_to(tmp_path)
