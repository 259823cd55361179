"""What one training step and one validation mean, for each task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import lightning
import torch
from monai.losses import DiceLoss
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.data.augment import UltrasoundAugmentation
from nodulens.models.registry import NetworkConfig
from nodulens.training.recipe import Recipe
from nodulens.training.views import ViewMaker


class Task(lightning.LightningModule):
    """What both tasks share: normalisation, augmentation, optimiser and schedule."""

    mean: Tensor
    std: Tensor
    score = ""
    """Name of the logged validation score that picks the checkpoint; higher is better."""

    def __init__(
        self, network: nn.Module, config: NetworkConfig, recipe: Recipe, steps: int
    ) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe
        self.steps = steps
        self.augment = UltrasoundAugmentation(recipe.augmentation.model_dump())
        self.register_buffer("mean", torch.tensor(config.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(config.std).view(1, 3, 1, 1), persistent=False)

    def on_train_epoch_start(self) -> None:
        """Seed dropout by the epoch, so that a resumed training drops what it would have."""
        torch.manual_seed(self.recipe.training.seed * 100_003 + self.current_epoch)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits for grey images (B, 1, H, W) in 0…1."""
        logits: Tensor = self.network(self.normalised(images))
        return logits.float()

    def normalised(self, images: Tensor) -> Tensor:
        """Return what the network takes, (B, 3, H, W), for grey images (B, 1, H, W) in 0…1."""
        normalised = (images.expand(-1, 3, -1, -1) - self.mean) / self.std
        return normalised.contiguous(memory_format=torch.channels_last)

    def generator(self, batch_number: int) -> torch.Generator:
        """Return the source of randomness of one batch, the same after a resume."""
        seed = (self.recipe.training.seed * 10_007 + self.current_epoch) * 100_003 + batch_number
        return torch.Generator().manual_seed(seed)

    def configure_optimizers(self) -> Any:
        """Return the recipe's optimiser and schedule: linear warm-up, then falling."""
        settings = self.recipe.training
        rate, decay = settings.learning_rate, settings.weight_decay
        optimizer: torch.optim.Optimizer
        if settings.optimizer == "sgd":
            optimizer = torch.optim.SGD(
                self.parameters(), lr=rate, momentum=0.9, weight_decay=decay
            )
        else:
            optimizer = torch.optim.AdamW(self.parameters(), lr=rate, weight_decay=decay)
        warm = max(1, round(settings.warmup * self.steps))

        def factor(step: int) -> float:
            if step < warm:
                return (step + 1) / warm
            progress = min(1.0, (step - warm) / max(1, self.steps - warm))
            if settings.schedule == "poly":
                return float((1 - progress) ** 0.9)
            return 0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


class SegmentationTask(Task):
    """Soft Dice plus cross-entropy; scored by the mean Dice of the validation views.

    Args:
        contents: of each training item, as :class:`nodulens.data.datasets.ViewDataset` has them.
    """

    score = "val_dice"

    def __init__(
        self,
        network: nn.Module,
        config: NetworkConfig,
        recipe: Recipe,
        steps: int,
        contents: Sequence[str],
    ) -> None:
        super().__init__(network, config, recipe, steps)
        self.views = ViewMaker(recipe, contents)
        self.dice_loss = DiceLoss(sigmoid=True, smooth_nr=1.0, smooth_dr=1.0)

    def training_step(self, batch: dict[str, Any], number: int) -> Tensor:
        """Return the loss of a batch after augmentation."""
        views = self.views.training(batch, self.current_epoch, self.generator(number))
        loss = self.loss(self(views.images), views.masks)
        self.log("train_loss", loss, on_epoch=True, on_step=False, batch_size=len(views.images))
        return loss

    def validation_step(self, batch: dict[str, Tensor], number: int) -> None:
        """Log loss and per-view foreground Dice at the network's size."""
        images, masks = batch["image"].float() / 255, batch["mask"].float()
        logits = self(images)
        self.log("val_loss", self.loss(logits, masks), batch_size=len(images))
        dice = self.dice(logits, masks).mean()
        self.log("val_dice", dice, batch_size=len(images), prog_bar=True)

    def dice(self, logits: Tensor, masks: Tensor) -> Tensor:
        """Return the foreground Dice of each view, (B,); 1 where both are empty."""
        predicted = (logits > 0).float()
        both = (predicted * masks).sum((1, 2, 3))
        total = predicted.sum((1, 2, 3)) + masks.sum((1, 2, 3))
        return torch.where(total > 0, 2 * both / total.clamp(min=1), torch.ones_like(total))

    def loss(self, logits: Tensor, masks: Tensor) -> Tensor:
        """Return the recipe's mixture of soft Dice and cross-entropy."""
        objective = self.recipe.objective
        dice: Tensor = self.dice_loss(logits, masks)
        entropy = F.binary_cross_entropy_with_logits(logits, masks)
        return objective.dice * dice + objective.cross_entropy * entropy


class ClassificationTask(Task):
    """Cross-entropy over one label and, with less weight, over auxiliary ones.

    The network's outputs are the values of the labels one after the other, the main label first.
    Scored by the mean log-likelihood of the main label: with few validation images it wavers less
    than a rank statistic.

    Args:
        widths: number of values of each label, the main one first.
        class_weights: of the main label's values, (K,); None weighs every image alike.
    """

    score = "val_log_likelihood"
    class_weights: Tensor

    def __init__(
        self,
        network: nn.Module,
        config: NetworkConfig,
        recipe: Recipe,
        steps: int,
        widths: Sequence[int],
        class_weights: Tensor | None = None,
    ) -> None:
        super().__init__(network, config, recipe, steps)
        self.widths = list(widths)
        if class_weights is None:
            class_weights = torch.ones(self.widths[0])
        self.register_buffer("class_weights", class_weights, persistent=False)

    def training_step(self, batch: dict[str, Tensor], number: int) -> Tensor:
        """Return the loss of a batch after augmentation."""
        images = self.augment(batch["image"].float() / 255, None, self.generator(number)).images
        objective = self.recipe.objective
        outputs = self(images).split(self.widths, dim=1)
        loss = torch.zeros(())
        for place, logits in enumerate(outputs):
            known = batch["target"][:, place] >= 0
            if not known.any():
                continue
            costs = F.cross_entropy(
                logits[known],
                batch["target"][known, place],
                weight=self.class_weights if place == 0 else None,
                label_smoothing=objective.smoothing,
                reduction="none",
            )
            # Not divided by the batch's weights: a batch without the rare class must not count
            # as much as one with it.
            loss = loss + (1.0 if place == 0 else objective.auxiliary_weight) * costs.mean()
        self.log("train_loss", loss, on_epoch=True, on_step=False, batch_size=len(images))
        return loss

    def validation_step(self, batch: dict[str, Tensor], number: int) -> None:
        """Log accuracy and log-likelihood of the main label."""
        known = batch["target"][:, 0] >= 0
        if not known.any():
            return
        logits = self(batch["image"].float() / 255)[known, : self.widths[0]]
        target = batch["target"][known, 0]
        likelihood = -F.cross_entropy(logits, target, self.class_weights)
        accuracy = (logits.argmax(1) == target).float().mean()
        count = int(known.sum())
        self.log("val_log_likelihood", likelihood, batch_size=count, prog_bar=True)
        self.log("val_accuracy", accuracy, batch_size=count)
