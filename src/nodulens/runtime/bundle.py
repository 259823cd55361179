"""Model bundles: a network ready to run, with everything needed to use it rightly.

A bundle is a folder with ``model.onnx``, ``bundle.json`` (:class:`Description`) and
``MODEL_CARD.md``. The graph takes ``pixels``, uint8 (B, 1, H, W) of the network's input size, and
returns ``probability``, float32: (B, 1, H, W) for a segmentation, (B, number of labels) for a
classification. Normalisation, grey to colour, flips and calibration are inside the graph, so that
nobody can do them differently.

A network that reads words has ``text.onnx`` and ``tokenizer.json`` besides (:class:`TextInput`).
Its graph also takes ``tokens``, float32 (B, L, D), and ``pooled``, float32 (B, P), as ``text.onnx``
gives them, and ``token_mask``, bool (B, L). "No words" is one token of zeros that the mask leaves
out, and a pooled vector of zeros.

A classification may also hear a forest, ``forest.onnx`` (:class:`Forest`), besides the network or
instead of it. The forest's graph takes ``features``, float32 (B, F), and returns ``probability``,
float32 (B, number of labels), and one such output for each attribute that it names.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nodulens.errors import BadData
from nodulens.files import sha256_of, write_json
from nodulens.finding import ModelIdentity

SCHEMA_VERSION: Final = "1"
DESCRIPTION = "bundle.json"
MODEL = "model.onnx"
FOREST = "forest.onnx"
TEXT_ENCODER = "text.onnx"
TOKENIZER = "tokenizer.json"
CARD = "MODEL_CARD.md"

Task = Literal["segmentation", "classification"]
Part = Literal["network", "forest"]
"""What a classification hears."""

_NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
_FILE = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")
_LARGEST_DESCRIPTION = 1 << 20


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Input(_Section):
    """Size of the network's input in pixels; views and regions are letterboxed into it."""

    height: int = Field(gt=0, le=2048)
    width: int = Field(gt=0, le=2048)
    channels: Literal[1] = 1


class Postprocessing(_Section):
    """From a probability map to nodules.

    Attributes:
        minimum_share: of its scan area that a connected part must cover to be a nodule.
    """

    minimum_share: float = Field(0.0, ge=0, lt=1)


class Calibration(_Section):
    """How the graph's probabilities were calibrated; already inside the graph."""

    method: Literal["none", "temperature"] = "none"
    temperature: float = Field(1.0, gt=0)


class Region(_Section):
    """What a classifier sees of a nodule; :mod:`nodulens.analysis.region` cuts it out.

    Attributes:
        margin: added on each side, as a share of the longer side of the nodule's bounding box.
        minimum: least side of the region in pixels, so that a small nodule keeps some context.
        square: whether the region is a square; else it follows the bounding box.
        context: ``kept`` shows the tissue around the nodule, ``masked`` blackens it.
        of: cut around each ``nodule``, or around the ``union`` of all in a scan area.
    """

    margin: float = Field(0.25, ge=0, le=2)
    minimum: int = Field(48, gt=0)
    square: bool = True
    context: Literal["kept", "masked"] = "kept"
    of: Literal["nodule", "union"] = "nodule"


class KnownFeature(_Section):
    """One input of a forest.

    Attributes:
        name: as in :data:`nodulens.measure.features.FEATURES`.
        deciles: of its values among the nodules that the forest learned from, least and greatest
            included.
    """

    name: str = Field(min_length=1, max_length=64)
    deciles: list[float] = Field(min_length=11, max_length=11)


