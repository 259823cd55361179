from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from nodulens.analysis.occlusion import occlusion_map
from nodulens.errors import BadData
from nodulens.models.deploy import DeployedClassifier, TorchModel
from nodulens.models.heat import ANSWER, GradCam, occlusion_sensitivity
from nodulens.models.randomised import randomised
from nodulens.models.registry import create_model, default_config

pytestmark = pytest.mark.train

SIZE = (96, 96)
GENERATOR = np.random.default_rng(4)


def region(*blob: int, side: int = 120) -> np.ndarray:
    """A quiet region with one loud place of 40 pixels at (row, column)."""
    pixels = GENERATOR.integers(70, 90, (side, side)).astype(np.uint8)
    if blob:
        row, column = blob
        pixels[row : row + 40, column : column + 40] = GENERATOR.integers(0, 255, (40, 40))
    return pixels


@pytest.fixture(scope="module", params=["last", "stages"])
def loud(request: pytest.FixtureRequest) -> DeployedClassifier:
    """A network that tells regions with a loud place from those without.

    Its stages stay as they were drawn; its linear answer is fitted by hand, by least squares.
    """
    torch.manual_seed(0)
    options: dict[str, Any] = {"pooling": request.param, "frozen": True}
    network = create_model("resnet18", **options).eval()
    places = [(r, c) for r in (0, 40, 80) for c in (0, 40, 80)]
    pictures = [region(*place) for place in places] + [region() for _ in places]
    config = default_config("resnet18")
    module = DeployedClassifier(network, config, flip=True, labels=2).eval()
    linear: Any = network.network.fc if request.param == "last" else network.head.linear  # type: ignore[union-attr]
    seen: list[torch.Tensor] = []
    hook = linear.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    model = TorchModel(module, SIZE)
    model.classify(pictures)
    hook.remove()
    # Of all stages' statistics, the means of the last alone: all that Grad-CAM can see.
    last = slice(None) if request.param == "last" else slice(896, 1408)
    statistics = seen[0].double()[:, last]
    middle = statistics.mean(0)
    wanted = torch.tensor([3.0] * 9 + [-3.0] * 9).double()
    # Ridge: little weights that together do it.
    centred = statistics - middle
    gram = centred @ centred.T
    ridge = 1e-3 * gram.diagonal().mean() * torch.eye(18)
    weights = centred.T @ torch.linalg.solve(gram + ridge, wanted)
    with torch.no_grad():
        linear.weight.zero_()
        linear.weight[:, last] = torch.stack([-weights / 2, weights / 2]).float()
        linear.bias.copy_(torch.stack([middle @ weights / 2, -(middle @ weights) / 2]))
    assert all(answer[1] > 0.8 for answer in model.classify(pictures[:9]))
    assert all(answer[1] < 0.2 for answer in model.classify(pictures[9:]))
    return module


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(spearmanr(one, other, axis=None).statistic)


def test_grad_cam_finds_the_loud_place(loud: DeployedClassifier) -> None:
    look = GradCam(loud, SIZE)
    for row, column in ((0, 0), (0, 80), (80, 0), (80, 80)):
        heat = look(region(row, column))
        assert heat.shape == (120, 120)
        assert heat.dtype == np.float32
        assert heat.min() >= 0
        assert heat.max() == pytest.approx(1)
        inside = heat[row : row + 40, column : column + 40].mean()
        opposite = heat[80 - row : 120 - row, 80 - column : 120 - column].mean()
        assert inside > 2 * opposite


def test_what_earlier_stages_say_is_not_in_the_map() -> None:
    network = create_model("resnet18", pooling="stages", frozen=True).eval()
    network.head.linear.weight.detach()[:, 896:] = 0  # type: ignore[index,union-attr]
    module = DeployedClassifier(network, default_config("resnet18"), flip=False, labels=2)
    assert not GradCam(module, SIZE)(region(0, 0)).any()


def test_grad_cam_looks_at_the_mirror_image_where_the_answer_does(
    loud: DeployedClassifier,
) -> None:
    look, pixels = GradCam(loud, SIZE), region(0, 0)
    assert np.allclose(look(pixels[:, ::-1])[:, ::-1], look(pixels), atol=1e-4)


def test_grad_cam_of_a_region_that_is_not_square(loud: DeployedClassifier) -> None:
    assert GradCam(loud, SIZE)(region(0, 0)[:90]).shape == (90, 120)


def test_grad_cam_leaves_the_network_alone(loud: DeployedClassifier) -> None:
    pixels = region(40, 40)
    before = loud(torch.from_numpy(pixels[None, None, :96, :96].copy()))
    GradCam(loud, SIZE)(pixels)
    assert not any(module._forward_hooks for module in loud.modules())
    assert torch.equal(loud(torch.from_numpy(pixels[None, None, :96, :96].copy())), before)


def test_grad_cam_is_for_resnet18() -> None:
    module = DeployedClassifier(
        torch.nn.Flatten(), default_config("resnet18"), flip=False, labels=2
    )
    with pytest.raises(BadData, match="for resnet18, not Flatten"):
        GradCam(module, SIZE)


def test_occlusion_agrees_with_that_of_other_code(loud: DeployedClassifier) -> None:
    model = TorchModel(loud, SIZE)
    for row, column in ((0, 0), (40, 80)):
        pixels = region(row, column)
        ours = occlusion_map(model.classify, pixels)
        theirs = occlusion_sensitivity(loud, SIZE, pixels)
        assert correlation(ours, theirs) > 0.7
        for heat in (ours, theirs):
            inside = heat[row : row + 40, column : column + 40].mean()
            assert inside > 2 * abs(heat.mean())


@pytest.mark.parametrize("method", ["grad_cam", "occlusion"])
def test_maps_notice_randomised_weights_and_nothing_else(
    loud: DeployedClassifier, method: str
) -> None:
    def look(module: DeployedClassifier, pixels: np.ndarray) -> np.ndarray:
        if method == "grad_cam":
            return GradCam(module, SIZE)(pixels)
        return occlusion_map(TorchModel(module, SIZE).classify, pixels, cells=4)

    pictures = [region(0, 0), region(80, 80), region(0, 80), region(80, 0)]

    usual = [look(loud, pixels) for pixels in pictures]

    def mean_correlation(parts: tuple[str, ...]) -> float:
        found = []
        for seed, pixels in enumerate(pictures):
            maps = usual[seed], look(randomised(loud, seed, parts), pixels)
            # A map without anything in it has nothing in common with one that shows a place.
            found.append(correlation(*maps) if np.ptp(maps[1]) else 0.0)
        return float(np.mean(found))

    assert mean_correlation(()) == pytest.approx(1)
    assert mean_correlation(ANSWER) < 0.7
    assert mean_correlation(("",)) < 0.7
