from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nodulens.data.augment import UltrasoundAugmentation, random_crop
from nodulens.training.recipe import Augmentation

pytestmark = pytest.mark.train

OFF = dict.fromkeys(Augmentation().model_dump(), 0.0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch() -> tuple[Tensor, Tensor]:
    images = torch.rand(6, 1, 40, 60, generator=generator(1)) * 0.5 + 0.2
    masks = torch.zeros(6, 1, 40, 60)
    masks[..., 10:25, 5:30] = 1
    return images, masks


def test_all_ranges_at_zero_change_nothing() -> None:
    images, masks = batch()
    changed, moved, *_ = UltrasoundAugmentation(OFF)(images, masks, generator())
    torch.testing.assert_close(changed, images, atol=1e-5, rtol=0)
    assert torch.equal(moved, masks)


def test_the_same_generator_gives_the_same_batch() -> None:
    augment = UltrasoundAugmentation(Augmentation().model_dump())
    images, masks = batch()
    first = augment(images, masks, generator())
    again = augment(images, masks, generator())
    other = augment(images, masks, generator(2))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


def test_values_stay_in_range() -> None:
    augment = UltrasoundAugmentation(Augmentation(gain=0.9, speckle=1.0).model_dump())
    images, masks = batch()
    changed, moved, *_ = augment(images, masks, generator())
    assert changed.shape == images.shape
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert set(moved.unique().tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("name", ["flip", "rotation", "zoom", "stretch", "shift"])
def test_geometry_moves_image_and_mask_alike(name: str) -> None:
    # The mask is the image: whatever happens to one must happen to the other.
    _, masks = batch()
    strength = {"flip": 1.0, "rotation": 30.0}.get(name, 0.3)
    changed, moved, *_ = UltrasoundAugmentation(OFF | {name: strength})(masks, masks, generator())
    assert not torch.equal(moved, masks)
    assert ((changed > 0.5).float() != moved).float().mean() < 0.01


@pytest.mark.parametrize("name", ["gamma", "gain", "speckle", "attenuation", "shadow", "haze"])
def test_grey_values_change_without_moving_the_mask(name: str) -> None:
    images, masks = batch()
    strength = 1.0 if name in ("shadow", "haze") else 0.5
    changed, moved, *_ = UltrasoundAugmentation(OFF | {name: strength})(images, masks, generator())
    assert torch.equal(moved, masks)
    assert (changed - images).abs().mean() > 0.005


def test_rotation_keeps_areas() -> None:
    _, masks = batch()
    augment = UltrasoundAugmentation(OFF | {"rotation": 20.0})
    _, moved, *_ = augment(masks, masks, generator())
    kept = moved.sum((1, 2, 3)) / masks.sum((1, 2, 3))
    # Square pixels stay square in a picture that is not: areas do not change.
    assert ((kept > 0.9) & (kept < 1.1)).float().mean() > 0.8


def test_shadow_darkens_and_haze_brightens_the_scan_only() -> None:
    images, masks = batch()
    images[..., :5, :] = 0
    darker, *_ = UltrasoundAugmentation(OFF | {"shadow": 1.0})(images, masks, generator())
    brighter, *_ = UltrasoundAugmentation(OFF | {"haze": 1.0})(images, masks, generator())
    assert (darker <= images + 1e-5).all()
    assert (brighter >= images - 1e-5).all()
    assert not brighter[..., :4, :].any()


def test_mirrored_views_are_told() -> None:
    images, masks = batch()
    augment = UltrasoundAugmentation(OFF | {"flip": 0.5})
    changed, moved, mirrored = augment(images, masks, generator())
    assert 0 < mirrored.sum() < len(mirrored)
    for place, swapped in enumerate(mirrored.tolist()):
        expected = images[place].flip(-1) if swapped else images[place]
        torch.testing.assert_close(changed[place], expected, atol=1e-5, rtol=0)
        assert moved[place, 0, :, :30].any() != swapped


def test_a_crop_tries_to_show_some_nodule() -> None:
    image, mask = torch.rand(1, 60, 200), torch.zeros(1, 60, 200)
    mask[:, 20:50, 150:180] = 1
    for seed in range(10):
        cut, outline = random_crop(image, mask, (60, 60), generator(seed))
        assert cut.shape == outline.shape == (1, 60, 60)
        assert outline.mean() > 0.05
    cut, outline = random_crop(image, torch.zeros_like(mask), (60, 60), generator())
    assert cut.shape == (1, 60, 60)
    assert not outline.any()
