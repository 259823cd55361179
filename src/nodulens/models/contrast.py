"""Words of one field, told apart."""

from __future__ import annotations

from torch import Tensor, nn

from nodulens.models.backbones.contract import TextFeatures


class Contrast(nn.Module):
    """Each number of the words less its mean, by its spread (ours).

    To a tower that read everything, all sentences about nodules are nearly the same; "left" and
    "right" differ in what is left when that is taken away. Learned from what is read in training,
    as in batch normalisation.
    """

    def __init__(self, tokens: int, pooled: int) -> None:
        super().__init__()
        self.tokens = nn.BatchNorm1d(tokens, affine=False)
        self.pooled = nn.BatchNorm1d(pooled, affine=False)

    def forward(self, text: TextFeatures) -> TextFeatures:
        """Return the same words; rows without any stay as they are."""
        # Only what is there may be learned from; one row has no spread.
        if self.training and text.given.sum() > 1:
            self.tokens(text.tokens[text.mask])
            self.pooled(text.pooled[text.given])
        tokens = self._by_spread(self.tokens, text.tokens)
        return text._replace(tokens=tokens, pooled=self._by_spread(self.pooled, text.pooled))

    @staticmethod
    def _by_spread(known: nn.BatchNorm1d, x: Tensor) -> Tensor:
        assert known.running_mean is not None
        assert known.running_var is not None
        # A copy, because the next batch changes them before this one is differentiated.
        mean, variance = known.running_mean.clone(), known.running_var.clone()
        return (x - mean) / (variance + known.eps).sqrt()
