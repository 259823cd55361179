from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.dicom.pseudonym import FURTHEST, Pseudonyms, is_standard, load_key
from nodulens.errors import NodulensError

ONE, OTHER = Pseudonyms(b"1" * 32), Pseudonyms(b"2" * 32)
PARTS = st.text("abcXYZ 0123456789.-_äß", min_size=1, max_size=12)


@given(st.text(max_size=40))
def test_patients(identity: str) -> None:
    pseudonym = ONE.patient(identity)
    assert re.fullmatch(r"NL-[A-Z2-7]{16}", pseudonym)
    assert pseudonym == Pseudonyms(b"1" * 32).patient(identity)
    assert pseudonym != OTHER.patient(identity)
    assert 1 <= ONE.days(identity) <= FURTHEST


def test_days_differ_between_patients() -> None:
    days = {ONE.days(f"patient {number}") for number in range(200)}
    assert len(days) > 180
    assert max(days) - min(days) > 3000


@given(st.integers(0, 2**90), st.integers(0, 2**90))
def test_uids(first: int, second: int) -> None:
    uids = [f"1.2.276.{number}" for number in (first, second)]
    replaced = [ONE.uid(uid) for uid in uids]
    assert (replaced[0] == replaced[1]) == (first == second)
    for uid in replaced:
        assert re.fullmatch(r"2\.25\.[1-9][0-9]*", uid)
        assert len(uid) <= 64


def test_the_standard_s_uids_stay() -> None:
    assert ONE.uid("1.2.840.10008.1.2.1") == "1.2.840.10008.1.2.1"
    # Under the standard's root, but none of its own.
    assert not is_standard("1.2.840.10008.4711.1964")
    assert ONE.uid("1.2.840.10008.4711.1964").startswith("2.25.")


@given(st.lists(PARTS, min_size=1, max_size=3), PARTS)
def test_places(folders: list[str], name: str) -> None:
    place = ONE.place("/".join([*folders, name]))
    assert re.fullmatch(r"[a-z2-7]{16}(/[a-z2-7]{16})*", place)
    assert place.count("/") == len(folders)
    other = ONE.place("/".join([*folders, name + "x"]))
    assert place.rpartition("/")[0] == other.rpartition("/")[0]
    assert place != other


def test_a_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key.txt"
    key, new = load_key(path)
    assert new
    assert len(key) == 32
    assert load_key(path) == (key, False)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(tmp_path / "other.txt")[0] != key


@pytest.mark.parametrize("content", ["", "abcd", "not hexadecimal", "é" * 40])
def test_no_key(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.txt"
    path.write_text(content, "utf-8")
    with pytest.raises(NodulensError, match=r"key\.txt"):
        load_key(path)


def test_fingerprints_tell_keys_apart() -> None:
    assert ONE.fingerprint != OTHER.fingerprint
    assert (b"1" * 32).hex() not in ONE.fingerprint
