from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nodulens.frames.lettering import find_letters
from tests.dicom.screens import SCAN, screen, write

WORDS = ["DOE JOHN", "Garcia, Maria", "ID 4711-2026", "12.03.1964", "St. Mary Hospital", "1964"]
SIZES = [10, 12, 14, 18, 24]


def covered(pixels: np.ndarray) -> np.ndarray:
    mask = np.zeros(pixels.shape, bool)
    for area in find_letters(pixels):
        mask[area.slices] = True
    return mask


def placed(seed: int) -> tuple[int, int]:
    rng = np.random.default_rng(seed)
    return int(rng.integers(SCAN.x + 4, 190)), int(rng.integers(SCAN.y + 4, 220))


def through_jpeg(pixels: np.ndarray) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=85)
    return np.asarray(Image.open(stream))


def test_recall_on_speckle() -> None:
    found, cases = 0, 0
    for number, words in enumerate(WORDS):
        for size in SIZES:
            for value in (255, 200):
                seed = 100 * number + size + value
                pixels, strokes = write(screen(seed), placed(seed), words, size=size, value=value)
                pixels = through_jpeg(pixels) if seed % 2 else pixels
                found += covered(pixels)[strokes].mean() >= 0.95
                cases += 1
    assert cases == 60
    assert found >= 58


@pytest.mark.parametrize("words", WORDS)
def test_every_stroke_of_clear_words(words: str) -> None:
    pixels, strokes = write(screen(), (120, 120), words, size=16)
    assert covered(pixels)[strokes].all()


def test_next_to_nothing_without_words() -> None:
    assert np.mean([covered(screen(seed)).mean() for seed in range(12)]) < 0.005


def test_bars_ticks_and_single_marks_are_no_words() -> None:
    pixels = np.zeros((200, 300), np.uint8)
    pixels[20:180, 10:20] = np.linspace(255, 0, 160, dtype=np.uint8)[:, None]
    pixels[20:180:30, 290:293] = 255
    pixels[100:103, 100:260] = 255
    assert not covered(pixels).any()


def test_a_word_of_joined_letters() -> None:
    pixels, strokes = write(np.zeros((60, 200), np.uint8), (20, 20), "mmmm", size=16)
    joined = pixels.copy()
    # Under-lined, so that all letters are one component.
    joined[34, 20:80] = 255
    assert covered(joined)[strokes].all()


def test_areas_stay_on_the_picture() -> None:
    pixels, _ = write(np.zeros((30, 60), np.uint8), (-3, -4), "ABCDEFGH", size=16)
    for area in find_letters(pixels):
        assert area.x + area.width <= 60
        assert area.y + area.height <= 30
