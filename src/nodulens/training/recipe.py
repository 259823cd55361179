"""Recipes: everything that decides what a training does, in one TOML file.

A recipe that a run has resolved repeats that run: ``nodulens train RUN/recipe.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nodulens.errors import BadData
from nodulens.measure.features import Group
from nodulens.runtime.bundle import Region
from nodulens.text.prompts import Level


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Network(_Section):
    """Which network.

    Attributes:
        name: as ``nodulens.models.registry.list_models`` gives it.
        options: keyword arguments of its builder.
        start_from: folder of an earlier run whose weights it starts from, as far as names and
            shapes agree; None for the builder's own start.
    """

    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    start_from: str | None = None


class Input(_Section):
    """Size of the network's input in pixels; views and regions are fitted into it.

    Attributes:
        fit: of views in training. ``letterbox`` shows the whole view; ``crop`` scales it until it
            covers the input and takes a random window that tries to show some nodule. In use the
            whole view is always shown.
    """

    height: int = Field(gt=0, le=2048)
    width: int = Field(gt=0, le=2048)
    fit: Literal["letterbox", "crop"] = "letterbox"


class Teacher(_Section):
    """Whose feature maps a distillation imitates.

    Attributes:
        encoder: frozen, as ImageNet left it; see ``nodulens.models.imagenet.imagenet_encoder``.
        mean, std: of its normalised input, for grey values scaled to 0…1.
    """

    encoder: str = "efficientnet_lite0"
    mean: float = 0.5
    std: float = Field(0.5, gt=0)


class Augmentation(_Section):
    """Ranges of the ultrasound augmentation; 0 switches one off. See ``nodulens.data.augment``."""

    flip: float = Field(0.5, ge=0, le=1)
    rotation: float = Field(12.0, ge=0, le=180)
    zoom: float = Field(0.25, ge=0, lt=1)
    stretch: float = Field(0.1, ge=0, lt=1)
    shift: float = Field(0.1, ge=0, le=1)
    gamma: float = Field(0.35, ge=0, lt=1)
    gain: float = Field(0.25, ge=0, lt=1)
    speckle: float = Field(0.15, ge=0, le=1)
    attenuation: float = Field(0.5, ge=0)
    shadow: float = Field(0.15, ge=0, le=1)
    haze: float = Field(0.15, ge=0, le=1)


class Words(_Section):
    """What a network that reads is told in training.

    Attributes:
        source: ``labels`` makes words of the image's labels and of the place and size of its
            outline; ``rows`` takes the manifest's own text, sides swapped in mirrored views;
            ``none`` never tells anything.
        silent: share of the views without any words, so that the network also works without.
        fixed: share of the views with the fixed prompt.
        prompt: the fixed prompt.
        levels: of detail, one drawn for each view; see ``nodulens.text.prompts``. Of ``labels``
            alone.
        distractors: share of the views that are told something into which the nodule of another is
            pasted, so that the words decide which one is meant. Of ``labels`` alone.
        exposures: share of them that are shown with another picture laid over them, for the same
            reason; with ``distractors`` at most 1. Of ``labels`` alone.
        reach: in use, by how much in log-odds words may move the answer of each pixel from what the
            network says without any, so that wrong ones do little harm; None for as far as it
            likes. Needs views without words in training.
        visual: mix the vector of the words with that of another training image of the same words,
            cropped to its nodule (CLIP-TNseg, arXiv 2412.05530); needs a backbone that puts
            pictures and words into one space.
    """

    source: Literal["none", "labels", "rows"] = "none"
    silent: float = Field(0.3, ge=0, le=1)
    fixed: float = Field(0.15, ge=0, le=1)
    prompt: str = Field("thyroid nodule", min_length=1)
    levels: list[Level] = Field(default=["place", "full"], min_length=1)
    distractors: float = Field(0.0, ge=0, le=1)
    exposures: float = Field(0.0, ge=0, le=1)
    reach: float | None = Field(None, gt=0)
    visual: bool = False

    @model_validator(mode="after")
    def _knows_silence(self) -> Words:
        if self.reach is not None and not self.silent and self.source != "none":
            raise ValueError(
                "reach compares with the answer without words, which silent=0 never trains: set "
                "silent above 0, or leave reach out"
            )
        return self

    @model_validator(mode="after")
    def _two_pictures(self) -> Words:
        shares = self.distractors + self.exposures
        if shares > 1:
            raise ValueError(f"distractors and exposures are {shares:g} together, more than all")
        if shares and self.source == "rows":
            raise ValueError(
                "distractors and exposures need words made of labels: the manifest's own texts do "
                "not tell two pictures apart; set both to 0"
            )
        return self


class Training(_Section):
    """How the weights are found.

    Attributes:
        epochs: at most; this or ``iterations`` is needed.
        iterations: steps at most, rounded up to whole epochs.
        batch_size: views or regions a step.
        optimizer: ``adamw``, or ``sgd`` with a momentum of 0.9.
        learning_rate: highest, after the warm-up.
        schedule: how the rate falls: a ``cosine`` to a hundredth, or ``poly``, the power of 0.9
            of what is left of the steps.
        warmup: share of all steps with a linearly growing rate.
        weight_decay: of the optimiser.
        average: decay a step of the moving average of the weights, which is what is validated and
            kept; 0 keeps the last weights themselves.
        keep: the weights of the ``best`` epoch by the validation score, or of the ``last`` one;
            where the validation part is tiny its best epoch is mostly luck.
        patience: epochs without a better validation score before stopping; 0 never stops early.
        validation: share of the training groups held out to pick the checkpoint.
        precision: ``bf16`` computes convolutions in bfloat16; ``auto`` does so where the
            processor has matrix units for it.
        views: fixed augmentation views an image, so that what a frozen backbone says of them is
            computed once and kept; 0 augments anew each time.
        seed: of everything random.
    """

    epochs: int | None = Field(None, gt=0)
    iterations: int | None = Field(None, gt=0)
    batch_size: int = Field(gt=0)
    optimizer: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float = Field(gt=0)
    schedule: Literal["cosine", "poly"] = "cosine"
    warmup: float = Field(0.05, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0)
    average: float = Field(0.99, ge=0, lt=1)
    keep: Literal["best", "last"] = "best"
    patience: int = Field(0, ge=0)
    validation: float = Field(0.1, gt=0, lt=0.5)
    precision: Literal["auto", "bf16", "float32"] = "auto"
    views: int = Field(0, ge=0)
    seed: int = 0

    @model_validator(mode="after")
    def _length(self) -> Training:
        if (self.epochs is None) == (self.iterations is None):
            raise ValueError("give either epochs or iterations")
        return self

    def epochs_of(self, steps: int) -> int:
        """Return the number of epochs, each of ``steps`` steps."""
        return self.epochs or -(-(self.iterations or 0) // steps)


class Labelled(_Section):
    """What a classifier learns.

    Attributes:
        label: the manifest's label.
        classes: in the order of the outputs; the last is the positive one.
        merge: class to the label's values that it stands for; a class that is not named here stands
            for the value of its own name.
    """

    label: str = "malignancy"
    classes: list[str] = Field(default_factory=lambda: ["benign", "suspicious"], min_length=2)
    merge: dict[str, list[str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _merges(self) -> Labelled:
        if strange := self.merge.keys() - set(self.classes):
            raise ValueError(f"merge: {sorted(strange)[0]} is not among the classes")
        values = [value for name in self.classes for value in self.merge.get(name, [name])]
        if len(values) > len(set(values)):
            raise ValueError("merge: a value of the label stands in two classes")
        return self

    def class_of(self, labels: Mapping[str, str]) -> str | None:
        """Return the class of an image with these labels; None where it has none of them."""
        value = labels.get(self.label)
        return next((c for c in self.classes if value in self.merge.get(c, [c])), None)


class Objective(Labelled):
    """What a network's training optimises.

    Attributes:
        dice, cross_entropy: weights of the two parts of a segmentation loss.
        balance: weigh each class of the label against its number in training, so that the rare
            one counts as much; the share of each is put back when the network is used.
        auxiliary: further labels that the same features must predict in training.
        auxiliary_weight: weight of each of them.
        smoothing: label smoothing of a classifier.
        threshold: least probability of a pixel that is nodule.
        minimum_share: of its scan area that a connected part must cover to be a nodule.
        flip: average the answers for a picture and its mirror image, in use and in evaluation.
        attributes: labels of the manifest that a network on a frozen backbone learns to name from
            its own outline, for words of its own.
        attributes_weight: weight of each of them in the loss.
    """

    dice: float = Field(1.0, ge=0)
    cross_entropy: float = Field(1.0, ge=0)
    balance: bool = False
    auxiliary: list[str] = Field(default_factory=list)
    auxiliary_weight: float = Field(0.3, ge=0)
    smoothing: float = Field(0.0, ge=0, lt=1)
    threshold: float = Field(0.5, gt=0, lt=1)
    minimum_share: float = Field(0.005, ge=0, lt=1)
    flip: bool = True
    attributes: list[str] = Field(default_factory=list)
    attributes_weight: float = Field(0.05, ge=0)


class Trees(_Section):
    """A random forest (Breiman 2001), as scikit-learn grows it.

    Attributes:
        trees: how many.
        leaf: fewest nodules in a leaf.
        features: groups of features that it is told; see ``nodulens.measure.features``.
        balance: weigh each class against its number; the share of each is put back afterwards.
        seed: of everything random.
    """

    trees: int = Field(300, gt=0, le=5000)
    leaf: int = Field(3, gt=0)
    features: list[Group] = Field(default=["shape", "texture"], min_length=1)
    balance: bool = True
    seed: int = 0


class NamedAttributes(Labelled):
    """What a forest learns.

    Attributes:
        attributes: fields of :class:`nodulens.text.descriptors.Descriptors` that it names besides.
    """

    attributes: list[Literal["composition", "echogenicity", "margin", "foci"]] = Field(
        default_factory=list
    )


class ForestRecipe(_Section):
    """A recipe for a random forest on measured features."""

    name: str
    task: Literal["classification"] = "classification"
    description: str = ""
    forest: Trees
    objective: NamedAttributes = Field(default_factory=NamedAttributes)

    def without_paths(self) -> ForestRecipe:
        """Return the recipe for publication; it names no paths."""
        return self


class Recipe(_Section):
    """A recipe for a network."""

    name: str
    task: Literal["segmentation", "classification", "distillation"]
    description: str = ""
    network: Network
    input: Input
    training: Training
    objective: Objective = Field(default_factory=Objective)
    region: Region = Field(default_factory=Region)
    teacher: Teacher = Field(default_factory=Teacher)
    words: Words = Field(default_factory=Words)
    augmentation: Augmentation = Field(default_factory=Augmentation)

    def without_paths(self) -> Recipe:
        """Return the recipe for publication: of runs and files it builds on only their names."""
        changes: dict[str, Any] = {}
        if self.network.start_from is not None:
            changes["start_from"] = Path(self.network.start_from).name
        options = dict(self.network.options)
        if isinstance(backbone := options.get("backbone"), str):
            options["backbone"] = _without_path(backbone)
        if isinstance(pretrained := options.get("pretrained"), str):
            options["pretrained"] = Path(pretrained).name
        changes["options"] = options
        return self.model_copy(update={"network": self.network.model_copy(update=changes)})


AnyRecipe = Recipe | ForestRecipe


def read_recipe(path: str | Path, settings: Iterable[str] = ()) -> AnyRecipe:
    """Read a recipe from a TOML file, or by the name of a shipped one.

    One with a section ``forest`` is a :class:`ForestRecipe`.

    Args:
        path: file, or name like ``unet-lite0``.
        settings: overrides ``section.key=value``, the value in TOML (a bare word is a string).

    Raises:
        BadData: no such recipe, not TOML, or a value that a recipe cannot have.
    """
    file = _locate(str(path))
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadData(f"{file}: not valid TOML: {error}") from error
    for setting in settings:
        _override(content, setting)
    try:
        kind = ForestRecipe if "forest" in content else Recipe
        return kind.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        )
        raise BadData(f"{file}: {problems}") from error


def read_recipes(paths: Iterable[str], settings: Iterable[str]) -> list[AnyRecipe]:
    """Read several recipes.

    Args:
        paths: as for :func:`read_recipe`.
        settings: overrides ``PATH:section.key=value`` of the recipe that was given as ``PATH``.

    Raises:
        BadData: as :func:`read_recipe`; or an override is of no recipe among them.
    """
    given = list(paths)
    own: dict[str, list[str]] = {path: [] for path in given}
    for setting in settings:
        path, colon, change = setting.partition(":")
        if not colon or path not in own:
            raise BadData(
                f"--set {setting}: write RECIPE:section.key=value, with RECIPE one of "
                f"{', '.join(given)}"
            )
        own[path].append(change)
    return [read_recipe(path, own[path]) for path in given]


def shipped_recipes() -> dict[str, Path]:
    """Return the recipes that come with the package, by name."""
    return {path.stem: path for path in sorted(_folder().glob("*.toml"))}


def to_toml(recipe: AnyRecipe) -> str:
    """Return a recipe as TOML that :func:`read_recipe` reads back unchanged."""
    lines: list[str] = []
    _emit(recipe.model_dump(exclude_none=True), "", lines)
    return "\n".join(lines).strip() + "\n"


def _without_path(backbone: str) -> str:
    """Shorten ``lite:FOLDER`` and ``open_clip:MODEL/FILE`` to the folder's or the file's name."""
    kind, colon, rest = backbone.partition(":")
    if kind == "lite" and rest:
        return f"lite:{Path(rest).name}"
    model, slash, weights = rest.partition("/")
    return f"{kind}{colon}{model}{slash}{Path(weights).name}" if slash else backbone


def _folder() -> Path:
    package = Path(__file__).parents[1]
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parents[1] / "recipes"


def _locate(name: str) -> Path:
    if Path(name).is_file():
        return Path(name)
    shipped = shipped_recipes()
    if name in shipped:
        return shipped[name]
    raise BadData(f"{name}: no such file, and no shipped recipe; those are {', '.join(shipped)}")


def _override(content: dict[str, Any], setting: str) -> None:
    key, equals, value = setting.partition("=")
    if not equals or not key.strip():
        raise BadData(f"--set {setting}: write section.key=value, as in training.epochs=10")
    *sections, last = key.strip().split(".")
    for section in sections:
        content = content.setdefault(section, {})
        if not isinstance(content, dict):
            raise BadData(f"--set {setting}: {section} is a value, not a section")
    try:
        content[last] = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        content[last] = value


def _emit(table: dict[str, Any], prefix: str, lines: list[str]) -> None:
    values = {k: v for k, v in table.items() if not isinstance(v, dict)}
    if prefix and (values or not table):
        lines += ["", f"[{prefix}]"]
    lines += [f"{key} = {_literal(value)}" for key, value in values.items()]
    for key, value in table.items():
        if isinstance(value, dict):
            _emit(value, f"{prefix}.{key}" if prefix else key, lines)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    return repr(value)
