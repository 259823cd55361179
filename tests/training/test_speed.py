from __future__ import annotations

import copy

import pytest
import torch

from nodulens.training import speed

pytestmark = pytest.mark.train


def network() -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 1), torch.nn.Conv2d(8, 8, 5, padding=2, groups=8)
    )


def test_depthwise_convolutions_compute_in_float32_under_autocast() -> None:
    plain, changed = network(), network()
    speed.depthwise_in_float32(changed)
    x = torch.randn(1, 3, 9, 9)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inner = changed[0](x)
        answer = changed(x)
    assert inner.dtype == answer.dtype == torch.bfloat16
    exact = torch.nn.functional.conv2d(
        inner.float(), changed[1].weight, changed[1].bias, padding=2, groups=8
    )
    # Rounded once, at the end: half a unit in bfloat16's last place.
    torch.testing.assert_close(answer.float(), exact, rtol=2**-8, atol=1e-6)
    torch.testing.assert_close(changed(x), plain(x))


def test_the_change_is_not_part_of_the_weights_and_survives_a_copy() -> None:
    changed = network()
    speed.depthwise_in_float32(changed)
    assert changed.state_dict().keys() == network().state_dict().keys()
    twin = copy.deepcopy(changed)
    with torch.no_grad():
        twin[1].weight.zero_()
        twin[1].bias.zero_()
        assert not twin(torch.ones(1, 3, 5, 5)).any()
        assert changed(torch.ones(1, 3, 5, 5)).any()


def test_precision_is_resolved() -> None:
    assert speed.choose_precision("bf16") == "bf16"
    assert speed.choose_precision("float32") == "float32"
    assert speed.choose_precision("auto") in ("bf16", "float32")
