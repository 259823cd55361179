"""Ultrasound files as a scanner writes them, complete enough for the standard's validators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
    generate_uid,
)

MM_PER_PX = 0.1


def ultrasound(pixels: NDArray[np.uint8], **changes: object) -> Dataset:
    """Return an Ultrasound Image, or an Ultrasound Multi-frame Image, of a made-up patient.

    Args:
        pixels: (H, W) or (H, W, 3); with an axis of frames before them for a cine (frames, H, W)
            or (frames, H, W, 3). Uncompressed, one tissue region that fills the picture, 0.1 mm a
            pixel.
        changes: elements by their keyword instead of the usual ones; None takes one out.
    """
    colour = pixels.shape[-1] == 3 and pixels.ndim > 2
    frames = pixels.ndim - colour - 2
    height, width = pixels.shape[frames : frames + 2]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    kind = UltrasoundMultiFrameImageStorage if frames else UltrasoundImageStorage
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = kind
    dataset.SOPInstanceUID = generate_uid()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = "Made^Up", "NL-0001"
    dataset.PatientBirthDate, dataset.PatientSex = "19700203", "F"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.StudyID, dataset.SeriesNumber, dataset.InstanceNumber = "1", 1, 1
    dataset.StudyDate = dataset.ContentDate = dataset.SeriesDate = "20240229"
    dataset.StudyTime = dataset.ContentTime = dataset.SeriesTime = "101500"
    dataset.AccessionNumber, dataset.ReferringPhysicianName = "A1", "Refers^Often"
    dataset.StudyDescription = "Thyroid ultrasound"
    dataset.Modality, dataset.Manufacturer = "US", "Maker"
    dataset.ManufacturerModelName = "Scanner"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.PatientOrientation = ""
    dataset.LossyImageCompression = "00"
    dataset.Rows, dataset.Columns = height, width
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    if frames:
        dataset.NumberOfFrames, dataset.FrameTime = len(pixels), "40"
        dataset.FrameIncrementPointer = 0x00181063
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = width - 1, height - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = MM_PER_PX / 10
    dataset.SequenceOfUltrasoundRegions = [region]
    dataset.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
    dataset["PixelData"].VR = "OB"
    for name, value in changes.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def save(path: Path, dataset: Dataset) -> Path:
    """Write a data set as a file with its preamble and meta information."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path
