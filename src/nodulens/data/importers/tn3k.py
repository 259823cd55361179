"""TN3K, thyroid nodule segmentation (Gong et al. 2021, TRFE-Net; 2023, TRFE+).

3,493 images in ``trainval-image/`` and ``test-image/`` with masks of the same name in
``trainval-mask/`` and ``test-mask/``. The masks are JPEG.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from nodulens.data.importers.source import Oddity, SourceImage, pictures_in
from nodulens.errors import BadData

LICENCE = "research use with citation (TN3K, doi 10.1109/ISBI48211.2021.9434087)"

_MALIGNANCY = {"0": "benign", "1": "suspicious"}


def read_tn3k(source: Path) -> Iterator[SourceImage | Oddity]:
    """Read the layout ``{trainval,test}-image/N.jpg`` + ``{trainval,test}-mask/N.jpg``.

    Where ``tn3k-trainval-foldK.json`` lie beside them, ``split`` is ``train`` or ``val`` after the
    first of them and the label ``published_fold`` is the K in which an image is held out. Without
    them all of ``trainval-image`` is ``train``.

    Where the class lists ``label4trainval.csv`` and ``label4test.csv`` (lines ``name,0`` or
    ``name,1``, published with the classification version of the set) lie there, label
    ``malignancy`` is ``benign`` or ``suspicious`` after them.

    Raises:
        BadData: there is neither of the image folders, or a fold file is no such file.
    """
    parts = [part for part in ("trainval", "test") if (source / f"{part}-image").is_dir()]
    if not parts:
        raise BadData(
            f"{source}: no trainval-image or test-image there; "
            "TN3K is a folder of trainval-image, trainval-mask, test-image and test-mask"
        )
    for part in parts:
        images = pictures_in(source / f"{part}-image")
        masks = source / f"{part}-mask"
        held_out = _held_out(source, images) if part == "trainval" else {}
        classes = _classes(source / f"label4{part}.csv")
        for image in images:
            found = _mask_of(image, masks)
            if found is None:
                yield Oddity(image, "has no mask; imported without one")
            labels = {}
            if image.name in classes:
                labels["malignancy"] = classes[image.name]
            if image in held_out:
                labels["published_fold"] = str(held_out[image])
            yield SourceImage(
                path=image,
                id=f"{part}/{image.stem}",
                mask_files=[found] if found else [],
                labels=labels,
                split=_split(part, image, held_out),
            )
        stems = {image.stem for image in images}
        for path in pictures_in(masks) if masks.is_dir() else []:
            if path.stem not in stems:
                yield Oddity(path, "is a mask without an image; left out")


def _mask_of(image: Path, folder: Path) -> Path | None:
    # Some copies of the set hold PNG masks.
    paths = (folder / name for name in (image.name, f"{image.stem}.jpg", f"{image.stem}.png"))
    return next((path for path in paths if path.is_file()), None)


def _split(part: str, image: Path, held_out: dict[Path, int]) -> str:
    if part == "test":
        return "test"
    return "val" if held_out.get(image) == 0 else "train"


def _held_out(source: Path, images: list[Path]) -> dict[Path, int]:
    """Return the number of the published fold that holds an image out.

    The published files count the images in the order of their names, from 0.
    """
    result: dict[Path, int] = {}
    for path in sorted(source.glob("tn3k-trainval-fold*.json")):
        try:
            fold = int(path.stem.removeprefix("tn3k-trainval-fold"))
            for number in json.loads(path.read_text("utf-8"))["val"]:
                result[images[int(number)]] = fold
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise BadData(
                f"{path}: not a list of train and val numbers that fits trainval-image ({error!r});"
                " take the file out to import without the published folds"
            ) from error
    return result


def _classes(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    pairs = (line.rsplit(",", 1) for line in path.read_text("utf-8-sig").splitlines())
    return {
        pair[0].strip(): _MALIGNANCY[pair[1].strip()]
        for pair in pairs
        if len(pair) == 2 and pair[1].strip() in _MALIGNANCY
    }
