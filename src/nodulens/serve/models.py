"""What goes over the wire: requests and answers, as OpenAPI describes them.

Findings are those of :mod:`nodulens.finding`. Points are (x, y) in pixels of the frame; a pixel's
centre has whole coordinates. Times are seconds since 1970, UTC.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from nodulens.finding import NOTICE, Finding, TiRads
from nodulens.text.descriptors import MAX_MM

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""Name of a study, image, analysis or export: 16 hexadecimal digits."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
BundleName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Words = Annotated[str, StringConstraints(max_length=20_000)]
Coordinate = Annotated[float, Field(ge=-10_000, le=100_000)]
Point = tuple[Coordinate, Coordinate]
Place = tuple[float, float]
"""A point in an answer."""
Ring = Annotated[list[Point], Field(min_length=3, max_length=20_000)]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""Of a frame, a nodule or a version."""

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
"""``queued`` → ``running`` → ``done``, ``failed`` or ``cancelled``."""
Review = Literal["open", "accepted", "rejected"]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Request(BaseModel):
    # An unknown field is a slip that would otherwise go unnoticed.
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Problem(_Answer):
    """Why a request was not carried out."""

    status: int = Field(description="Of HTTP.")
    error: str = Field(description="What is wrong.")
    todo: str = Field(description="What the caller can do about it.")


class Health(_Answer):
    """Whether the server works."""

    status: Literal["ok"] = "ok"
    version: str = Field(description="Of Nodulens.")
    notice: str = NOTICE
    studies: int
    waiting: int = Field(description="Analyses that are queued or running.")
    pdf: bool = Field(description="Whether reports can be had as PDF.")
    stow: bool = Field(description="Whether a DICOMweb server is configured.")


class Session(_Request):
    """What opens a session of a browser."""

    token: str = Field(max_length=1000, description="As the server was started with.")


class Model(_Answer):
    """A model bundle."""

    name: str
    task: Literal["segmentation", "classification"]
    version: str
    uses_text: bool = Field(description="Whether it reads words.")
    trained_on: str
    labels: list[str] = Field(description="Of a classification, in order.")
    meaning: str | None = Field(description="What its probability is a probability of.")
    default: bool = Field(description="Whether it is used where a request names none.")
    problem: str | None = Field(None, description="Why it cannot be used; null where it can.")


class Card(_Answer):
    """A bundle's model card."""

    name: str
    markdown: str
    html: str = Field(description="The same, without scripts, raw HTML or pictures.")


class Sample(_Answer):
    """A synthetic file to begin with."""

    name: str = Field(description="Of the file.")
    title: str
    description: str


class Asked(_Request):
    """How to analyze."""

    segmenter: BundleName | None = Field(
        None, description="Bundle that outlines; the server's if null."
    )
    classifier: BundleName | Literal["none"] | None = Field(
        None, description="Bundle that judges; the server's if null, nothing with none."
    )
    text: Words | None = Field(
        None, description="Words about the nodule; none: not even the model's own."
    )
    mm_per_px: float | None = Field(
        None, gt=0, lt=10, description="Millimetres a pixel, instead of what the files say."
    )
    every: int = Field(
        1, ge=1, le=4096, description="Of a cine, the first frame and each one this many further."
    )


class Image(_Answer):
    """A file of a study."""

    id: Id
    name: str = Field(description="As it was uploaded, with its folders.")
    sha256: str
    bytes: int
    dicom: bool
    frames: int
    width: int
    height: int


class RefusedFile(_Answer):
    """A file of an upload that is not kept."""

    name: str
    why: str = Field(description="What is wrong, and what would mend it.")


class Analysis(_Answer):
    """An analysis of a study by certain models: a job first, then its results."""

    id: Id
    study: Id
    created: float
    asked: Asked = Field(description="With the names of the models that are used.")
    state: JobState
    images: int = Field(description="Files to analyze.")
    images_done: int
    frames: int = Field(description="Frames to analyze.")
    frames_done: int
    error: str | None = Field(description="Why it failed, and what to do.")
    review: Review = Field(description="open again after every correction.")
    review_version: int = Field(description="To be sent with the next review.")


class Study(_Answer):
    """Files that were uploaded together."""

    id: Id
    name: str
    created: float
    images: list[Image]
    analyses: list[Analysis] = Field(description="The newest first.")
    notice: str = NOTICE


class Uploaded(_Answer):
    """What became of an upload."""

    study: Study
    refused: list[RefusedFile] = Field(description="Files that are not kept; the others are.")


class Studies(_Answer):
    """A page of the list of studies, the newest first."""

    studies: list[Study]
    total: int
    next: int | None = Field(description="Offset of the next page; null at the end.")


