from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array

from nodulens.dicom.clean_pixels import Survey, clean_frames, clean_pages
from nodulens.errors import UnreadableFile
from nodulens.finding import Area
from nodulens.frames import find_scan_areas
from nodulens.frames.dicom import DicomFile
from tests.dicom.screens import SCAN, screen, write
from tests.dicom.ultrasound import save, ultrasound


def read_back(tmp_path: Path, dataset: Dataset) -> DicomFile:
    return DicomFile(io.BytesIO(save(tmp_path / "x.dcm", dataset).read_bytes()), "x.dcm")


def cleaned(image: DicomFile) -> np.ndarray:
    """Return the values that are written, one row of frames."""
    spool, dataset = io.BytesIO(), image.header
    elements, _ = clean_frames(image, "x.dcm", spool)
    assert elements["BurnedInAnnotation"] == "NO"
    kind = f"<{'i' if dataset.PixelRepresentation else 'u'}{dataset.BitsAllocated // 8}"
    colour = (3,) if dataset.SamplesPerPixel == 3 else ()
    return np.frombuffer(spool.getvalue(), kind).reshape(-1, dataset.Rows, dataset.Columns, *colour)


def scan_of(pixels: np.ndarray) -> np.ndarray:
    mask = np.zeros(pixels.shape, bool)
    for area in find_scan_areas(pixels):
        mask[area.slices] = True
    return mask


def test_words_outside_and_inside_go_and_tissue_stays(tmp_path: Path) -> None:
    bare = screen()
    named, outside = write(bare, (70, 10), "DOE JOHN  12.03.1964")
    named, inside = write(named, (130, 140), "DOE JOHN", size=18)
    (result,) = cleaned(read_back(tmp_path, ultrasound(named)))
    assert not result[outside].any()
    assert not result[inside].any()
    scan = scan_of(bare)
    assert not result[~scan].any()
    far = scan.copy()
    far[100:200, 80:300] = False
    assert np.array_equal(result[far], bare[far])


def test_tissue_without_words_stays_to_the_bit(tmp_path: Path) -> None:
    bare = screen(1)
    (result,) = cleaned(read_back(tmp_path, ultrasound(bare)))
    survey = Survey()
    survey.add(bare)
    assert survey.blank()[SCAN.slices].mean() < 0.02
    kept = ~survey.blank()
    assert np.array_equal(result[kept], bare[kept])


def test_every_frame_of_a_cine_also_where_the_words_were_seen_on_another(tmp_path: Path) -> None:
    frames = np.stack([screen(seed) for seed in range(4)])
    named, strokes = write(frames[2], (130, 140), "DOE JOHN", size=18)
    frames[2] = named
    # A dark frame, on which no scan could be found, costs no tissue of the others.
    frames[3] //= 40
    result = cleaned(read_back(tmp_path, ultrasound(frames)))
    assert len(result) == 4
    assert not result[:, strokes].any()
    assert not result[:, : SCAN.y - 4].any()
    corner = Area(x=SCAN.x + 10, y=SCAN.y + 10, width=60, height=40).slices
    for frame, before in zip(result, frames, strict=True):
        assert np.array_equal(frame[corner], before[corner])


def test_words_that_stand_still_on_bright_tissue(tmp_path: Path) -> None:
    frames = np.stack([screen(seed) for seed in range(6)])
    strokes = write(frames[0], (130, 140), "DOE JOHN", size=14)[1]
    frames[:, strokes] = 150
    survey = Survey()
    for frame in frames:
        survey.add(frame)
    assert survey.blank()[strokes].mean() > 0.95


