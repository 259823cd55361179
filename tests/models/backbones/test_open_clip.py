from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import open_clip
import pytest
import torch
from safetensors.torch import save_file

from nodulens.errors import BadData, NodulensError
from nodulens.models.backbones.contract import IMAGE_MEAN, IMAGE_STD
from nodulens.models.backbones.loading import load_backbone
from nodulens.models.backbones.open_clip import OpenClip, open_clip_backbone
from tests.models.backbones.contract import TEXTS, BackboneContract
from tests.models.backbones.small_clip import CONFIG, NAME, hub_like, register

pytestmark = pytest.mark.train


@pytest.fixture(scope="module", autouse=True)
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    register(tmp_path_factory.mktemp("config"))
    return NAME


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hub_like(tmp_path_factory.mktemp("hub") / "model")


def picture(height: int, width: int) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(3))


def close(one: torch.Tensor, other: torch.Tensor) -> None:
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


class TestOpenClip(BackboneContract):
    limit = 77

    @pytest.fixture(scope="class")
    @classmethod
    def backbone(cls, small: str) -> OpenClip:
        return open_clip_backbone(f"{small}/random")

    def test_it_sees_what_open_clip_sees_at_the_models_own_size(self, backbone: OpenClip) -> None:
        image = picture(64, 64)
        found = backbone.encode_image(image, (3, 0))
        with torch.no_grad():
            expected = backbone.model.visual.forward_intermediates(
                image, indices=[0, 3], output_extra_tokens=True
            )
            close(backbone.encode_whole(image), backbone.model.encode_image(image))
        close(found.maps[0], expected["image_intermediates"][1])
        close(found.maps[1], expected["image_intermediates"][0])
        close(found.classes[0], expected["image_intermediates_prefix"][1][:, 0])

    def test_it_reads_what_open_clip_reads(self, backbone: OpenClip) -> None:
        numbers = open_clip.get_tokenizer(NAME)(TEXTS)
        found = backbone.encode_text(TEXTS)
        close(found.pooled, backbone.model.encode_text(numbers))
        # A mark at the beginning, one at the end, and padding, which is 0, not counted.
        assert found.mask.sum(1).tolist() == [int(row.count_nonzero()) for row in numbers]
        states = found.tokens[0, found.mask[0]][-1] @ backbone.model.text_projection
        close(states, found.pooled[0])

    def test_its_random_weights_are_the_same_every_time(
        self, backbone: OpenClip, caplog: pytest.LogCaptureFixture
    ) -> None:
        state = torch.get_rng_state()
        again = open_clip_backbone(f"{NAME}/random")
        assert torch.equal(torch.get_rng_state(), state)
        assert again.identity == backbone.identity
        assert "random" in again.licence
        # open_clip warns of random weights whenever it builds a model, even one filled afterwards.
        assert caplog.records == []


class TestLikeBiomedClip(BackboneContract):
    limit = 64
    sizes: ClassVar[list[tuple[int, int]]] = [(61, 75)]

    @pytest.fixture(scope="class")
    @classmethod
    def backbone(cls, hub: Path) -> OpenClip:
        return open_clip_backbone(f"local-dir:{hub}")

    def test_it_sees_and_reads_what_open_clip_does(self, backbone: OpenClip) -> None:
        image = picture(224, 224)
        found = backbone.encode_image(image, (11, 2))
        trunk: Any = backbone.model.visual.trunk
        with torch.no_grad():
            close(backbone.encode_whole(image), backbone.model.encode_image(image))
            expected = trunk.forward_intermediates(image, indices=[2, 11], intermediates_only=True)
        close(found.maps[0], expected[1])
        close(found.maps[1], expected[0])
        numbers = open_clip.get_tokenizer(backbone.name.partition(":")[2])(TEXTS)
        close(backbone.encode_text(TEXTS).pooled, backbone.model.encode_text(numbers))


def test_the_published_model_at_the_published_size() -> None:
    backbone = load_backbone("open_clip:ViT-B-16-quickgelu/random")
    assert backbone.default_depths == (9, 7, 3)
    assert backbone.text_width == backbone.pooled_width == 512
    found = backbone.encode_image(torch.zeros(1, 3, 352, 352), backbone.default_depths)
    assert [tuple(one.shape) for one in found.maps] == [(1, 768, 22, 22)] * 3


def test_openais_weights_get_openais_activation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights.safetensors"
    save_file(open_clip.create_model(NAME).state_dict(), path)
    tag = {"quick_gelu": True, "mean": (0.48, 0.46, 0.41)}
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda *_: tag)
    monkeypatch.setattr(open_clip, "download_pretrained", lambda *_: str(path))
    quick = open_clip_backbone(f"{NAME}/openai")
    assert "QuickGELU" in repr(quick.model)
    assert "MIT" in quick.licence
    monkeypatch.undo()
    plain = open_clip_backbone(f"{NAME}/{path}")
    assert "QuickGELU" not in repr(plain.model)
    # The same weights, other answers.
    assert plain.identity != quick.identity
    image = picture(64, 64)
    assert not torch.allclose(
        plain.encode_image(image, (3,)).maps[0], quick.encode_image(image, (3,)).maps[0]
    )