class UserAttributes(_Request):
    """What a person says of a nodule; null where nothing."""

    composition: (
        Literal[
            "cystic", "spongiform", "mixed", "predominantly solid", "predominantly cystic",
            "solid", "undeterminable",
        ]
        | None
    ) = None  # fmt: skip
    echogenicity: (
        Literal[
            "anechoic", "hyperechoic", "isoechoic", "hypoechoic", "very hypoechoic",
            "undeterminable",
        ]
        | None
    ) = None  # fmt: skip
    shape: Literal["wider than tall", "taller than wide"] | None = None
    margin: (
        Literal[
            "smooth", "well defined", "ill-defined", "lobulated or irregular", "microlobulated",
            "macrolobulated", "spiculated", "extrathyroidal extension", "undeterminable",
        ]
        | None
    ) = None  # fmt: skip
    foci: (
        list[Literal["none", "comet-tail", "macrocalcification", "peripheral rim", "punctate"]]
        | None
    ) = Field(None, min_length=1, max_length=4, description="All that apply, or none alone.")
    site: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] | None = Field(
        None, description="Where it lies: lobe and pole."
    )
    size_mm: list[Annotated[float, Field(gt=0, le=MAX_MM)]] | None = Field(
        None, min_length=1, max_length=3, description="Diameters in up to three planes."
    )

    @model_validator(mode="after")
    def _foci_fit(self) -> UserAttributes:
        several = self.foci if self.foci is not None and len(self.foci) > 1 else []
        if "none" in several or len(set(several)) < len(several):
            raise ValueError("foci: each kind once, or none alone")
        return self


class ByUser(_Answer):
    """What a person said of a nodule, beside what the model says of it."""

    attributes: UserAttributes | None = None
    tirads: TiRads | None = Field(
        None,
        description="With the person's attributes, and the model's where the person gave none.",
    )
    verdict: Review = Field(
        "open", description="A rejected nodule is left out of reports and exports."
    )
    outlined: str | None = Field(
        None, description="The tool of the person who outlined it; null if the model did."
    )


class FrameState(_Answer):
    """A frame of an analysis as it stands after corrections."""

    version: int = Field(
        description="0 as the model said it; each change is one more. To be sent with the next "
        "change."
    )
    finding: Finding = Field(description="Nodules keep their number, whatever becomes of others.")
    by_user: dict[int, ByUser] = Field(
        description="By number of the nodule; those of whom a person said something."
    )


class Outline(_Request):
    """Draw a nodule's outline anew."""

    action: Literal["outline"]
    nodule: Number
    rings: Annotated[list[Ring], Field(min_length=1, max_length=100)] | None = Field(
        None, description="Closed outlines; what lies in an even number of them is outside."
    )
    mask: str | None = Field(
        None,
        max_length=40_000_000,
        description="PNG of the frame's size in base64, inside above 127; instead of rings.",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Outline:
        if (self.rings is None) == (self.mask is None):
            raise ValueError("give rings or mask, one of the two")
        return self


class Add(_Request):
    """Add a nodule that the model missed."""

    action: Literal["add"]
    rings: Annotated[list[Ring], Field(min_length=1, max_length=100)] | None = Field(
        None, description="As for outline."
    )
    mask: str | None = Field(None, max_length=40_000_000, description="As for outline.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Add:
        if (self.rings is None) == (self.mask is None):
            raise ValueError("give rings or mask, one of the two")
        return self


class Remove(_Request):
    """Remove a nodule that is none."""

    action: Literal["remove"]
    nodule: Number


class SayAttributes(_Request):
    """Say what a nodule looks like; replaces all that was said before."""

    action: Literal["attributes"]
    nodule: Number
    attributes: UserAttributes | None = Field(description="Null takes back what was said.")


class Judge(_Request):
    """Accept or reject a nodule."""

    action: Literal["judge"]
    nodule: Number
    verdict: Review


class Restore(_Request):
    """Go back to an earlier version, as a new one; nothing is lost."""

    action: Literal["restore"]
    version: Number = Field(description="That is to hold again; 0 is the model's.")


Action = Annotated[
    Outline | Add | Remove | SayAttributes | Judge | Restore, Field(discriminator="action")
]


class Change(_Request):
    """A correction of a frame."""

    base: Number = Field(
        description="Version of the frame that it is a change of. If it is no longer the newest, "
        "the answer is 409, unless all changes since concern other nodules, each for itself."
    )
    change: Action
    tool: Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z0-9 -]*$")] = Field(
        "", description="With what it was done: brush, polygon, clicks, smooth …"
    )
    author: Name | None = Field(None, description="Who did it, in whatever form they like.")


class Recorded(_Answer):
    """A change in the history of a frame."""

    version: int
    at: float
    action: str
    nodule: int | None
    tool: str
    author: str | None
    restored: int | None = Field(description="The version that a restoring change brought back.")
    verdict: Review | None = Field(None, description="Of a judging change, what was said.")


