from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nodulens.analysis.analyzer import Analyzer
from nodulens.frames import FrameFile, read
from nodulens.serve.masks import THUMBNAIL
from nodulens.serve.problems import Refusal
from nodulens.serve.samples import _made, sample_file, sample_thumbnail, samples
from tests.dicom.verify import faults


@pytest.mark.parametrize("name", [one.name for one in samples()])
def test_samples_are_small_pictures_that_say_what_they_are(name: str, tmp_path: Path) -> None:
    (told,) = (one for one in samples() if one.name == name)
    assert "synthetic" in told.title
    assert "not of a patient" in told.description
    content, _ = sample_file(name)
    assert len(content) < 3_000_000
    path = tmp_path / name
    path.write_bytes(content)
    assert read(path)[0].scale.mm_per_px is not None
    small = Image.open(io.BytesIO(sample_thumbnail(name)))
    assert small.format == "PNG"
    assert max(small.size) == THUMBNAIL


def test_a_sample_is_always_the_same() -> None:
    first = sample_file("cine.dcm")[0]
    _made.cache_clear()
    assert sample_file("cine.dcm")[0] == first


def test_the_cine_is_a_conformant_sweep_through_a_nodule_and_back(tmp_path: Path) -> None:
    path = tmp_path / "cine.dcm"
    path.write_bytes(sample_file("cine.dcm")[0])
    assert faults(path) == []
    with FrameFile(path) as file:
        assert file.is_cine
        assert file.header is not None
        assert "Synthetic" in str(file.header.PatientName)
        pixels = [file[number].pixels for number in range(len(file))]
        assert file[0].scale.origin == "dicom-ultrasound-regions"
    assert len(pixels) == 24
    assert all((one == other).all() for one, other in zip(pixels, reversed(pixels), strict=True))
    assert (pixels[0] != pixels[11]).any()


@pytest.mark.parametrize(
    ("name", "nodules"), [("one-nodule.png", 1), ("two-nodules.png", 2), ("cine.dcm", 1)]
)
def test_the_shipped_model_outlines_them(name: str, nodules: int, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(sample_file(name)[0])
    analyzer = Analyzer(classifier=None)
    with FrameFile(path) as file:
        frame = file[len(file) // 2]
    found = analyzer.analyze_frame(frame).nodules
    assert len(found) == nodules
    if nodules == 2:
        larger, smaller = sorted((one.area_px for one in found), reverse=True)
        for words in ("smaller nodule on the right of the picture", "smaller nodule on the right"):
            (told,) = analyzer.analyze_frame(frame, f"the {words}").nodules
            assert told.area_px == smaller
            assert np.nonzero(told.pixels)[1].min() > frame.pixels.shape[1] / 3
        (told,) = analyzer.analyze_frame(frame, "the larger nodule on the left").nodules
        assert told.area_px == larger


def test_there_is_no_other_sample() -> None:
    for ask in (sample_file, sample_thumbnail):
        with pytest.raises(Refusal, match="no sample called"):
            ask("other.png")