@pytest.mark.parametrize("colour", [(255, 255, 0), (0, 0, 255), (255, 60, 60)])
def test_coloured_words(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    bare = screen()[..., None].repeat(3, axis=2)
    named, strokes = write(bare, (130, 140), "DOE JOHN", size=18, value=colour)
    (result,) = cleaned(read_back(tmp_path, ultrasound(named)))
    assert not result[strokes].any()


def black_outside(dataset: Dataset, tmp_path: Path) -> tuple[np.ndarray, np.ndarray]:
    dataset = read_back(tmp_path, dataset)
    (result,) = cleaned(dataset)
    outside = np.ones(result.shape[:2], bool)
    outside[SCAN.y - 8 : SCAN.y + SCAN.height + 8, SCAN.x - 8 : SCAN.x + SCAN.width + 8] = False
    return result, outside


def test_monochrome1_is_black_where_it_is_highest(tmp_path: Path) -> None:
    negative = 255 - screen()
    result, outside = black_outside(
        ultrasound(negative, PhotometricInterpretation="MONOCHROME1"), tmp_path
    )
    assert (result[outside] == 255).all()
    assert np.array_equal(result[150:160, 150:160], negative[150:160, 150:160])


def deep(values: np.ndarray, stored: int, *, signed: bool = False, **changes: object) -> Dataset:
    dataset = ultrasound(np.zeros(values.shape, np.uint8), **changes)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, stored, stored - 1
    dataset.PixelRepresentation = int(signed)
    dataset.PixelData = values.astype("<i2" if signed else "<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset


def test_bits_above_those_in_use_are_cleared(tmp_path: Path) -> None:
    values = screen().astype(np.uint16) * 16
    hidden = values | 0xF000
    result, outside = black_outside(deep(hidden, 12), tmp_path)
    assert result.max() < 4096
    assert not result[outside].any()
    assert np.array_equal(result[150:160, 150:160], values[150:160, 150:160])


def test_signed_values_get_the_darkest_that_occurs(tmp_path: Path) -> None:
    values = screen().astype(np.int16) * 4 - 300
    result, outside = black_outside(deep(values, 16, signed=True), tmp_path)
    assert (result[outside] == -300).all()


def test_a_table_that_turns_grey_round(tmp_path: Path) -> None:
    dataset = deep(4095 - screen().astype(np.uint16) * 16, 12, RescaleSlope="-1")
    dataset.RescaleIntercept, dataset.RescaleType = "4095", "US"
    dataset.WindowCenter, dataset.WindowWidth = "2048", "4096"
    result, outside = black_outside(dataset, tmp_path)
    assert (result[outside] == 4095).all()


def test_palette_gets_the_index_of_its_darkest_colour(tmp_path: Path) -> None:
    order = np.roll(np.arange(256), 7)
    dataset = ultrasound(order.argsort()[screen()].astype(np.uint8))
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    for colour in ("Red", "Green", "Blue"):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        table = (order * 257).astype("<u2").tobytes()
        setattr(dataset, f"{colour}PaletteColorLookupTableData", table)
    result, outside = black_outside(dataset, tmp_path)
    assert (result[outside] == 7).all()


@pytest.mark.parametrize("kind", ["YBR_FULL", "YBR_FULL_422"])
def test_ybr_becomes_rgb_and_black_is_black(tmp_path: Path, kind: str) -> None:
    grey = screen()
    neutral = np.full_like(grey, 128)
    if kind == "YBR_FULL":
        stored = np.stack([grey, neutral, neutral], axis=-1).tobytes()
    else:
        pairs = [grey[:, ::2], grey[:, 1::2], neutral[:, ::2], neutral[:, ::2]]
        stored = np.stack(pairs, axis=-1).tobytes()
    dataset = ultrasound(grey[..., None].repeat(3, axis=2), PhotometricInterpretation=kind)
    dataset.PixelData = stored
    spool = io.BytesIO()
    elements, _ = clean_frames(read_back(tmp_path, dataset), "x.dcm", spool)
    assert elements["PhotometricInterpretation"] == "RGB"
    result = np.frombuffer(spool.getvalue(), np.uint8).reshape(*grey.shape, 3)
    assert not result[:20].any()
    assert np.array_equal(result[150:160, 150:160, 0], grey[150:160, 150:160])


def test_compressed_frames(tmp_path: Path) -> None:
    frames = np.stack([screen(seed) for seed in range(3)])
    dataset = ultrasound(frames)
    dataset.compress("1.2.840.10008.1.2.5")
    path = save(tmp_path / "rle.dcm", dataset)
    result = cleaned(DicomFile(io.BytesIO(path.read_bytes()), "rle.dcm"))
    inside = np.s_[:, 150:160, 150:160]
    assert np.array_equal(result[inside], frames[inside])
    assert np.array_equal(pixel_array(dcmread(path)), frames)


def test_values_in_the_upper_bits_are_refused(tmp_path: Path) -> None:
    image = read_back(tmp_path, deep(screen().astype(np.uint16), 12, signed=False))
    image.header.HighBit = 15
    with pytest.raises(UnreadableFile, match="HighBit 15"):
        clean_frames(image, "x.dcm", io.BytesIO())


def test_views_show_before_and_after(tmp_path: Path) -> None:
    frames = np.stack([screen(seed) for seed in range(2)])
    frames[1], strokes = write(frames[1], (70, 10), "DOE JOHN")
    _, views = clean_frames(read_back(tmp_path, ultrasound(frames)), "x.dcm", io.BytesIO())
    assert [view.caption for view in views] == ["frame 1", "all 2 frames laid over one another"]
    assert views[1].before[strokes].any()
    assert not views[1].after[strokes].any()


def test_pages_of_a_picture() -> None:
    stream = io.BytesIO()
    named, strokes = write(screen()[..., None].repeat(3, axis=2), (70, 10), "DOE JOHN")
    pages = [Image.fromarray(named), Image.fromarray(screen(1))]
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
    result, views = clean_pages(stream, "TIFF", "x.tif")
    assert [page.shape for page in result] == [(300, 420, 3), (300, 420)]
    assert not result[0][strokes].any()
    assert np.array_equal(result[0][150:160, 150:160], named[150:160, 150:160])
    assert [view.caption for view in views] == ["page 1", "page 2"]
