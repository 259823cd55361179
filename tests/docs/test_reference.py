"""The reference names everything there is, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from nodulens.cli import app
from nodulens.data.manifest import Row
from nodulens.evaluation.baselines import BASELINES
from nodulens.evaluation.protocols import PROTOCOLS
from nodulens.finding import json_schema
from nodulens.runtime import bundle
from nodulens.training import recipe
from tests.docs.pages import ROOT

REFERENCE = ROOT / "docs" / "reference"


def sections(page: str) -> dict[str, str]:
    """Return the text below each heading of the second level; what stands before has no name."""
    text = (REFERENCE / page).read_text("utf-8")
    parts = re.split(r"^## +(.+)$", text, flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def named(text: str) -> set[str]:
    """Return what stands between backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def keys(text: str) -> set[str]:
    """Return what stands between backticks in the first column of tables."""
    cells = re.findall(r"^\| *(`[^|]+?) *\|", text, re.MULTILINE)
    return {name for cell in cells for name in named(cell)}


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    # By what they have, not by their class: Typer brings a Click of its own.
    if hasattr(command, "commands"):
        for child in command.commands.values():
            yield from commands(child, f"{name} {child.name}")
    else:
        yield name, command


COMMANDS = dict(commands(typer.main.get_command(app), "nodulens"))


def test_every_command_has_its_section() -> None:
    assert set(sections("commands.md")) - {""} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_described_and_every_described_one_exists(name: str) -> None:
    text = sections("commands.md")[name]
    options = {
        spelling
        for parameter in COMMANDS[name].params
        if parameter.param_type_name == "option"
        for spelling in parameter.opts
    } - {"--help", "-h"}
    mentioned = {option for span in named(text) for option in re.findall(r"--[a-z-]+", span)}
    assert options <= named(text)
    assert mentioned <= options


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults_are_the_commands_own(name: str) -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)`.*\| *([^|]*?) *\|$", sections("commands.md")[name], re.M)
    described = dict(rows)
    for parameter in COMMANDS[name].params:
        option = max(parameter.opts, key=len)
        if option not in described:
            continue
        if parameter.required:
            assert described[option] == "needed", option
        elif isinstance(parameter.default, str | int | float) and not parameter.is_flag:
            assert described[option].strip("`") == str(parameter.default), option


def test_finding_has_every_field() -> None:
    schema = json_schema()
    described = sections("finding.md")
    parts = {"Finding": schema, **schema["$defs"]}
    assert set(described) - {""} == set(parts)
    for name, part in parts.items():
        assert set(part["properties"]) <= named(described[name]), name
        assert keys(described[name]) <= set(part["properties"]), name


def test_published_schema_is_the_programs() -> None:
    assert json.loads((REFERENCE / "finding.schema.json").read_text("utf-8")) == json_schema()


def test_bundle_has_every_field() -> None:
    whole = sections("bundle.md")["bundle.json"]
    text, words = whole.split("### Words")
    words, forest = words.split("### Forest and stack")
    assert keys(forest) == set(bundle.Forest.model_fields)
    for section in (bundle.KnownFeature, bundle.Stack, bundle.Deferral):
        assert set(section.model_fields) <= named(whole), section
    fields = set(bundle.Description.model_fields)
    assert keys(text) == fields
    assert keys(words) == set(bundle.TextInput.model_fields)
    for part in (bundle.Input, bundle.Postprocessing, bundle.Calibration, bundle.Region):
        assert set(part.model_fields) <= named(text), part
    assert set(bundle.Training.model_fields) <= named(text)


def test_every_feature_is_described_as_the_program_does() -> None:
    from nodulens.measure.features import FEATURES

    text = (REFERENCE / "features.md").read_text("utf-8")
    rows = re.findall(r"^\| `(.+)` \| (.+) \| (.+) \| (.+) \|$", text, re.MULTILINE)
    assert rows == [(f.name, f.unit, f.concept, f.definition) for f in FEATURES]


def test_manifest_has_every_column() -> None:
    assert keys(sections("manifest.md")[""]) == set(Row.model_fields) - {"labels"} | {"label_…"}


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("network", recipe.Network),
        ("training", recipe.Training),
        ("objective", recipe.Objective),
        ("region", recipe.Region),
        ("teacher", recipe.Teacher),
        ("augmentation", recipe.Augmentation),
        ("forest", recipe.Trees),
    ],
)
def test_recipe_has_every_key_with_its_default(name: str, section: type[BaseModel]) -> None:
    text = sections("recipe.md")[name]
    assert keys(text) == set(section.model_fields)
    rows = re.findall(r"^\| (`[^|]+?) *\|.*\| *([^|]*?) *\|$", text, re.MULTILINE)
    described = {key: default.strip("`") for cell, default in rows for key in named(cell)}
    for key, field in section.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if field.is_required():
            assert described[key] == "needed", key
        elif default is None or default in ({}, []):
            assert described[key] == "none", key
        elif isinstance(default, list) and described[key] == "both":
            assert sorted(default) == ["shape", "texture"], key
        elif isinstance(default, list):
            assert named(f"`{described[key]}`") == set(default), key
        else:
            assert described[key] == (
                str(default).lower() if isinstance(default, bool) else str(default)
            ), key


def test_recipe_has_every_section() -> None:
    nested = {
        name
        for name, field in recipe.Recipe.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    assert set(sections("recipe.md")) - {""} == nested | {"forest"}
    assert set(recipe.ForestRecipe.model_fields) <= nested | {
        "forest",
        *named(sections("recipe.md")["forest"]),
        *recipe.Recipe.model_fields,
    }
    assert set(recipe.NamedAttributes.model_fields) <= named(sections("recipe.md")["forest"])
    assert set(recipe.Recipe.model_fields) - nested <= named(sections("recipe.md")[""])


def test_metrics_have_every_protocol_and_baseline() -> None:
    text = sections("metrics.md")
    assert keys(text["Protocols"]) == set(PROTOCOLS)
    assert set(BASELINES) <= named(text["Segmentation"])


def test_every_classification_metric_is_described() -> None:
    np = pytest.importorskip("numpy")
    from nodulens.evaluation.classification import statistics

    found = statistics(np.array([True, False]), np.array([0.7, 0.2]), 0.5)
    assert keys(sections("metrics.md")["Classification"]) == set(found)


def test_every_exit_status_is_described() -> None:
    from nodulens.cli import SOME_FAILED

    statuses = re.findall(r"^\| (\d+) \|", (REFERENCE / "exit-status.md").read_text("utf-8"), re.M)
    assert statuses == ["0", "2", str(SOME_FAILED), "130"]
