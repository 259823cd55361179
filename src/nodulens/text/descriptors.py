"""What is said about a nodule, or about infected areas of a lung, in fixed words.

The values are those of the data sets' labels (`lexicon.toml`). Three pairs of words must be kept
apart: ``side`` is the patient's (left lobe) and ``horizontal`` the picture's (left part); ``pole``
is the lobe's (upper pole) and ``vertical`` the picture's (upper part); ``size`` is a word and
``size_mm`` a measurement. What is ``relative_`` compares a nodule with the others of its picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from nodulens.text.lexicon import lexicon

Composition = Literal[
    "solid", "predominantly solid", "mixed", "predominantly cystic", "cystic", "spongiform", "dense"
]
Echogenicity = Literal["anechoic", "hyperechoic", "isoechoic", "hypoechoic", "very hypoechoic"]
Margin = Literal[
    "smooth", "well defined", "ill-defined", "lobulated or irregular", "microlobulated",
    "macrolobulated", "spiculated", "extrathyroidal extension",
]  # fmt: skip
Orientation = Literal["wider than tall", "taller than wide"]
Foci = Literal[
    "none", "punctate", "macrocalcification", "peripheral rim", "comet-tail", "unspecified"
]
SizeWord = Literal["very small", "small", "medium", "large", "very large"]
RelativeSize = Literal["smaller", "larger"]
RelativeDepth = Literal["shallower", "deeper"]
Side = Literal["left", "right", "isthmus"]
Level = Literal["upper", "middle", "lower"]
Horizontal = Literal["left", "centre", "right"]
Laterality = Literal["bilateral", "unilateral"]
Target = Literal["nodule", "infection"]

MAX_MM = 200.0
"""No nodule is longer; a greater number is a slip or measures something else."""
MAX_COUNT = 99

_LABELS = {
    "composition": "composition",
    "echogenicity": "echogenicity",
    "margin": "margin",
    "margins": "margin",
    "shape": "shape",
    "orientation": "shape",
    "echogenic_foci": "foci",
    "calcification": "foci",
    "calcifications": "foci",
    "size": "size",
    "side": "side",
}
"""Names of labels in data sets, and the fields they are."""

OF_NODULES = (
    "composition",
    "echogenicity",
    "margin",
    "shape",
    "foci",
    "side",
    "pole",
    "relative_size",
    "relative_depth",
)
OF_INFECTIONS = ("areas",)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LungArea(_Record):
    """Part of a lung, as in "upper middle left lung"."""

    side: Literal["left", "right"]
    levels: tuple[Level | Literal["all"], ...] = Field(
        (), description="Top to bottom, or all; none where the text names the lung alone."
    )

    @field_validator("levels")
    @classmethod
    def _from_the_top(cls, levels: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(level for level in ("all", "upper", "middle", "lower") if level in levels)


class Descriptors(_Record):
    """What is said; None where nothing is. Instances are immutable and can be compared."""

    present: bool | None = Field(None, description="Whether there is one; False for `no nodule`.")
    target: Target = Field("nodule", description="What the words are about.")
    composition: Composition | None = None
    echogenicity: Echogenicity | None = None
    margin: Margin | None = None
    shape: Orientation | None = None
    foci: tuple[Foci, ...] | None = Field(
        None, description="Echogenic foci, all that apply, in the lexicon's order; or none."
    )
    size: SizeWord | None = None
    relative_size: RelativeSize | None = Field(
        None, description="Which of several nodules is meant, by its size."
    )
    relative_depth: RelativeDepth | None = Field(
        None, description="Which of several nodules is meant, by its depth in the picture."
    )
    size_mm: tuple[float, ...] | None = Field(
        None, max_length=3, description="One to three diameters in millimetres, as stated."
    )
    count: int | None = Field(None, ge=1, le=MAX_COUNT, description="How many.")
    side: Side | None = Field(None, description="Lobe, of the patient.")
    pole: Level | None = Field(None, description="Part of the lobe, as of the patient.")
    vertical: Level | None = Field(None, description="Place in the picture, from above.")
    horizontal: Horizontal | None = Field(None, description="Place in the picture, as it is seen.")
    laterality: Laterality | None = None
    areas: tuple[LungArea, ...] | None = Field(None, description="Infected parts of the lungs.")

    @field_validator("foci")
    @classmethod
    def _in_order(cls, foci: tuple[str, ...] | None) -> tuple[str, ...] | None:
        # Equal words must compare equal, in whichever order they were said.
        return foci and tuple(sorted(foci, key=["none", *lexicon().values["foci"]].index))

    @model_validator(mode="after")
    def _consistent(self) -> Descriptors:
        wrong = OF_INFECTIONS if self.target == "nodule" else OF_NODULES
        told = [name for name in wrong if getattr(self, name) is not None]
        if told:
            raise ValueError(f"{', '.join(told)} cannot be said of: {self.target}")
        if self.present is False and self.told() != ():
            raise ValueError(f"nothing is there, so there is no {', '.join(self.told())}")
        if self.foci is not None:
            if not self.foci or len(set(self.foci)) < len(self.foci):
                raise ValueError("foci: each kind once, or ('none',) where there are none")
            if len(self.foci) > 1 and {"none", "unspecified"} & set(self.foci):
                raise ValueError("foci: none or unspecified, and others at the same time")
        if self.size_mm is not None and (
            not self.size_mm or not all(0 < value <= MAX_MM for value in self.size_mm)
        ):
            raise ValueError(f"size_mm: one to three diameters above 0, at most {MAX_MM:.0f}")
        return self

    def told(self) -> tuple[str, ...]:
        """Return the names of the fields that say something, ``present`` and ``target`` aside."""
        return tuple(
            name
            for name in type(self).model_fields
            if name not in ("present", "target") and getattr(self, name) is not None
        )

    def merged(self, other: Descriptors) -> Descriptors:
        """Return what both say of this one's target; where both say something, ``other`` holds.

        Raises:
            ValueError: they cannot be true together ("no nodule", "small"; a lung's area).
        """
        return Descriptors(**(self._said() | other._said() | {"target": self.target}))

    def only(self, *names: str) -> Descriptors:
        """Return the same with all fields but ``names`` unsaid; presence and target stay."""
        keep = {"present", "target", *names}
        return Descriptors(**{name: value for name, value in self._said().items() if name in keep})

    def _said(self) -> dict[str, object]:
        names = ("target", *self.told(), *(("present",) if self.present is not None else ()))
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_labels(cls, labels: Mapping[str, str]) -> Descriptors:
        """Read the labels of a data set, DDTI's and the phantoms' spellings among them.

        Labels that the lexicon has no words for are left out.
        """
        known = lexicon()
        found: dict[str, object] = {}
        for label, value in labels.items():
            name = _LABELS.get(label)
            if name is None:
                continue
            if name == "foci" and value.strip().casefold() in ("none", "non", "no"):
                found[name] = ("none",)
            elif (read := known.value_of(name, value)) is not None:
                found[name] = (read,) if name == "foci" else read
        return cls(**found, present=True if found else None)
