"""What all networks on a frozen vision-language backbone share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nodulens.models.attributes import AttributeHeads
from nodulens.models.backbones.contract import Backbone, ImageFeatures, TextFeatures, no_text


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

    @torch.no_grad()
    def look(self, image: Tensor) -> ImageFeatures:
        """Return what the frozen image tower says; the same picture, the same answer."""
        with torch.autocast("cpu", enabled=False):
            return self.backbone.encode_image(image.float(), self.depths)

    @torch.no_grad()
    def read(self, texts: Sequence[str]) -> TextFeatures:
        """Return what the frozen text tower says; an empty string stands for "no words"."""
        given = [text for text in texts if text]
        if not given:
            return no_text(len(texts), self.backbone)
        with torch.autocast("cpu", enabled=False):
            found = self.backbone.encode_text(given)
        place = [number for number, text in enumerate(texts) if text]
        parts = (_spread(part, place, len(texts)) for part in found if part is not None)
        return TextFeatures(*parts)

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


def _spread(part: Tensor, place: list[int], count: int) -> Tensor:
    result = part.new_zeros((count, *part.shape[1:]))
    result[place] = part
    return result
