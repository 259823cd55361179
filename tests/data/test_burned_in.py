from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from nodulens.data.burned_in import coloured_share, find_text
from nodulens.finding import Area

AREA = Area(x=60, y=10, width=400, height=260)


def screen(*words: tuple[tuple[int, int], str], size: int = 14, value: int = 255) -> np.ndarray:
    """A noisy scan with words in a font."""
    pixels = np.zeros((340, 520), np.uint8)
    rng = np.random.default_rng(0)
    noise = np.clip(rng.rayleigh(40, (260, 400)), 12, 180).astype(np.uint8)
    pixels[AREA.slices] = np.asarray(
        Image.fromarray(noise).resize((100, 65)).resize((400, 260), Image.Resampling.BILINEAR)
    )
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for place, text in words:
        draw.text(place, text, fill=value, font=ImageFont.load_default(size))
    return np.asarray(image)


@pytest.mark.parametrize("size", [11, 14, 20, 28])
@pytest.mark.parametrize("words", ["TIRADS 4C", "DER  TIRADS 2 (4A*)", "TIRADS5", "TI-RADS 3"])
def test_grade_below_the_scan(words: str, size: int) -> None:
    lines = find_text(screen(((120, 290), words), size=size), [AREA])
    assert any(line.word == "grade" for line in lines)
    assert not any(line.inside for line in lines)


@pytest.mark.parametrize(
    "words", ["DER", "ISTMO - IZQ", "NODULO SUPERIOR", "RIGHT LOBE TRANS", "TRANSVERSE"]
)
def test_other_words_are_text(words: str) -> None:
    lines = find_text(screen(((120, 290), words)), [AREA])
    assert [line.word for line in lines] == ["text"] * len(lines)
    assert lines


def test_box_is_around_the_words() -> None:
    (line,) = find_text(screen(((120, 290), "NODULO")), [AREA])
    assert 118 <= line.box.x <= 124
    assert 288 <= line.box.y <= 296
    assert 40 <= line.box.width <= 70
    assert line.letters >= 4


def test_words_on_the_scan() -> None:
    lines = find_text(screen(((150, 100), "RT UIQ"), size=18), [AREA])
    assert [line.inside for line in lines] == [True]


def test_scan_alone_holds_no_words() -> None:
    assert find_text(screen(), [AREA]) == []


def test_ticks_and_bars_are_no_words() -> None:
    pixels = screen().copy()
    pixels[10:260:20, 50:53] = 255
    pixels[60:200, 20:28] = np.linspace(255, 0, 140)[:, None]
    assert find_text(pixels, [AREA]) == []


def test_colour() -> None:
    pixels = screen()[..., None].repeat(3, axis=2)
    assert coloured_share(pixels, [AREA]) == 0
    pixels[100:102, 100:120] = (0, 220, 220)
    assert coloured_share(pixels, [AREA]) == pytest.approx(40 / (400 * 260))
    pixels[300:320] = (255, 0, 0)
    assert coloured_share(pixels, [AREA]) == pytest.approx(40 / (400 * 260))