@pytest.mark.parametrize("kind", ["safetensors", "bin", "openai", "parallel", "folder"])
def test_weights_come_back_from_files(tmp_path: Path, kind: str) -> None:
    torch.manual_seed(5)
    state = open_clip.create_model(NAME).state_dict()
    path = tmp_path / "weights.pt"
    if kind == "safetensors":
        path = tmp_path / "weights.safetensors"
        save_file(state, path)
    elif kind == "bin":
        torch.save({"epoch": 3, "state_dict": state}, path)
    elif kind == "openai":
        facts = {"input_resolution": 64, "context_length": 77, "vocab_size": 49408}
        torch.save(state | {key: torch.tensor(value) for key, value in facts.items()}, path)
    elif kind == "parallel":
        torch.save({f"module.{key}": value for key, value in state.items()}, path)
    else:
        torch.save(state, tmp_path / "open_clip_pytorch_model.bin")
        path = tmp_path
    backbone = open_clip_backbone(f"{NAME}/{path}")
    assert torch.equal(backbone.model.visual.proj, state["visual.proj"])
    assert torch.equal(backbone.model.positional_embedding, state["positional_embedding"])
    assert ("QuickGELU" in repr(backbone.model)) == (kind == "openai")


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    state = open_clip.create_model(NAME).state_dict()
    path = tmp_path / "weights.safetensors"
    for change, message in (
        ({"visual.proj": None}, r"visual\.proj is missing"),
        ({"more": torch.zeros(1)}, "more is not known"),
        ({"visual.proj": torch.zeros(2, 2)}, r"visual\.proj is unlike"),
    ):
        changed = {k: v for k, v in (state | change).items() if v is not None}
        save_file(changed, path)
        with pytest.raises(BadData, match=f"not the weights of this model: {message}"):
            open_clip_backbone(f"{NAME}/{path}")


def test_a_tower_of_centred_pixels_gets_them(tmp_path: Path) -> None:
    model = open_clip.create_model(NAME).eval()
    model.visual.image_mean = (0.5, 0.5, 0.5)
    backbone = OpenClip("centred", model, open_clip.get_tokenizer(NAME), "none")
    pixels = torch.rand(1, 3, 64, 64)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (IMAGE_MEAN, IMAGE_STD))
    found = backbone.encode_whole((pixels - mean) / std)
    torch.testing.assert_close(found, model.encode_image(pixels * 2 - 1), rtol=1e-4, atol=1e-4)


def test_without_a_network_the_ways_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> str:
        raise OSError("nobody answers")

    monkeypatch.setattr(open_clip, "download_pretrained", unreachable)
    with pytest.raises(NodulensError, match="nobody answers") as found:
        load_backbone("open_clip:ViT-B-16/openai")
    for way in ("open_clip:ViT-B-16/FILE", "open_clip:local-dir:FOLDER", "'lite'"):
        assert way in str(found.value)
    monkeypatch.setattr("open_clip.pretrained.download_pretrained_from_hf", unreachable)
    with pytest.raises(NodulensError, match=r"nobody answers.*open_clip:MODEL/FILE.*'lite'"):
        load_backbone("open_clip:hf-hub:somebody/something")


def test_the_hub_gives_configuration_and_weights(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the hub had answered: what it gives is what lies in the folder.
    weights = hub / "open_clip_pytorch_model.bin"
    monkeypatch.setattr("open_clip.pretrained.download_pretrained_from_hf", lambda _: str(weights))
    real_create, real_tokenizer = open_clip.create_model, open_clip.get_tokenizer

    def local(name: str) -> str:
        assert name == "hf-hub:somebody/something"
        return f"local-dir:{hub}"

    monkeypatch.setattr(open_clip, "create_model", lambda n, **o: real_create(local(n), **o))
    monkeypatch.setattr(open_clip, "get_tokenizer", lambda n: real_tokenizer(local(n)))
    backbone = load_backbone("open_clip:hf-hub:somebody/something")
    monkeypatch.undo()
    assert backbone.identity == open_clip_backbone(f"local-dir:{hub}").identity


def test_wrong_names_are_answered_with_the_nearest_right_ones(tmp_path: Path) -> None:
    with pytest.raises(NodulensError, match=r"no model 'ViT-B16'; did you mean .*ViT-B-16"):
        open_clip_backbone("ViT-B16/openai")
    with pytest.raises(NodulensError, match=r"did you mean openai or .*random"):
        open_clip_backbone("ViT-B-16/openay")
    with pytest.raises(NodulensError, match=r"whose weights\? .*/PRETRAINED, with one of openai"):
        open_clip_backbone("ViT-B-16")
    with pytest.raises(BadData, match=r"no open_clip_config\.json"):
        open_clip_backbone(f"local-dir:{tmp_path}")


def test_what_is_no_vision_transformer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    vision = {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "head_width": 8}
    model = open_clip.CLIP(24, vision, CONFIG["text_cfg"])
    with pytest.raises(NodulensError, match="ModifiedResNet; only vision transformers"):
        OpenClip("resnet", model, open_clip.get_tokenizer(NAME), "none")


def test_nothing_is_random_unless_asked_for(tmp_path: Path) -> None:
    for source in ("", "nothing", str(tmp_path / "nothing.pt")):
        with pytest.raises(NodulensError):
            open_clip_backbone(f"{NAME}/{source}")
