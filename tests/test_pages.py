from __future__ import annotations

import base64
import io
from pathlib import Path

import jinja2
import numpy as np
import pytest
from PIL import Image

from nodulens.pages import data_address, jpeg, load_template


def test_what_is_put_in_is_escaped_and_what_is_missing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "base.html").write_text("<p>{% block body %}{% endblock %}</p>")
    page = tmp_path / "page.html.j2"
    page.write_text(
        '{% extends "base.html" %}{% block body %}{% for x in said %}\n{{ x }}\n{% endfor %}'
        "{% endblock %}"
    )
    assert load_template(page).render(said=["<b>", "&"]) == "<p>&lt;b&gt;\n&amp;\n</p>"
    with pytest.raises(jinja2.UndefinedError):
        load_template(page).render()


def test_the_shared_base_says_title_and_notice(tmp_path: Path) -> None:
    page = tmp_path / "page.html.j2"
    page.write_text(
        '{% extends "base.html" %}{% block title %}A page{% endblock %}'
        "{% block content %}<p>{{ said }}</p>{% endblock %}"
    )
    shown = load_template(page).render(said="here", notice="Research use only")
    assert "<h1>A page</h1>" in shown
    assert "<title>A page" in shown
    assert shown.index("Research use only") < shown.index("<p>here</p>")


def picture() -> Image.Image:
    """A thin red line on grey."""
    pixels = np.full((40, 60, 3), 90, np.uint8)
    pixels[20] = 255, 0, 0
    return Image.fromarray(pixels)


def test_a_fine_jpeg_keeps_thin_coloured_lines() -> None:
    def redness(content: bytes) -> int:
        red, _, blue = np.asarray(Image.open(io.BytesIO(content)), int)[20, 30]
        return int(red - blue)

    assert redness(jpeg(picture(), 88)) > redness(jpeg(picture(), 88, fine=False)) + 40


def test_an_address_holds_the_file() -> None:
    kind, _, content = data_address(picture(), 70).partition(",")
    assert kind == "data:image/jpeg;base64"
    assert base64.b64decode(content) == jpeg(picture(), 70)