class Forest(_Section):
    """What a forest is told of a nodule, and what it says.

    Attributes:
        features: in the order of the graph's input.
        background: features of some of the nodules that it learned from, spread over its answers;
            to say how much a feature speaks, it is replaced by theirs.
        attributes: what else it names, each an output of that name, with its values in order.
    """

    features: list[KnownFeature] = Field(min_length=1, max_length=1000)
    background: list[list[float]] = Field(min_length=1, max_length=200)
    attributes: dict[str, list[str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> Forest:
        if any(len(row) != len(self.features) for row in self.background):
            raise ValueError("background: each row needs a number for each feature")
        return self


class Stack(_Section):
    """How the answers of a classification's parts become one, calibrated on unseen images.

    The log-odds of the last label are ``bias + Σ weight · log-odds of the part``, those held
    between −6 and 6.

    Attributes:
        weights: of ``network`` and ``forest``, as far as there are.
        bias: as above.
        usual: mean log-odds of each part over the images that the weights were found on.
    """

    weights: dict[Part, float] = Field(min_length=1)
    bias: float
    usual: dict[Part, float]

    @model_validator(mode="after")
    def _same_parts(self) -> Stack:
        if self.weights.keys() != self.usual.keys():
            raise ValueError("weights and usual: needed for the same parts")
        return self


class Deferral(_Section):
    """When a classification had better say nothing; see ``nodulens.evaluation.conformal``.

    Attributes:
        error: highest rate of errors that was asked for in each class.
        negative: greatest probability of the last label at which the first is possible.
        positive: least probability of the last label at which it is possible itself.
    """

    error: float = Field(gt=0, lt=1)
    negative: float
    positive: float

    def possible(self, probability: float) -> tuple[bool, bool]:
        """Tell whether the first label is possible, and whether the last."""
        return probability <= self.negative, probability >= self.positive

    def defers(self, probability: float) -> bool:
        """Tell whether both labels are possible, or neither."""
        first, last = self.possible(probability)
        return first == last

    @property
    def undecided(self) -> tuple[float, float]:
        """Probabilities between which it defers, the lower first."""
        low, high = sorted((self.negative, self.positive))
        return low, high


class TextInput(_Section):
    """How a network is told words, and which words it learned from.

    Attributes:
        encoder: file of the graph from ``ids`` and ``attention``, int64 (B, L), to ``tokens``
            and ``pooled``.
        tokenizer: file of the tokenizer, as the library ``tokenizers`` writes it.
        limit: most tokens of a text, the first and last mark among them; the rest is not read.
        width: D, of a token's vector.
        pooled: P, of the vector for a whole text.
        fixed: the prompt without any knowledge of the picture that it was trained with.
        understands: fields of :class:`nodulens.text.descriptors.Descriptors` whose words it was
            trained on.
        domain: of its pictures and words, in words.
        mirror: whether the answer is averaged with that for the mirror image, where the sides in
            the words are swapped, too.
        reach: by how much, in log-odds, words may move the answer of each pixel from what the
            network says without any; None for as far as it likes.
        default: what is used where the user gives no text: no words, or ``fixed``.
        knowledge: whether it also wants to know what the terms in the words mean, from the
            knowledge bank of :mod:`nodulens.text.knowledge`.
    """

    encoder: str = TEXT_ENCODER
    tokenizer: str = TOKENIZER
    limit: int = Field(ge=3, le=4096)
    width: int = Field(gt=0, le=8192)
    pooled: int = Field(gt=0, le=8192)
    fixed: str = Field(min_length=1, max_length=1000)
    understands: list[str]
    domain: str = Field(min_length=1, max_length=200)
    mirror: bool = False
    reach: float | None = Field(None, gt=0)
    default: Literal["none", "fixed"] = "none"
    knowledge: bool = False


class Training(_Section):
    """Where the weights come from.

    Attributes:
        data: the set it learned from, in words.
        licence: under which terms that set may be used.
        recipe: name of the recipe, or how else it was made.
        seed: of the training.
        images: number of images learned from.
        groups: number of patient groups among them.
        notes: what else a user should know.
    """

    data: str
    licence: str
    recipe: str | None = None
    seed: int | None = None
    images: int | None = None
    groups: int | None = None
    notes: list[str] = Field(default_factory=list)


class Description(_Section):
    """The content of ``bundle.json``.

    Attributes:
        name: by which the bundle is called; also the name of its folder in a store.
        version: of these weights.
        task: what the network answers.
        uses_text: whether it can be told words; only a segmentation can.
        text: how it is told words; None where it reads none.
        threshold: least probability that counts as nodule, or as the last label.
        labels: of a classification, in the order of the outputs; the last is the positive one.
        meaning: what a classification's probability is a probability of.
        region: of a classification by a network.
        forest: of a classification that hears one.
        stack: how its parts are weighed; None where there is but one, taken as it is.
        deferral: of a classification that may say that it does not know.
        metrics: figures by name, as measured by cross-validation; groups of them may be nested.
        files: SHA-256 of every other file of the bundle, by name.
    """

    schema_version: Literal["1"] = SCHEMA_VERSION
    name: str = Field(pattern=_NAME)
    version: str = Field(min_length=1, max_length=64)
    task: Task
    input: Input | None = None
    uses_text: bool = False
    text: TextInput | None = None
    threshold: float = Field(0.5, gt=0, lt=1)
    postprocessing: Postprocessing = Field(default_factory=Postprocessing)
    calibration: Calibration = Field(default_factory=Calibration)
    labels: list[str] = Field(default_factory=list)
    meaning: str | None = None
    region: Region | None = None
    forest: Forest | None = None
    stack: Stack | None = None
    deferral: Deferral | None = None
    training: Training
    metrics: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Description:
        if self.task == "classification":
            if len(self.labels) < 2:
                raise ValueError("a classification needs two labels or more")
            if self.meaning is None or not self.parts:
                raise ValueError("a classification needs its meaning, and a region or a forest")
            if self.stack is None and len(self.parts) > 1:
                raise ValueError("stack: needed where there is a region and a forest")
            if self.stack is not None and sorted(self.stack.weights) != sorted(self.parts):
                raise ValueError(f"stack.weights: needed for {', '.join(self.parts)}, no others")
            if len(self.labels) > 2 and (self.stack or self.deferral):
                raise ValueError("stack and deferral: only for two labels")
        elif self.forest or self.stack or self.deferral:
            raise ValueError("forest, stack and deferral: only of a classification")
        if self.input is None and self.has_network:
            raise ValueError("input: needed for a network")
        if self.uses_text != (self.text is not None):
            raise ValueError("text: needed where uses_text is true, and nowhere else")
        if self.uses_text and self.task != "segmentation":
            raise ValueError("uses_text: only a segmentation can be told words")
        for name, digest in self.files.items():
            if not _FILE.match(name) or not re.fullmatch(r"[0-9a-f]{64}", digest):
                raise ValueError(f"files: {name!r} is no plain file name with its SHA-256")
        return self

    @property
    def has_network(self) -> bool:
        """Whether there is a network, ``model.onnx``."""
        return self.task == "segmentation" or self.region is not None

    @property
    def parts(self) -> list[Part]:
        """What a classification hears."""
        parts: list[Part] = []
        if self.region is not None:
            parts.append("network")
        if self.forest is not None:
            parts.append("forest")
        return parts


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files were found to be what their description says.

    Attributes:
        folder: where it is.
        description: the content of its ``bundle.json``.
        sha256: of ``bundle.json``, which names that of every other file: it stands for them all.
    """

    folder: Path
    description: Description
    sha256: str

    @property
    def identity(self) -> ModelIdentity:
        """Which model this is, as findings record it."""
        return ModelIdentity(
            task=self.description.task,
            name=self.description.name,
            version=self.description.version,
            sha256=self.sha256,
        )

    def read(self, name: str = MODEL) -> bytes:
        """Return the bytes of one of the bundle's files, checked as they are read.

        Args:
            name: of a file that the description lists.

        Raises:
            BadData: the file changed since the bundle was loaded, or cannot be read.
        """
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            raise BadData(f"{self.folder / name}: cannot be read ({error})") from error
        if hashlib.sha256(content).hexdigest() != self.description.files[name]:
            raise _changed(self.folder, name)
        return content


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle and check every file of it against its SHA-256.

    Args:
        folder: of the bundle.

    Raises:
        BadData: there is no bundle, its description is not valid or of an unknown schema version,
            or a file is missing or differs.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        raise BadData(f"{folder}: no {DESCRIPTION} there; give the folder of a model bundle")
    description, digest = _read_description(path)
    needed = [MODEL] if description.has_network else []
    if description.forest is not None:
        needed.append(FOREST)
    if description.text is not None:
        needed += [description.text.encoder, description.text.tokenizer]
    for name in needed:
        if name not in description.files:
            raise BadData(f"{path}: does not list {name}; export the bundle again")
    for name, expected in description.files.items():
        if not (folder / name).is_file():
            raise BadData(f"{folder / name}: missing from the bundle; import the bundle again")
        if sha256_of(folder / name) != expected:
            raise _changed(folder, name)
    return Bundle(folder, description, digest)


def seal_bundle(folder: Path, description: Description) -> Bundle:
    """Write ``bundle.json`` for the files that lie in a folder, and load the bundle.

    Args:
        folder: holds ``model.onnx`` and whatever else belongs to the bundle.
        description: its ``files`` are replaced by what lies there.
    """
    files = {
        path.name: sha256_of(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != DESCRIPTION and not path.name.startswith(".")
    }
    sealed = Description.model_validate({**description.model_dump(), "files": files})
    write_json(folder / DESCRIPTION, sealed.model_dump())
    return load_bundle(folder)


def _read_description(path: Path) -> tuple[Description, str]:
    """Return a description and its own SHA-256."""
    if path.stat().st_size > _LARGEST_DESCRIPTION:
        raise BadData(f"{path}: larger than any bundle's description; import the bundle again")
    try:
        raw = path.read_bytes()
        content = json.loads(raw.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadData(f"{path}: cannot be read as JSON ({error})") from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        raise BadData(
            f"{path}: schema version {version!r} is not known to this Nodulens, which reads "
            f"version {SCHEMA_VERSION}; update Nodulens or export the bundle again"
        )
    try:
        return Description.model_validate(content), hashlib.sha256(raw).hexdigest()
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'bundle'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise BadData(f"{path}: {problems}") from error


def _changed(folder: Path, name: str) -> BadData:
    return BadData(
        f"{folder / name}: its SHA-256 is not the one in {DESCRIPTION}; the file is damaged or was "
        "changed, import the bundle again"
    )
