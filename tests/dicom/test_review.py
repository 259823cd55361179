from __future__ import annotations

import stat
import sys
from pathlib import Path

import numpy as np

from nodulens.dicom.clean_pixels import View
from nodulens.dicom.review import MOST_VIEWS, Record, show, write_review
from nodulens.finding import NOTICE

BLACK = np.zeros((40, 60), np.uint8)


def test_the_page_shows_both_and_warns(tmp_path: Path) -> None:
    views = show([View("frame 1", BLACK + 200, BLACK)])
    records = [
        Record(source="in/<b>doe.dcm", output="a/b.dcm", patient="4711", pseudonym="NL-X",
               frames=1, views=views),
        Record(source="in/report.dcm", error="words that cannot be cleaned"),
        Record(source="in/mask.dcm", output="a/c.dcm", frames=2),
    ]  # fmt: skip
    path = tmp_path / "review.html"
    write_review(path, iter(records), 2, 1)
    page = path.read_text("utf-8")
    assert "in/&lt;b&gt;doe.dcm" in page
    assert "2 files written, 1 not" in page
    assert "patient\n  4711 as NL-X" in page
    assert "words that cannot be cleaned" in page
    assert "do not give it away" in " ".join(page.split())
    assert NOTICE in page
    assert page.count("data:image/jpeg;base64,") == 2
    assert "http" not in page.replace("http-equiv", "")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_before_and_after_differ_and_are_few() -> None:
    shown = show([View(f"page {n}", BLACK + 200, BLACK) for n in range(9)])
    assert len(shown) == MOST_VIEWS
    assert shown[0].before != shown[0].after
    assert shown[1].caption == "page 1"
