"""Give a network the feature maps of another one that ImageNet trained.

For networks whose own ImageNet weights cannot be had: the student sees pictures of the field alone
and learns to say, stage by stage, what the teacher says of them (hints, Romero et al. 2015, arXiv
1412.6550, at every stage). No label is looked at.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.errors import BadData
from nodulens.models.imagenet import imagenet_encoder
from nodulens.models.registry import NetworkConfig
from nodulens.training.recipe import Recipe
from nodulens.training.tasks import Task

_STRIDES = (4, 8, 16, 32)


class DistillationTask(Task):
    """Mean squared error between the student's stages, through a 1×1 convolution, and the teacher.

    Each channel of the teacher counts alike: its maps are normalised to a variance of one. Scored
    by the share of that variance that the student explains, mean over stages.

    Args:
        network: the student; its ``stages`` gives maps at strides 4, 8, 16 and 32.

    Raises:
        BadData: the network has no ``stages``, or the teacher no map at one of these strides.
    """

    score = "val_explained"

    def __init__(
        self, network: nn.Module, config: NetworkConfig, recipe: Recipe, steps: int
    ) -> None:
        super().__init__(network, config, recipe, steps)
        if not hasattr(network, "stages"):
            raise BadData(
                f"network {recipe.network.name!r} has no stages that could be compared; distil "
                "into resnet18"
            )
        encoder = imagenet_encoder(recipe.teacher.encoder)
        widths = {
            info["reduction"]: (place, info["num_chs"])
            for place, info in enumerate(encoder.feature_info.get_dicts())  # type: ignore[union-attr, operator]
        }
        missing = [stride for stride in _STRIDES if stride not in widths]
        if missing:
            raise BadData(
                f"teacher {recipe.teacher.encoder!r}: has no map at stride {missing[0]}; choose "
                "another encoder"
            )
        # In a list: what is frozen does not belong into checkpoints.
        self._teacher = [encoder]
        self._places = [widths[stride][0] for stride in _STRIDES]
        with torch.inference_mode():
            maps = network.eval().stages(torch.zeros(1, 3, 64, 64))  # type: ignore[operator]
        network.train()
        self.adapters = nn.ModuleList(
            nn.Conv2d(own.shape[1], widths[stride][1], 1)
            for own, stride in zip(maps, _STRIDES, strict=True)
        )
        self.targets = nn.ModuleList(
            nn.BatchNorm2d(widths[stride][1], affine=False, momentum=0.05) for stride in _STRIDES
        )

    def training_step(self, batch: dict[str, Tensor], number: int) -> Tensor:
        """Return the loss of a batch after augmentation."""
        images = self.augment(batch["image"].float() / 255, None, self.generator(number)).images
        loss = self._errors(images).sum()
        self.log("train_loss", loss, on_epoch=True, on_step=False, batch_size=len(images))
        return loss

    def validation_step(self, batch: dict[str, Tensor], number: int) -> None:
        """Log the loss and the explained share."""
        images = batch["image"].float() / 255
        errors = self._errors(images)
        self.log("val_loss", errors.sum(), batch_size=len(images))
        self.log("val_explained", 1 - errors.mean(), batch_size=len(images), prog_bar=True)

    def _errors(self, images: Tensor) -> Tensor:
        """Return the mean squared error of each stage, (4,)."""
        own = self.network.stages(self.normalised(images))  # type: ignore[operator]
        wanted = self._taught(images)
        return torch.stack(
            [
                F.mse_loss(adapter(stage).float(), target(other))
                for adapter, stage, target, other in zip(
                    self.adapters, own, self.targets, wanted, strict=True
                )
            ]
        )

    @torch.no_grad()
    def _taught(self, images: Tensor) -> list[Tensor]:
        teacher = self.recipe.teacher
        grey = ((images - teacher.mean) / teacher.std).expand(-1, 3, -1, -1)
        with torch.autocast("cpu", enabled=False):
            maps = self._teacher[0](grey)
        return [maps[place].float() for place in self._places]
