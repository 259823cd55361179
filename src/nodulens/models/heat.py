"""Where a network's evidence lies in a region: Grad-CAM and occlusion, both MONAI's."""

from __future__ import annotations

import warnings
from copy import deepcopy

import numpy as np
import torch
from monai.visualize import GradCAM, OcclusionSensitivity
from numpy.typing import NDArray
from torch import Tensor, nn

from nodulens.errors import BadData
from nodulens.models.deploy import DeployedClassifier
from nodulens.models.resnet18 import ResNet18
from nodulens.runtime.preprocess import Letterbox

ANSWER = ("network.network.fc.", "network.head.")
"""Where the names of a deployed ResNet-18's answering layer begin."""


class GradCam:
    """Grad-CAM (Selvaraju et al., arXiv 1610.02391) of a ResNet-18 at its last stage.

    With ``pooling = "last"`` the whole answer rests on that stage. With ``"stages"`` it is the only
    one that sees more than texture, and the one whose map agrees best with occlusion; but what the
    answer takes from the earlier stages directly is not in the map, and nothing of the standard
    deviations is: their gradient averages to zero over a map, and Grad-CAM takes that average.

    Args:
        module: a deployed ResNet-18; it is copied, as MONAI's hooks stay in what they look at.
        size: height and width of its input.
        label: index of the label in question.

    Raises:
        BadData: the network is another.
    """

    def __init__(self, module: DeployedClassifier, size: tuple[int, int], label: int = -1) -> None:
        if not isinstance(module.network, ResNet18):
            raise BadData(
                f"Grad-CAM is for resnet18, not {type(module.network).__name__}; occlusion maps "
                "are for every classifier"
            )
        self.size = size
        self._odds = _LogOdds(deepcopy(module).eval(), label)
        self._cam = GradCAM(self._odds, "module.network.network.layer4")

    def __call__(self, region: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return for a region, uint8 (h, w), what speaks for the label, float32 (h, w).

        Values are 0 to 1, the greatest 1; all are 0 where the stage has nothing that speaks for it.
        """
        box = Letterbox((region.shape[0], region.shape[1]), self.size)
        pixels = torch.from_numpy(box.into(region)[None, None])
        module = self._odds.module
        if module.flip:
            pixels = torch.cat([pixels, pixels.flip(-1)])
        # Frozen stages want no gradient of their own; through the picture they pass it on.
        picture = module.normalised(pixels).requires_grad_()
        maps = self._cam.compute_map(picture, class_idx=0).detach()
        if module.flip:
            maps = maps[:1] + maps[1:].flip(-1)
        plane = nn.functional.interpolate(maps, self.size, mode="bilinear")[0, 0].numpy()
        heat = box.out_of(plane.astype(np.float32))
        return heat / max(float(heat.max()), 1e-12)


def occlusion_sensitivity(
    module: DeployedClassifier,
    size: tuple[int, int],
    region: NDArray[np.uint8],
    *,
    cells: int = 7,
    label: int = -1,
) -> NDArray[np.float32]:
    """Return MONAI's occlusion map, to hold against :func:`nodulens.analysis.occlusion`'s.

    The same question asked by other code: hard-edged squares of two cells a side, half overlapping,
    as bright as the region on average, at the size of the network's input.

    Args:
        module: deployed, of any network.
        size: height and width of its input.
        region: uint8 (h, w).
        cells: of the grid along each side.
        label: index of the label in question.

    Returns:
        Log-odds of the label lost by hiding a place, float32 (h, w).
    """
    box = Letterbox((region.shape[0], region.shape[1]), size)
    pixels = torch.from_numpy(box.into(region)[None, None].astype(np.float32))
    look = OcclusionSensitivity(
        module.eval(),
        mask_size=[max(2, round(2 * side / cells)) for side in size],
        verbose=False,
        mode=float(region.mean()),
        overlap=0.5,
        activate=lambda probabilities: probabilities.clamp(1e-6, 1 - 1e-6).logit(),
    )
    with warnings.catch_warnings():
        # MONAI indexes with lists of slices.
        warnings.filterwarnings("ignore", "Using a non-tuple sequence", UserWarning)
        hidden, _ = look(pixels)
    with torch.inference_mode():
        usual = module(pixels).clamp(1e-6, 1 - 1e-6).logit()
    lost = (usual[0, label] - torch.as_tensor(hidden)[0, label]).numpy()
    return box.out_of(lost.astype(np.float32))


class _LogOdds(nn.Module):
    """A deployed classifier's log-odds of one label, (B, 1), for normalised pictures.

    Of the label against the others, as the logit of one of two labels says nothing without the
    other's.
    """

    def __init__(self, module: DeployedClassifier, label: int) -> None:
        super().__init__()
        self.module = module
        self.label = label % module.labels

    def forward(self, picture: Tensor) -> Tensor:
        logits = self.module.network(picture)[:, : self.module.labels]
        own = torch.arange(self.module.labels) == self.label
        return logits[:, own] - logits[:, ~own].logsumexp(1, keepdim=True)