class Refine(_Request):
    """Make an outline better; nothing is stored."""

    operation: Literal["clicks", "smooth", "fill"] = Field(
        description="clicks: outline anew so that positive clicks are inside and negative ones "
        "outside. smooth: round the outline off. fill: close holes."
    )
    nodule: Number | None = Field(None, description="Whose outline to begin with.")
    rings: Annotated[list[Ring], Field(min_length=1, max_length=100)] | None = Field(
        None, description="The outline to begin with, instead of a nodule's."
    )
    positive: list[Point] = Field(default_factory=list, max_length=200)
    negative: list[Point] = Field(default_factory=list, max_length=200)
    radius: float = Field(3.0, gt=0, le=50, description="Of smooth, in pixels.")

    @model_validator(mode="after")
    def _whole(self) -> Refine:
        if self.nodule is not None and self.rings is not None:
            raise ValueError("give nodule or rings, not both")
        if self.operation == "clicks" and not self.positive and not self.negative:
            raise ValueError("clicks: give a positive or a negative one")
        if self.operation != "clicks" and self.nodule is None and self.rings is None:
            raise ValueError(f"{self.operation}: give nodule or rings")
        return self


class Refined(_Answer):
    """An outline, for the caller to look at and send as a change."""

    # Not tuples: checkers of descriptions stumble over them at this depth.
    rings: list[list[Annotated[list[float], Field(min_length=2, max_length=2)]]] = Field(
        description="Closed outlines of points (x, y), as a change takes them."
    )
    milliseconds: float


class Contour(_Answer):
    """What of a nodule is drawn over the frame."""

    nodule: int
    number: int = Field(description="What readers know it by: its number in the cine.")
    colour: tuple[int, int, int] = Field(description="Red, green, blue, as in every picture.")
    rings: list[list[Place]]
    long_axis: tuple[Place, Place]
    short_axis: tuple[Place, Place]
    verdict: Review
    edited: bool = Field(description="Whether a person outlined it.")


class Contours(_Answer):
    """What is drawn over a frame."""

    version: int
    contours: list[Contour]


class OnFrame(_Answer):
    """A nodule on one frame of a file."""

    number: int = Field(description="Of the nodule in the file.")
    area_px: int
    area_mm2: float | None
    long_axis_px: float
    long_axis_mm: float | None
    malignancy: float | None
    confidence: float
    key: list[Literal["largest", "sharpest"]]


class FrameValues(_Answer):
    """A point of a cine's curve."""

    frame: int
    version: int
    b_mode: bool
    nodules: list[OnFrame]


class Try(_Request):
    """Words to try on a frame."""

    text: Words
    segmenter: BundleName | None = Field(None, description="The analysis's own if null.")


class Tried(_Answer):
    """What words do to a frame; nothing is stored."""

    with_words: Finding
    without_words: Finding
    milliseconds: float


class Report(_Request):
    """Words of a report."""

    text: Words


class Reviewed(_Request):
    """A verdict on an analysis."""

    base: Number = Field(description="`review_version` of the analysis that is reviewed.")
    review: Review
    author: Name | None = None


class ReportedNodule(_Answer):
    """A nodule in the order in which radiologists describe one."""

    label: str
    image: Id
    frame: int
    nodule: int
    site: str | None
    size: str
    composition: str | None
    echogenicity: str | None
    shape: str
    margin: str | None
    foci: str | None
    points: str | None
    level: str | None
    recommendation: str | None
    estimate: str | None = Field(description="What the classifier says.")
    by_user: list[str] = Field(description="Which of these a person gave.")


class Reported(_Answer):
    """The report of an analysis."""

    notice: str = NOTICE
    review: Review
    nodules: list[ReportedNodule]
    remarks: list[str] = Field(description="What is to be known besides.")
    text: str = Field(description="As it was edited, or as it is generated.")
    edited: bool
    version: int = Field(description="Of the edited text; 0 where nobody edited it.")
    stale: bool = Field(description="Corrections were made after the text was edited.")


class EditedReport(_Request):
    """A report's text, edited."""

    base: Number = Field(description="`version` of the report that was edited.")
    text: Words | None = Field(description="Null: generated again.")
    author: Name | None = None


class Stowed(_Answer):
    """What became of DICOM objects that were sent."""

    stored: int
    refused: list[str] = Field(description="Why, for each that was not taken.")


class WantedExport(_Request):
    """Which cases to export."""

    analyses: Annotated[list[Id], Field(min_length=1, max_length=10_000)] | None = Field(
        None, description="Accepted ones; all accepted ones if null."
    )


class Export(_Answer):
    """A data set that `nodulens train` takes."""

    id: Id
    created: float
    images: int
    masks: int
    left_out: list[str] = Field(description="What could not be exported, and why.")


def plain(model: BaseModel) -> dict[str, Any]:
    """Return a model as JSON has it."""
    return model.model_dump(mode="json")
