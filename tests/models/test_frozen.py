from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from nodulens.errors import NodulensError
from nodulens.models.backbones.contract import Backbone, ImageFeatures, TextFeatures
from nodulens.models.feature_cache import FeatureCache
from nodulens.models.frozen import FrozenFeatures, View
from nodulens.models.guided import GuidedNetwork

pytestmark = pytest.mark.train

SIZE = (16, 24)
TEXTS = ["solid", "", "a hypoechoic nodule", "solid"]


class Small(Backbone):
    """Convolutions that nobody trained, and letters for words; counts what it is asked."""

    joint = False
    name = "small"
    depths = (1, 2)
    default_depths = (2, 1)
    text_width = 4
    pooled_width = 4
    licence = "none"

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.layers = torch.nn.ModuleList(
            [torch.nn.Conv2d(3, 6, 3, 2, 1), torch.nn.Conv2d(6, 8, 3, 2, 1)]
        )
        self.letters = torch.nn.Embedding(256, 4)
        self.identity = hashlib.sha256(bytes([seed])).hexdigest()
        self.looked = 0
        self.was_read: list[str] = []
        self.freeze()

    def widths(self, depths: Sequence[int]) -> tuple[int, ...]:
        return tuple((6, 8)[depth - 1] for depth in depths)

    def strides(self, depths: Sequence[int]) -> tuple[int, ...]:
        return tuple(2**depth for depth in depths)

    def encode_image(self, image: Tensor, depths: Sequence[int]) -> ImageFeatures:
        self.looked += len(image)
        first = self.layers[0](image)
        both = (first, self.layers[1](first))
        maps = tuple(both[depth - 1] for depth in depths)
        return ImageFeatures(maps, tuple(m.mean((2, 3)) for m in maps))

    def encode_whole(self, image: Tensor) -> Tensor:
        return self.encode_image(image, (2,)).classes[0]

    def encode_text(self, texts: Sequence[str]) -> TextFeatures:
        self.was_read += texts
        (text,) = texts
        # Padding behind, as a tokenizer of a fixed length leaves it.
        codes = torch.tensor([[*text.encode(), 0, 0]])
        tokens = self.letters(codes)
        return TextFeatures(tokens, codes > 0, tokens.mean(1))


def views(*numbers: int, view: str = "plain") -> list[View]:
    return [View(hashlib.sha256(bytes([number])).hexdigest(), view) for number in numbers]


def pixels_of(*numbers: int) -> Callable[[list[int]], Tensor]:
    def draw(number: int) -> Tensor:
        return torch.randn(3, *SIZE, generator=torch.Generator().manual_seed(number))

    return lambda places: torch.stack([draw(numbers[place]) for place in places])


def never(places: list[int]) -> Tensor:
    raise AssertionError(f"pictures {places} are known")


def flat(found: ImageFeatures) -> list[Tensor]:
    return [*found.maps, *found.classes]


def test_one_vector_for_a_whole_picture_is_kept_apart(tmp_path: Path) -> None:
    backbone = Small()
    frozen = FrozenFeatures(backbone, (2, 1), FeatureCache(tmp_path, 10**9))
    found = frozen.wholes(views(3, 1, 3), SIZE, pixels_of(3, 1, 3))
    assert torch.equal(found, frozen.wholes(views(3, 1, 3), SIZE, never))
    expected = backbone.encode_whole(pixels_of(3)([0])).half().float()
    assert torch.equal(found[:1], expected)
    # Its maps are another question.
    with pytest.raises(AssertionError, match="are known"):
        frozen.images(views(3), SIZE, never)


def test_with_and_without_cache_each_bit_is_the_same(tmp_path: Path) -> None:
    numbers = (3, 1, 4, 1, 5)
    plain = FrozenFeatures(Small(), (2, 1))
    expected = plain.images(views(*numbers), SIZE, pixels_of(*numbers))
    frozen = FrozenFeatures(Small(), (2, 1), FeatureCache(tmp_path, 10**9))
    # Some known, some not, then all; and by another one that finds the files.
    frozen.images(views(4, 9), SIZE, pixels_of(4, 9))
    mixed = frozen.images(views(*numbers), SIZE, pixels_of(*numbers))
    known = frozen.images(views(*numbers), SIZE, never)
    later = FrozenFeatures(Small(), (2, 1), FeatureCache(tmp_path, 10**9))
    from_disk = later.images(views(*numbers), SIZE, never)
    for found in (mixed, known, from_disk):
        assert all(map(torch.equal, flat(found), flat(expected)))


def test_the_answer_is_the_backbones_rounded_to_float16() -> None:
    backbone = Small()
    found = FrozenFeatures(backbone, (2, 1)).images(views(1, 2), SIZE, pixels_of(1, 2))
    with torch.no_grad():
        expected = backbone.encode_image(pixels_of(1, 2)([0, 1]), (2, 1))
    for one, other in zip(flat(found), flat(expected), strict=True):
        assert one.dtype == torch.float32
        assert one.shape == other.shape
        assert torch.equal(one, one.half().float())
        assert not torch.equal(one, other)
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_only_what_is_missing_is_computed_and_only_once(tmp_path: Path) -> None:
    backbone = Small()
    frozen = FrozenFeatures(backbone, (1,), FeatureCache(tmp_path, 10**9))
    asked: list[list[int]] = []

    def pixels(places: list[int]) -> Tensor:
        asked.append(places)
        return pixels_of(1, 2, 1, 3)(places)

    frozen.images(views(2), SIZE, pixels_of(2))
    frozen.images(views(1, 2, 1, 3), SIZE, pixels)
    assert asked == [[0, 3]]
    assert backbone.looked == 3


