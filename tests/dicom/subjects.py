"""Things to make DICOM objects of, by hand: an ultrasound file and what was found in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from nodulens.dicom.source import SourceImage, read_source
from nodulens.dicom.subject import Subject
from nodulens.files import sha256_of
from nodulens.finding import Attribute, Finding, ModelIdentity, TiRads, Track
from tests.dicom.ultrasound import save, ultrasound
from tests.report.findings import SHAPE, finding

MADE = datetime(2024, 3, 1, 12, 30, 15, 250000)
MODELS = [
    ModelIdentity(task="segmentation", name="outliner", version="1.0", sha256="1" * 64),
    ModelIdentity(task="classification", name="judge", version="2.0", sha256="2" * 64),
]


def source(folder: Path, frames: int | None = None, **changes: object) -> SourceImage:
    """Write an ultrasound file, a cine if ``frames`` says of how many, and read it as a source."""
    shape = SHAPE if frames is None else (frames, *SHAPE)
    path = save(folder / "source.dcm", ultrasound(np.full(shape, 90, np.uint8), **changes))
    image = read_source(path, sha256_of(path))
    assert image is not None
    return image


def subject(image: SourceImage, whole: bool = False, **changes: object) -> Subject:
    """Return a subject with two nodules, or with what ``changes`` say of its finding."""
    said = finding(
        str(image.path), **{"sha256": image.sha256, "models": MODELS, "frame": 0, **changes}
    )
    return Subject(image, said, whole, MADE)


def judged(said: Finding) -> Finding:
    """Return a finding whose first nodule has attributes, TI-RADS and a deferral."""
    first, *others = said.nodules
    assert first.malignancy is not None
    changed = first.model_copy(
        update={
            "malignancy": first.malignancy.model_copy(update={"defer": True}),
            "attributes": {
                "composition": Attribute(
                    value="solid",
                    probability=0.6,
                    possible=["solid", "predominantly solid"],
                    probabilities={"solid": 0.6, "predominantly solid": 0.3, "cystic": 0.1},
                )
            },
            "tirads": TiRads(
                points=(2, 9),
                levels=["TR2", "TR3"],
                by_category={"composition": (1, 2)},
                missing=["margin"],
                recommendations=["none", "follow-up"],
                notes=["made up"],
            ),
        }
    )
    return said.model_copy(update={"nodules": [changed, *others]})


def tracked(said: Finding, *tracks: Track) -> Finding:
    """Return a finding whose nodules are on these tracks."""
    nodules = [
        nodule.model_copy(update={"track": track})
        for nodule, track in zip(said.nodules, tracks, strict=True)
    ]
    return said.model_copy(update={"nodules": nodules})
