"""What the program says: frames in, findings out, and the versioned JSON form of a finding.

Everything here is plain data. ``Frame`` holds pixels and stays in memory; ``Finding`` is what is
written, one JSON object a frame, and its schema is published by :func:`json_schema`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

SCHEMA_VERSION = "1.4"
"""Version of the JSON form: the second number grows with additions, the first with breaks."""

NOTICE = "Research use only. Not a medical device; not for diagnosis or treatment decisions."

ScaleOrigin = Literal[
    "dicom-ultrasound-regions", "dicom-pixel-spacing", "depth-ruler", "user", "unknown"
]

TextOrigin = Literal["argument", "file", "default"]
"""Where words come from: told with the picture, from a table, or the model's own."""


class _Record(BaseModel):
    # NaN and infinity have no JSON form; a number that is not known is null.
    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, populate_by_name=True, serialize_by_alias=True
    )


class Scale(_Record):
    """Physical size of a pixel, and where that knowledge comes from."""

    mm_per_px: float | None = Field(
        None, gt=0, description="Millimetres a pixel; null where unknown or not the same both ways."
    )
    mm_per_px_xy: tuple[float, float] | None = Field(
        None, description="Millimetres a pixel along a row (x) and along a column (y)."
    )
    origin: ScaleOrigin = Field(
        "unknown", alias="from", description="Where the millimetres come from."
    )
    confidence: float = Field(
        0.0, ge=0, le=1, description="1 where the file states the scale; below 1 where measured."
    )
    note: str | None = Field(None, description="What a reader should know about this scale.")

    @classmethod
    def known(
        cls,
        x: float,
        y: float,
        origin: ScaleOrigin,
        confidence: float = 1.0,
        note: str | None = None,
    ) -> Scale:
        """Build a scale from millimetres a pixel along rows (``x``) and along columns (``y``)."""
        isotropic = abs(x - y) <= 0.01 * max(x, y)
        return cls(
            mm_per_px=(x + y) / 2 if isotropic else None,
            mm_per_px_xy=(x, y),
            origin=origin,
            confidence=confidence,
            note=note,
        )

    @classmethod
    def unknown(cls, note: str | None = None) -> Scale:
        """Build the scale of a picture whose physical size nobody knows."""
        return cls(note=note)