def test_whatever_changes_the_answer_changes_the_key(tmp_path: Path) -> None:
    def asks(frozen: FrozenFeatures, seen: list[View], size: tuple[int, int]) -> bool:
        asked = []

        def pixels(places: list[int]) -> Tensor:
            asked.append(places)
            return torch.zeros(1, 3, *size)

        frozen.images(seen, size, pixels)
        return asked != []

    cache = FeatureCache(tmp_path, 10**9)
    frozen = FrozenFeatures(Small(), (2, 1), cache)
    assert asks(frozen, views(1), SIZE)
    assert not asks(frozen, views(1), SIZE)
    assert asks(frozen, views(2), SIZE)
    assert asks(frozen, views(1, view="flipped"), SIZE)
    assert asks(frozen, views(1), (24, 16))
    assert asks(FrozenFeatures(Small(), (1, 2), cache), views(1), SIZE)
    assert asks(FrozenFeatures(Small(seed=1), (2, 1), cache), views(1), SIZE)


def test_texts_are_read_once_and_alike_with_and_without_cache(tmp_path: Path) -> None:
    plain = FrozenFeatures(Small(), (1,)).texts(TEXTS)
    backbone = Small()
    frozen = FrozenFeatures(backbone, (1,), FeatureCache(tmp_path, 10**9))
    first, again = frozen.texts(TEXTS), frozen.texts(TEXTS)
    assert backbone.was_read == ["solid", "a hypoechoic nodule"]
    other = Small()
    later = FrozenFeatures(other, (1,), FeatureCache(tmp_path, 10**9)).texts(TEXTS)
    assert other.was_read == []
    for found in (first, again, later):
        assert all(map(torch.equal, found[:3], plain[:3]))
    assert plain.mask.sum(1).tolist() == [5, 0, 19, 5]
    assert plain.tokens.shape == (4, 19, 4)
    assert torch.equal(plain.tokens, plain.tokens.half().float())
    assert torch.equal(plain.pooled[0], plain.pooled[3])
    assert not plain.pooled[1].any()


def test_texts_and_pictures_of_one_name_do_not_meet(tmp_path: Path) -> None:
    frozen = FrozenFeatures(Small(), (1,), FeatureCache(tmp_path, 10**9))
    frozen.texts(["solid"])
    found = frozen.images([View("solid", "")], SIZE, pixels_of(1))
    assert found.maps[0].shape == (1, 6, 8, 12)


def test_only_empty_texts_are_no_text() -> None:
    found = FrozenFeatures(Small(), (1,)).texts(["", ""])
    assert found.given.tolist() == [False, False]
    assert found.tokens.shape == (2, 1, 4)


def test_what_float16_cannot_hold_is_refused() -> None:
    frozen = FrozenFeatures(Small(), (1,))
    with pytest.raises(NodulensError, match="beyond ±65504"):
        frozen.images(views(1), SIZE, lambda places: torch.full((1, 3, *SIZE), 1e6))


def test_depths_that_are_not_there_are_refused_at_once() -> None:
    with pytest.raises(NodulensError, match="has no depth 3"):
        FrozenFeatures(Small(), (3,))


def test_pictures_that_pass_are_looked_at_and_not_kept(tmp_path: Path) -> None:
    backbone = Small()
    cache = FeatureCache(tmp_path, 10**9)
    frozen = FrozenFeatures(backbone, (1,), cache)
    pictures = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    views = [View("a", "plain"), None, None]
    first = frozen.images(views, (32, 32), lambda places: pictures[places])
    asked: list[list[int]] = []

    def pixels(places: list[int]) -> torch.Tensor:
        asked.append(places)
        return pictures[places]

    again = frozen.images(views, (32, 32), pixels)
    assert asked == [[1, 2]]
    torch.testing.assert_close(again.maps[0], first.maps[0])
    alone = frozen.images([View("b", "plain")], (32, 32), lambda _: pictures[2:])
    torch.testing.assert_close(alone.maps[0][0], first.maps[0][2], atol=2e-3, rtol=2e-3)


def test_terms_are_explained_to_a_network_that_wants_to_know() -> None:
    class Curious(GuidedNetwork):
        def descriptions(self, text: str) -> list[str]:
            return ["a dark thing", "with an edge"] if "nodule" in text else []

    backbone = Small()
    frozen = FrozenFeatures(backbone, (1,))
    found = frozen.reading(Curious(backbone, (1,)), ["a nodule", "", "nothing of the kind"])
    assert found.knowledge is not None
    assert found.known is not None
    assert found.known.tolist() == [[True, True], [False, False], [False, False]]
    expected = frozen.texts(["a dark thing", "with an edge"]).pooled
    assert torch.equal(found.knowledge[0], expected)
