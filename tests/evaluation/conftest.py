from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nodulens import frames
from nodulens.data.manifest import Row
from nodulens.errors import UnreadableFile
from nodulens.evaluation.segmentation import Mask
from nodulens.files import sha256_of
from nodulens.finding import Area, Frame, Scale

SCAN = Area(x=10, y=10, width=160, height=100)


def draw_scan(nodule: Mask) -> np.ndarray:
    """Speckle in the scan area, darker where the nodule is, black around it."""
    generator = np.random.default_rng(0)
    echo = np.where(nodule, 55, 130) * generator.rayleigh(0.7, nodule.shape)
    pixels = np.zeros(nodule.shape, dtype=np.uint8)
    pixels[SCAN.slices] = np.clip(echo, 5, 255)[SCAN.slices]
    return pixels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "set"


@pytest.fixture
def add_image(folder: Path) -> Callable[..., Row]:
    """Put a drawn scan and its mask into the folder and return its row."""

    def add(name: str, nodule: Mask, **fields: object) -> Row:
        for kind in ("images", "masks"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
        # The file's name is harmless whatever the id is.
        stem = "".join(character for character in name if character.isalnum())
        Image.fromarray(draw_scan(nodule)).save(folder / "images" / f"{stem}.png")
        Image.fromarray(nodule.astype(np.uint8) * 255).save(folder / "masks" / f"{stem}.png")
        given = {
            "id": name,
            "image": f"images/{stem}.png",
            "mask": f"masks/{stem}.png",
            "group": name,
            "width": nodule.shape[1],
            "height": nodule.shape[0],
            "sha256": sha256_of(folder / "images" / f"{stem}.png"),
        }
        return Row.model_validate(given | fields)

    return add


@pytest.fixture
def plain_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read PNGs without looking for scan area and scale: both are known here."""

    def read(path: str | Path) -> list[Frame]:
        try:
            with Image.open(path) as picture:
                pixels = np.asarray(picture.convert("L"))
        except OSError as error:
            raise UnreadableFile(f"{path}: cannot be read") from error
        return [
            Frame(
                pixels=pixels,
                source=str(path),
                sha256="0" * 64,
                scale=Scale.unknown(),
                scan_areas=[SCAN],
            )
        ]

    monkeypatch.setattr(frames, "read", read, raising=False)
