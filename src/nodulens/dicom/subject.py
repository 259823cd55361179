"""What a set of results is about, and how its objects are identified."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

import nodulens
from nodulens.dicom.source import SourceImage
from nodulens.finding import Finding, ModelIdentity, Nodule

Kind = Literal["segmentation", "report", "document", "capture"]

MANUFACTURER = "Nodulens"
_SERIES: dict[Kind, tuple[int, str]] = {
    "segmentation": (9101, "Nodule outlines, research use only"),
    "report": (9102, "Nodule measurements, research use only"),
    "document": (9103, "Nodule report as PDF, research use only"),
    "capture": (9104, "Nodule overlays, research use only"),
}
"""Number and description; numbers beyond those that scanners give."""


@dataclass(frozen=True)
class Subject:
    """One analyzed frame of an image, or the image as a whole, and what was found in it.

    UIDs are hashes of what decides a result: the source, the models, this program's version, the
    words and the scale that the user gave, and how many frames of a cine were analyzed. Analyzing
    and writing the same again gives the same UIDs, so that an archive never gets a second result;
    anything else gives others. The tracking UID of a nodule that was followed through a cine is the
    same in all its frames.

    Attributes:
        source: the image.
        finding: about the frame, or about the first frame where no frame shows a nodule.
        is_whole_image: the finding stands for all frames.
        made: when the objects are made, in local time.
    """

    source: SourceImage
    finding: Finding
    is_whole_image: bool
    made: datetime

    @property
    def frame_numbers(self) -> list[int] | None:
        """DICOM number of the frame, in a list; None where the reference is to all that is there.

        Referenced Frame Number is for references to a part of a multi-frame image (PS3.3, 10.3).
        """
        if self.source.frames == 1 or self.is_whole_image:
            return None
        return [self.finding.frame + 1]

    @property
    def segmenter(self) -> ModelIdentity:
        """The model that outlined."""
        return next(model for model in self.finding.models if model.task == "segmentation")

    @property
    def classifier(self) -> ModelIdentity | None:
        """The model that judged, if one did."""
        others = (model for model in self.finding.models if model.task != "segmentation")
        return next(others, None)

    @property
    def device(self) -> dict[str, str]:
        """This program with these models as a device: its UID, model name and serial number."""
        models = [model.sha256 for model in self.finding.models]
        return {
            "uid": hashed_uid("device", nodulens.__version__, models),
            "model_name": "nodulens",
            "serial_number": hashlib.sha256("".join(models).encode()).hexdigest()[:16],
        }

    def uid(self, kind: Kind, form: str = "") -> str:
        """Return the SOP Instance UID of an object about this.

        Args:
            kind: of object.
            form: what else decides its content, such as the type of a segmentation.
        """
        place = None if self.is_whole_image else self.finding.frame
        return hashed_uid(kind, form, self.source.header.SOPInstanceUID, place, *self._made_with)

    def series_uid(self, kind: Kind) -> str:
        """Return the UID of the series that all objects of a kind in this study are in."""
        models = [model.sha256 for model in self.finding.models]
        study = self.source.header.StudyInstanceUID
        return hashed_uid("series", kind, study, nodulens.__version__, models)

    def tracking_id(self, nodule: Nodule) -> str:
        """Return how people name a nodule of this image; the same on all frames of a track."""
        return f"Nodule {nodule.number}"

    def tracking_uid(self, nodule: Nodule) -> str:
        """Return the Tracking UID of a nodule; the same in all objects and frames of a track."""
        place = (
            ("frame", self.finding.frame, nodule.id)
            if nodule.track is None
            else ("track", nodule.track.id)
        )
        return hashed_uid("nodule", self.source.header.SOPInstanceUID, *place, *self._made_with)

    def arguments(self, kind: Kind, form: str = "") -> dict[str, Any]:
        """Return what highdicom's constructors are to be told of series, instance and equipment."""
        number, description = _SERIES[kind]
        return {
            "series_instance_uid": self.series_uid(kind),
            "series_number": number,
            "series_description": description,
            "sop_instance_uid": self.uid(kind, form),
            "instance_number": self._instance_number,
            "manufacturer": MANUFACTURER,
            "manufacturer_model_name": self.device["model_name"],
            "device_serial_number": self.device["serial_number"],
            "software_versions": nodulens.__version__,
            "content_date": self.made.date(),
            "content_time": self.made.time(),
        }

    def reference(self) -> Dataset:
        """Return an item that refers to the image, and to the frame where it has several."""
        item = Dataset()
        item.ReferencedSOPClassUID = self.source.sop_class
        item.ReferencedSOPInstanceUID = self.source.header.SOPInstanceUID
        if self.frame_numbers is not None:
            item.ReferencedFrameNumber = self.frame_numbers
        return item

    def finish(self, dataset: Dataset) -> Dataset:
        """Put the image's own SOP class into all references to it, and the time into the object.

        The time is that of making. A time that is part of a reproducible result would have to be
        another's, such as the scan's; objects that exist already are kept instead, and with them
        their times (:func:`nodulens.dicom.results.write_results`).
        """
        _refer(dataset, self.source)
        dataset.InstanceCreationDate = f"{self.made:%Y%m%d}"
        dataset.InstanceCreationTime = f"{self.made:%H%M%S.%f}"
        for equipment in dataset.get("ContributingEquipmentSequence", []):
            if "ContributionDateTime" in equipment:
                equipment.ContributionDateTime = f"{self.made:%Y%m%d%H%M%S.%f}"
        return dataset

    @property
    def _made_with(self) -> tuple[Any, ...]:
        scale, text = self.finding.scale, self.finding.text
        tracks = [nodule.track for nodule in self.finding.nodules if nodule.track is not None]
        return (
            nodulens.__version__,
            [model.sha256 for model in self.finding.models],
            None if text is None else text.given,
            scale.mm_per_px_xy if scale.origin == "user" else None,
            # With other frames of a cine left out, nodules may be numbered otherwise.
            tracks[0].analyzed if tracks else None,
        )

    @property
    def _instance_number(self) -> int:
        if self.frame_numbers is not None:
            return self.frame_numbers[0]
        try:
            return max(1, int(self.source.header.InstanceNumber))
        except (AttributeError, TypeError, ValueError):
            return 1


def hashed_uid(*parts: Any) -> str:
    """Return a UID below pydicom's root that is a hash of values which JSON can hold."""
    return str(generate_uid(entropy_srcs=[json.dumps(parts)]))


def _refer(dataset: Dataset, source: SourceImage) -> None:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                if item.get("ReferencedSOPInstanceUID") == source.header.SOPInstanceUID:
                    item.ReferencedSOPClassUID = source.sop_class
                _refer(item, source)
