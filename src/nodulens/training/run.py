"""A finished run, read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.judge import Judge, RegionJudge
from nodulens.analysis.segment import Segmenter
from nodulens.errors import BadData
from nodulens.models.checkpoint import WEIGHTS, load_network
from nodulens.models.deploy import DeployedClassifier, DeployedSegmenter, TorchModel
from nodulens.models.deploy_guided import DeployedGuided, GuidedModel
from nodulens.models.guided import GuidedNetwork
from nodulens.models.registry import default_config
from nodulens.runtime.bundle import FOREST
from nodulens.training.forest import ForestRun
from nodulens.training.recipe import ForestRecipe, Recipe
from nodulens.training.record import RUN, FinishedRun, recipe_of


class Classifier(Protocol):
    """Anything that says how probable each label is for a region of interest."""

    def __call__(self, regions: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each uint8 region (h, w) the probability of each label, float32 (L,)."""
        ...


class Run(FinishedRun[Recipe]):
    """A finished training of a network."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the network's input."""
        return self.recipe.input.height, self.recipe.input.width

    @property
    def threshold(self) -> float:
        """Least probability that counts as nodule, or as the last label."""
        if self.recipe.task == "segmentation":
            return self.recipe.objective.threshold
        return super().threshold

    @property
    def balanced(self) -> bool:
        """Whether each class counted the same in training."""
        return self.recipe.objective.balance

    def segmenter(self) -> Segmenter:
        """Return the network as a segmenter of views; one that reads may also be given words."""
        if default_config(self.recipe.network.name).uses_text:
            return self.guided()
        return TorchModel(self.deployed_segmenter(), self.size).segment

    def guided(self) -> GuidedModel:
        """Return a network that reads words, ready to be asked.

        Raises:
            BadData: it does not read.
        """
        return GuidedModel(
            self.deployed_guided(),
            self.size,
            mirror=self.recipe.objective.flip,
            reach=self.recipe.words.reach,
        )

    def deployed_guided(self) -> DeployedGuided:
        """Return a network that reads words as it is exported.

        Raises:
            BadData: it does not read.
        """
        network = load_network(self.folder)
        if not isinstance(network, GuidedNetwork):
            raise BadData(f"{self.folder}: its network {self.recipe.network.name} reads no words")
        return DeployedGuided(network, default_config(self.recipe.network.name))

    def classifier(self) -> Classifier:
        """Return the network as a classifier of regions, uncalibrated."""
        return TorchModel(self.deployed_classifier(), self.size).classify

    def judge(self) -> Judge:
        """Return the network as a judge of nodules, uncalibrated."""
        return RegionJudge(self.classifier(), self.recipe.region)

    def deployed_segmenter(self) -> DeployedSegmenter:
        """Return the network as it is exported."""
        return DeployedSegmenter(
            load_network(self.folder),
            default_config(self.recipe.network.name),
            flip=self.recipe.objective.flip,
        )

    def deployed_classifier(self, temperature: float = 1.0) -> DeployedClassifier:
        """Return the network as it is exported, with its logits divided by a temperature."""
        return DeployedClassifier(
            load_network(self.folder),
            default_config(self.recipe.network.name),
            flip=self.recipe.objective.flip,
            labels=len(self.recipe.objective.classes),
            temperature=temperature,
            shares=self.label_shares if self.balanced else None,
        )


def load_run(folder: Path) -> Run:
    """Read a finished run of a network.

    Raises:
        BadData: there is none, it has not finished, or it is of a forest.
    """
    run = load_any_run(folder)
    if isinstance(run, ForestRun):
        raise BadData(f"{folder}: a forest, where a network is needed; see `nodulens train --help`")
    return run


def load_any_run(folder: Path) -> Run | ForestRun:
    """Read a finished run, of a network or of a forest.

    Raises:
        BadData: there is none, or it has not finished.
    """
    path = folder / RUN
    if not path.is_file():
        raise BadData(f"{folder}: no {RUN} there; give the folder of a run")
    record = json.loads(path.read_text("utf-8"))
    if not record["finished"]:
        raise BadData(f"{folder}: the training has not finished; start it again to go on")
    recipe = recipe_of(record)
    if isinstance(recipe, ForestRecipe):
        return ForestRun(folder, recipe, record)
    if recipe.task == "distillation":
        raise BadData(
            f"{folder}: a distillation answers nothing by itself; train from it with "
            f"--set network.start_from={folder}"
        )
    return Run(folder, recipe, record)


def weights_of(folder: Path) -> Path:
    """Return the file that holds what a finished run has learned."""
    return folder / (WEIGHTS if (folder / WEIGHTS).is_file() else FOREST)
