"""What all networks on a frozen vision-language backbone share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nodulens.models.attributes import AttributeHeads
from nodulens.models.backbones.contract import Backbone, ImageFeatures, TextFeatures


class GuidedNetwork(nn.Module):
    """A segmentation network that looks through a frozen backbone and may be told words.

    What is frozen is not a submodule: it is in no state dict, no optimiser and no checkpoint.

    Args:
        backbone: frozen.
        depths: of the backbone's maps, in the order in which the network reads them.
    """

    def __init__(self, backbone: Backbone, depths: Sequence[int]) -> None:
        super().__init__()
        self._backbone = (backbone,)
        self.depths = tuple(depths)
        self.attributes: AttributeHeads | None = None

    @property
    def backbone(self) -> Backbone:
        """The frozen towers."""
        return self._backbone[0]

    def look(self, image: Tensor) -> ImageFeatures:
        """Return what the frozen image tower says of pictures, normalised for the network."""
        with torch.no_grad(), torch.autocast("cpu", enabled=False):
            return self.backbone.encode_image(image.float(), self.depths)

    def descriptions(self, text: str) -> list[str]:
        """Return what a text's terms mean, for a network that wants to know; none by default."""
        return []

    def forward(
        self, image: Tensor, text: TextFeatures | None = None, seen: ImageFeatures | None = None
    ) -> Tensor:
        """Return logits.

        Args:
            image: float (B, 3, H, W), normalised with the network's own mean and std; any size.
            text: words of each picture; None, or a row without tokens, means no words.
            seen: what :meth:`look` said of ``image``, where it is known already.

        Returns:
            Logits (B, 1, H, W).
        """
        raise NotImplementedError
