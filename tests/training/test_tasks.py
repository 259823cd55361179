from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nodulens.models.registry import default_config
from nodulens.training.recipe import read_recipe
from nodulens.training.tasks import ClassificationTask, SegmentationTask

pytestmark = pytest.mark.train


class Constant(nn.Module):
    """Answers the same logits for whatever it sees."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, image: Tensor, text: object = None) -> Tensor:
        return self.logits.expand(len(image), *self.logits.shape[1:])


def segmentation(logits: Tensor) -> SegmentationTask:
    recipe = read_recipe("unet-lite0")
    return SegmentationTask(Constant(logits), default_config("unet"), recipe, 10, ["content"])


def test_the_right_mask_costs_less_than_the_wrong_one() -> None:
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:5, 2:5] = 1
    right = segmentation((mask * 2 - 1) * 10)
    wrong = segmentation((1 - mask * 2) * 10)
    assert right.loss(right(torch.zeros(1, 1, 8, 8)), mask) < 0.1
    assert wrong.loss(wrong(torch.zeros(1, 1, 8, 8)), mask) > 5


def test_the_input_is_normalised_as_the_network_wants() -> None:
    seen = []

    class Spy(Constant):
        def forward(self, image: Tensor, text: object = None) -> Tensor:
            seen.append(image)
            return super().forward(image)

    network = Spy(torch.zeros(1, 1, 4, 4))
    task = SegmentationTask(network, default_config("unet"), read_recipe("unet-lite0"), 10, [])
    task(torch.full((1, 1, 4, 4), 0.5))
    assert seen[0].shape == (1, 3, 4, 4)
    assert not seen[0].any()


def test_batches_see_the_same_randomness_again() -> None:
    task = segmentation(torch.zeros(1, 1, 4, 4))
    first = torch.rand(3, generator=task.generator(5))
    assert torch.equal(first, torch.rand(3, generator=task.generator(5)))
    assert not torch.equal(first, torch.rand(3, generator=task.generator(6)))


def classification(logits: list[float]) -> ClassificationTask:
    network = Constant(torch.tensor([logits]))
    recipe = read_recipe("resnet18-roi")
    task = ClassificationTask(network, default_config("resnet18"), recipe, 10, [2, 3])
    task.log = lambda *args, **kwargs: None  # type: ignore[method-assign]
    return task


def loss(task: ClassificationTask, target: list[list[int]]) -> float:
    batch = {
        "image": torch.zeros(len(target), 1, 8, 8, dtype=torch.uint8),
        "target": torch.tensor(target),
    }
    torch.manual_seed(0)
    return task.training_step(batch, 0).item()


def test_a_label_that_is_not_known_costs_nothing() -> None:
    task = classification([0.0, 3.0, 1.0, 0.0, 0.0])
    both = loss(task, [[1, 0]])
    main_alone = loss(task, [[1, -1]])
    auxiliary_alone = loss(task, [[-1, 0]])
    assert both == pytest.approx(main_alone + auxiliary_alone)
    assert loss(task, [[-1, -1]]) == 0


def test_the_auxiliary_label_weighs_less() -> None:
    task = classification([0.0, 0.0, 0.0, 0.0, 0.0])
    weight = task.recipe.objective.auxiliary_weight
    expected = weight * torch.log(torch.tensor(3.0)).item()
    assert loss(task, [[-1, 2]]) == pytest.approx(expected, rel=1e-5)


def test_a_batch_of_the_common_class_counts_less_when_classes_are_balanced() -> None:
    task = classification([0.0, 0.0, 0.0, 0.0, 0.0])
    plain = loss(task, [[1, -1]])
    task.class_weights = torch.tensor([2.5, 0.625])
    assert loss(task, [[1, -1]]) == pytest.approx(0.625 * plain)
    assert loss(task, [[0, -1]]) == pytest.approx(2.5 * plain)
