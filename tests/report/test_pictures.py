from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from nodulens.finding import Area
from nodulens.report.pictures import files_of, write_pictures
from tests.report.findings import SHAPE, finding, pixels


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.mode == "L"
        return np.asarray(image)


def test_two_nodules_have_a_mask_each_and_one_together(tmp_path: Path) -> None:
    said = finding()
    written = write_pictures(tmp_path, "a/scan", pixels(), said)
    assert written.mask == "masks/a/scan.png"
    assert [nodule.mask for nodule in written.nodules] == [
        "masks/a/scan.nodule-1.png",
        "masks/a/scan.nodule-2.png",
    ]
    together = np.zeros(SHAPE, bool)
    for nodule in written.nodules:
        assert nodule.mask is not None
        own = read(tmp_path / nodule.mask)
        assert set(np.unique(own)) == {0, 255}
        assert np.array_equal(own > 0, nodule.pixels)
        together |= own > 0
    assert np.array_equal(read(tmp_path / written.mask) > 0, together)
    with Image.open(tmp_path / "overlays/a/scan.jpg") as overlay:
        assert overlay.format == "JPEG"
    assert sorted(files_of(written)) == sorted(
        str(path.relative_to(tmp_path).as_posix()) for path in tmp_path.rglob("*.*g")
    )


def test_one_nodule_shares_the_frames_mask(tmp_path: Path) -> None:
    said = finding()
    written = write_pictures(
        tmp_path, "scan", pixels(), said.model_copy(update={"nodules": said.nodules[:1]})
    )
    assert written.nodules[0].mask == written.mask == "masks/scan.png"
    assert len(list((tmp_path / "masks").iterdir())) == 1


def test_no_nodule_has_an_empty_mask(tmp_path: Path) -> None:
    written = write_pictures(tmp_path, "scan", pixels(), finding(nodules=[]))
    assert written.mask is not None
    mask = read(tmp_path / written.mask)
    assert mask.shape == SHAPE
    assert mask.max() == 0


def test_what_was_looked_at_is_a_picture_of_its_own(tmp_path: Path) -> None:
    said = finding()
    box = Area(x=10, y=10, width=40, height=30)
    heat = np.zeros((30, 40), np.float32)
    heat[:, :20], heat[:, 20:] = 1, -1
    nodules = [said.nodules[0].model_copy(update={"heat": (box, heat)}), *said.nodules[1:]]
    written = write_pictures(
        tmp_path, "a/scan", pixels(), said.model_copy(update={"nodules": nodules})
    )
    assert [nodule.looked_at for nodule in written.nodules] == [
        "looked-at/a/scan.nodule-1.jpg",
        None,
    ]
    assert "looked-at/a/scan.nodule-1.jpg" in files_of(written)
    with Image.open(tmp_path / "looked-at" / "a" / "scan.nodule-1.jpg") as picture:
        colours = np.asarray(picture, int)
        left, right = colours[20:-80, 20:180].mean((0, 1)), colours[20:-80, -180:-20].mean((0, 1))
    # Orange for, blue against.
    assert left[0] > left[2]
    assert right[2] > right[0]


def test_the_probability_of_nodule_is_written_where_it_was_kept(tmp_path: Path) -> None:
    said = finding()
    assert write_pictures(tmp_path, "scan", pixels(), said).probabilities is None
    assert not (tmp_path / "probabilities").exists()
    shares = np.linspace(0, 1, SHAPE[0] * SHAPE[1], dtype=np.float32).reshape(SHAPE)
    kept = said.model_copy(update={"probability_map": shares})
    written = write_pictures(tmp_path, "a/scan", pixels(), kept)
    assert written.probabilities == "probabilities/a/scan.png"
    assert written.probabilities in files_of(written)
    assert np.abs(read(tmp_path / written.probabilities) - 255 * shares).max() <= 0.5
    assert "probability_map" not in written.to_json_line()