class Area(_Record):
    """An axis-parallel rectangle in pixels; the first pixel is (0, 0), the end is exclusive."""

    x: int = Field(ge=0)
    y: int = Field(ge=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of this area in an array of shape (height, width)."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


@dataclass
class Frame:
    """One still picture as the analysis sees it.

    Attributes:
        pixels: uint8 array (H, W), grey, 0 black to 255 white, EXIF orientation applied.
        source: path of the file as the caller gave it.
        sha256: of the file's bytes, 64 hexadecimal digits.
        index: number of the frame in its file, from 0.
        scale: millimetres a pixel, or unknown.
        scan_areas: the parts that are ultrasound, left to right; two in a split screen.
        b_mode: False where the scan is a colour map (Doppler, elastography) or a spectrum.
        notes: what was noticed while reading, in words.
    """

    pixels: NDArray[np.uint8]
    source: str
    sha256: str
    index: int = 0
    scale: Scale = field(default_factory=Scale.unknown)
    scan_areas: list[Area] = field(default_factory=list)
    b_mode: bool = True
    notes: list[str] = field(default_factory=list)


class Shape(_Record):
    """Dimensionless shape of an outline; definitions stand in ``nodulens.measure.shape``."""

    circularity: float = Field(ge=0, le=1)
    compactness: float = Field(ge=1)
    solidity: float = Field(ge=0, le=1)
    convexity: float = Field(ge=0, le=1)
    eccentricity: float = Field(ge=0, le=1)
    elongation: float = Field(ge=0, le=1)
    extent: float = Field(ge=0, le=1)
    depth_to_width: float = Field(gt=0)


class Malignancy(_Record):
    """Calibrated estimate that the nodule is suspicious, in the classifier's own sense."""

    probability: float = Field(ge=0, le=1)
    decision: str = Field(description="The classifier's label on its side of the threshold.")
    threshold: float = Field(ge=0, le=1)
    meaning: str = Field(description="What the probability is a probability of.")
    defer: bool | None = Field(
        None,
        description="True where the model had better be asked nothing: at its chosen error rate, "
        "both labels are possible or neither is. Null where it was not given such a rate.",
    )
    possible: list[str] | None = Field(
        None,
        description="Labels that are possible at that error rate: the conformal prediction set; "
        "null as for defer.",
    )
    undecided: tuple[float, float] | None = Field(
        None, description="Probabilities between which it defers; null as for defer."
    )
    error_rate: float | None = Field(
        None, gt=0, lt=1, description="The chosen error rate of each label; null as for defer."
    )


class Attribute(_Record):
    """What the model takes a sonographic attribute of the nodule for."""

    value: str = Field(description="The likeliest.")
    probability: float = Field(ge=0, le=1)
    possible: list[str] = Field(
        description="The likeliest values that together have a probability of 0.8; they, not the "
        "likeliest alone, go into TI-RADS."
    )
    probabilities: dict[str, float] = Field(description="Of every value that the model knows.")


class TiRads(_Record):
    """ACR TI-RADS 2017 from predicted attributes and the measured shape, as a range."""

    points: tuple[int, int] = Field(description="Least and greatest sum that is possible.")
    levels: list[str] = Field(description="TR1 to TR5 as far as possible, lowest first.")
    by_category: dict[str, tuple[int, int]] = Field(
        description="Least and greatest points of each category of which something is known."
    )
    missing: list[str] = Field(description="Categories of which nothing is known.")
    recommendations: list[Literal["none", "follow-up", "biopsy"]] | None = Field(
        description="For these levels and the size, mildest first; null without millimetres."
    )
    notes: list[str] = Field(default_factory=list)


class MeasuredFeature(_Record):
    """One measured number beside those of the nodules that the model learned from."""

    name: str
    value: float
    unit: str
    percentile: float = Field(
        ge=0, le=100, description="Share in per cent of the nodules learned from that have less."
    )


class Evidence(_Record):
    """What one aspect of the nodule contributes to the model's answer."""

    concept: str
    speaks: Literal["for", "against", "neither"] = Field(
        description="For or against the suspicious label."
    )
    log_odds: float = Field(
        description="By how much the answer would change if the nodule were in this respect like "
        "the others that the model learned from."
    )
    words: str
    feature: MeasuredFeature | None = Field(
        None, description="The number that carries most of it; null for a network's impression."
    )


class Track(_Record):
    """One nodule followed through the frames of a file."""

    id: int = Field(ge=1, description="Number of the nodule in its file, from 1, as first seen.")
    key: list[Literal["largest", "sharpest"]] = Field(
        description="What this frame is for the nodule: that of its largest section, that of its "
        "sharpest picture; empty for all others."
    )
    first: int = Field(ge=0, description="First frame that shows the nodule.")
    last: int = Field(ge=0, description="Last frame that shows it.")
    frames: int = Field(ge=1, description="Number of analyzed frames that show it.")
    analyzed: int = Field(ge=1, description="Number of analyzed frames of the file.")


class Nodule(_Record):
    """One outlined nodule. Lengths are null where the scale is unknown."""

    id: int = Field(ge=1, description="Number of the nodule in its frame, from 1, left to right.")
    track: Track | None = Field(
        None, description="The same nodule on the file's other frames; null in a still picture."
    )
    scan_area: int = Field(ge=0, description="Index into the frame's scan_areas.")
    mask: str | None = Field(
        None, description="PNG of this nodule alone, 0/255 at native size, relative to the output."
    )
    contour: list[list[tuple[float, float]]] = Field(
        description="Closed outlines as (x, y) in pixels; the first is the outer one."
    )
    bounding_box: Area
    area_px: int = Field(gt=0)
    area_mm2: float | None = None
    long_axis_px: float = Field(gt=0)
    short_axis_px: float = Field(gt=0)
    long_axis_mm: float | None = None
    short_axis_mm: float | None = None
    long_axis_line: tuple[tuple[float, float], tuple[float, float]] = Field(
        description="Ends (x, y) of the long axis in pixels."
    )
    short_axis_line: tuple[tuple[float, float], tuple[float, float]] = Field(
        description="Ends (x, y) of the short axis in pixels."
    )
    taller_than_wide: bool = Field(description="Depth exceeds width, along the picture's axes.")
    shape: Shape
    malignancy: Malignancy | None = None
    attributes: dict[str, Attribute] | None = Field(
        None, description="By name; null where the classifier names none."
    )
    tirads: TiRads | None = Field(None, description="Null where no attribute was predicted.")
    evidence: list[Evidence] | None = Field(
        None, description="The strongest first; null where the classifier gives none."
    )
    looked_at: str | None = Field(
        None,
        description="Picture of the region with what speaks for and against the suspicious label "
        "at each place, relative to the output; null unless it was asked for.",
    )
    confidence: float = Field(
        ge=0, le=1, description="Mean probability of the outlined pixels; not calibrated."
    )
    pixels: SkipJsonSchema[Any] = Field(
        None, exclude=True, repr=False, description="Boolean mask (H, W); in memory only."
    )
    heat: SkipJsonSchema[Any] = Field(
        None,
        exclude=True,
        repr=False,
        description="Area and float32 map (h, w) of what ``looked_at`` shows; in memory only.",
    )

    @property
    def number(self) -> int:
        """What readers know it by: its number in the cine, or in its still picture."""
        return self.id if self.track is None else self.track.id

    @property
    def is_reported(self) -> bool:
        """Whether a report lists it here: in a cine, on the frame of its largest section alone."""
        return self.track is None or "largest" in self.track.key


class Statement(_Record):
    """One thing that a text says."""

    field: str = Field(description="What it is about: a field of the descriptors, or present.")
    value: str
    certainty: Literal["affirmed", "uncertain", "negated"]


Outcome = Literal["nothing said", "agrees", "changed", "nothing agrees"]
"""What an outline has to do with the words of size and place."""


class TextUse(_Record):
    """What became of the words about a frame."""

    given: str | None = Field(description="As the user gave it; null where nothing was given.")
    used: str | None = Field(
        description="What the segmenter was told; null where it outlined without words."
    )
    origin: TextOrigin = Field(
        alias="from",
        description="Where the words come from; default: the model's own, for want of others.",
    )
    understood: list[Statement] = Field(
        default_factory=list, description="What was understood of the given text, in its order."
    )
    not_understood: list[str] = Field(
        default_factory=list, description="Words of the given text that carried nothing."
    )
    agreement: list[Outcome] = Field(
        default_factory=list,
        description="For each scan area, what its outline has to do with the words of size and "
        "place: nothing said of them; the usual outline agrees; it was changed, within what the "
        "model holds possible, to agree; or nothing agrees, and the usual outline stays.",
    )


class ModelIdentity(_Record):
    """Which model spoke."""

    task: str
    name: str
    version: str
    sha256: str = Field(
        description="Of the bundle's description, which names that of every other file of it."
    )


class Finding(_Record):
    """Everything said about one frame: one line of ``findings.jsonl``."""

    schema_version: str = SCHEMA_VERSION
    notice: str = NOTICE
    source: str
    frame: int = Field(0, ge=0)
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    scale: Scale = Field(default_factory=Scale.unknown)
    scan_areas: list[Area] = Field(default_factory=list)
    b_mode: bool = Field(
        True,
        description="False where the scan is a colour map (Doppler, elastography) or a spectrum, "
        "from which the models have not learned.",
    )
    nodules: list[Nodule] = Field(default_factory=list)
    mask: str | None = Field(
        None, description="PNG of all nodules, 0/255 at native size, relative to the output."
    )
    overlay: str | None = Field(None, description="Picture with the outlines drawn, likewise.")
    strip: str | None = Field(
        None,
        description="Picture of the analyzed frames of the whole cine, small, with outlines, "
        "likewise; null unless the file is a cine.",
    )
    probabilities: str | None = Field(
        None,
        description="PNG of the segmenter's probability of a nodule, 0 to 255 for 0 to 1, at "
        "native size, relative to the output; null unless it was asked for.",
    )
    confidence: float | None = Field(
        None, ge=0, le=1, description="Of the surest nodule; null where none was outlined."
    )
    text: TextUse | None = Field(
        None, description="What became of the words; null where there were none, of nobody."
    )
    models: list[ModelIdentity] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    error: str | None = Field(None, description="Why there is no result, and what would mend it.")
    probability_map: SkipJsonSchema[Any] = Field(
        None,
        exclude=True,
        repr=False,
        description="What ``probabilities`` shows, float32 (H, W); in memory only.",
    )

    def to_json_line(self) -> str:
        """Return the finding as one line of JSON without the trailing newline."""
        return self.model_dump_json()

    @classmethod
    def from_json_line(cls, line: str) -> Finding:
        """Read back what :meth:`to_json_line` wrote."""
        return cls.model_validate_json(line)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one line of ``findings.jsonl``."""
    schema = Finding.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
