from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nodulens.data import duplicates
from nodulens.data.duplicates import fingerprint, join, near_pairs
from nodulens.data.phantom import phantom


def screen(seed: int) -> np.ndarray:
    return phantom(seed, width=480, height=360).pixels


def bits(first: np.ndarray, second: np.ndarray) -> int:
    return int((fingerprint(first) != fingerprint(second)).sum())


def test_words_and_compression_make_no_stranger() -> None:
    first = screen(1)
    written = first.copy()
    written[340:350, 100:200:3] = 255
    stream = io.BytesIO()
    Image.fromarray(written).save(stream, "JPEG", quality=60)
    assert bits(first, np.asarray(Image.open(stream))) <= 8


def test_other_frames_are_strangers() -> None:
    prints = [fingerprint(screen(seed)) for seed in range(6)]
    assert near_pairs(prints, 24) == []


@pytest.mark.parametrize("block", [1, 3, 100])
def test_pairs_are_complete_whatever_the_block(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    rng = np.random.default_rng(0)
    prints = [rng.random(143) < 0.5 for _ in range(7)]
    prints[5] = prints[2].copy()
    prints[6] = prints[2] ^ (np.arange(143) < 9)
    monkeypatch.setattr(duplicates, "_BLOCK", block)
    assert sorted(near_pairs(prints, 24)) == [(2, 5, 0), (2, 6, 9), (5, 6, 9)]


def test_no_pictures_no_pairs() -> None:
    assert near_pairs([]) == []


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_join_is_the_smallest_item_that_can_be_reached(pairs: list[tuple[int, int]]) -> None:
    roots = join(20, pairs)
    reach = np.eye(20, dtype=int)
    for first, second in pairs:
        reach[first, second] = reach[second, first] = 1
    for _ in range(5):
        reach = (reach @ reach > 0).astype(int)
    assert roots == [int(np.flatnonzero(row)[0]) for row in reach]
