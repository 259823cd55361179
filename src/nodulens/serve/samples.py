"""Sample files for who has none at hand: phantoms, made when they are first asked for.

They are synthetic and say so; the same version of Nodulens always makes the same files.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

import nodulens
from nodulens.data.phantom import Phantom, phantom
from nodulens.data.phantom_two import two_nodules
from nodulens.finding import NOTICE
from nodulens.serve.masks import encode_grey, small
from nodulens.serve.models import Sample
from nodulens.serve.problems import missing

_SIZES_MM = np.round(8 + 6 * np.sin(np.linspace(0, np.pi / 2, 12)) ** 1.5, 2)
"""Of the cine's nodule on the way to its largest section; the sweep comes back the same way."""
_FRAME_MS = 60

_making = threading.Lock()


@dataclass(frozen=True)
class _Recipe:
    """How a sample is made.

    Attributes:
        said: what is told of it.
        kind: media type of the file.
        make: returns the file's bytes.
        shown: returns the picture that stands for it, uint8 (H, W).
    """

    said: Sample
    kind: str
    make: Callable[[], bytes]
    shown: Callable[[], NDArray[np.uint8]]


def samples() -> list[Sample]:
    """Return what is told of each sample, in the order in which they are shown."""
    return [recipe.said for recipe in _RECIPES.values()]


def sample_file(name: str) -> tuple[bytes, str]:
    """Return a sample's file and its media type; a 404 if there is none of that name."""
    recipe = _recipe(name)
    return _content(name), recipe.kind


def sample_thumbnail(name: str) -> bytes:
    """Return a sample's picture, small, as PNG; a 404 if there is none of that name."""
    shown = _recipe(name).shown
    with _making:
        return small(shown())


def _recipe(name: str) -> _Recipe:
    if name not in _RECIPES:
        raise missing("sample called", name)
    return _RECIPES[name]


def _content(name: str) -> bytes:
    # Two that ask for the same at once do not make it twice.
    with _making:
        return _made(name)


@cache
def _made(name: str) -> bytes:
    return _RECIPES[name].make()


@cache
def _single() -> NDArray[np.uint8]:
    return phantom(
        7, composition="solid", echogenicity="hypoechoic", margin="smooth", foci="none", depth_mm=40
    ).pixels


@cache
def _two() -> NDArray[np.uint8]:
    return two_nodules(5, told_by="size")[0].pixels


@cache
def _section(size_mm: float) -> Phantom:
    """Return a frame of the cine; all else than the nodule's size is the same in each."""
    return phantom(
        7, composition="solid", echogenicity="hypoechoic", orientation="wider than tall",
        margin="smooth", foci="none", depth_mm=40, long_axis_mm=size_mm, width=384, height=288,
    )  # fmt: skip


def _largest() -> NDArray[np.uint8]:
    return _section(float(_SIZES_MM[-1])).pixels


def _cine() -> bytes:
    """Return a sweep through a nodule and back as an Ultrasound Multi-frame Image (PS3.3, A.7)."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import (
        UID,
        ExplicitVRLittleEndian,
        UltrasoundMultiFrameImageStorage,
        generate_uid,
    )

    # Most of the time is spent in filters that need no lock.
    with ThreadPoolExecutor(2) as pool:
        there = list(pool.map(_section, map(float, _SIZES_MM)))
    pixels = np.stack([one.pixels for one in [*there, *reversed(there)]])
    frames, height, width = pixels.shape

    def uid(what: str) -> UID:
        # The same each time, so that results of the sample are about the same object.
        return generate_uid(entropy_srcs=["nodulens sample", nodulens.__version__, what])

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = uid("instance")
    dataset.SOPClassUID = UltrasoundMultiFrameImageStorage
    dataset.SOPInstanceUID = uid("instance")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid("study"), uid("series")
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.DerivationDescription = f"Computed phantom, not of a patient. {NOTICE}"
    dataset.PatientName, dataset.PatientID = "Phantom^Synthetic", "NODULENS-PHANTOM"
    dataset.PatientBirthDate = dataset.PatientSex = ""
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = "20240101"
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = "120000"
    dataset.AccessionNumber = dataset.ReferringPhysicianName = ""
    dataset.StudyID, dataset.SeriesNumber, dataset.InstanceNumber = "1", 1, 1
    dataset.StudyDescription = "Thyroid ultrasound, synthetic"
    dataset.SeriesDescription = "Sweep through a nodule, synthetic"
    dataset.Modality, dataset.Manufacturer = "US", "Nodulens"
    dataset.ManufacturerModelName = "Phantom"
    dataset.SoftwareVersions = nodulens.__version__
    dataset.BodyPartExamined = "THYROID"
    dataset.PatientOrientation = ""
    dataset.LossyImageCompression = "00"
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = height, width, frames
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.FrameTime, dataset.FrameIncrementPointer = str(_FRAME_MS), 0x00181063
    # One region of tissue that fills the picture, in centimetres (C.8.5.5).
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = width - 1, height - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = there[0].mm_per_px / 10
    dataset.SequenceOfUltrasoundRegions = [region]
    dataset.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
    dataset["PixelData"].VR = "OB"
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


_RECIPES = {
    recipe.said.name: recipe
    for recipe in (
        _Recipe(
            Sample(
                name="one-nodule.png",
                title="One nodule (synthetic)",
                description="A computed picture, not of a patient, with a depth ruler that gives "
                "the scale.",
            ),
            "image/png",
            lambda: encode_grey(_single(), 6),
            _single,
        ),
        _Recipe(
            Sample(
                name="two-nodules.png",
                title="Two nodules (synthetic)",
                description="A computed picture, not of a patient. Try words on it: the smaller "
                "nodule on the right of the picture.",
            ),
            "image/png",
            lambda: encode_grey(_two(), 6),
            _two,
        ),
        _Recipe(
            Sample(
                name="cine.dcm",
                title="A sweep (synthetic)",
                description="A computed DICOM cine of 24 frames, not of a patient: a nodule that "
                "grows and shrinks, with its scale.",
            ),
            "application/dicom",
            _cine,
            _largest,
        ),
    )
}
