"""Torch data sets: the views of a manifest for segmentation, the regions for classification.

Images are decoded once and kept at the network's input size (uint8), because a few hundred of them
fit into memory and decoding is slower than training on them is fast.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from nodulens.analysis.region import cut_regions, parts_to_judge
from nodulens.data.manifest import Row
from nodulens.data.pairs import read_pair
from nodulens.data.splits import without_fold
from nodulens.errors import BadData
from nodulens.finding import Area
from nodulens.runtime.bundle import Region
from nodulens.runtime.preprocess import Letterbox

Item = dict[str, Tensor]


@dataclass(frozen=True)
class Split:
    """Row numbers of a manifest: for training, for picking the checkpoint."""

    training: list[Row]
    validation: list[Row]


def split_rows(rows: Sequence[Row], fold: int | None, validation: float, seed: int) -> Split:
    """Divide the rows that a run may see; groups stay whole.

    Args:
        rows: of the manifest.
        fold: number of the fold that stays unseen; None uses every row.
        validation: share of the groups that picks the checkpoint.
        seed: of that choice.

    Raises:
        BadData: a fold is asked for and the rows have none, or none of that number; or there are
            too few groups.
    """
    rows = without_fold(rows, fold)
    groups = sorted({row.group for row in rows})
    count = max(1, round(validation * len(groups)))
    chosen = np.random.default_rng(seed).permutation(len(groups))[:count]
    held_out = {groups[number] for number in chosen}
    split = Split(
        training=[row for row in rows if row.group not in held_out],
        validation=[row for row in rows if row.group in held_out],
    )
    if not split.training:
        raise BadData("no image is left to train on; the data set has too few groups")
    return split


class ViewDataset(Dataset[Item]):
    """Scan areas with their masks.

    Items: ``image`` uint8 (1, H, W) and ``mask`` uint8 (1, H, W; 0 or 1), letterboxed to ``size``,
    and ``number``, the item's own, int64. Rows without a mask are left out.

    Args:
        folder, rows: of the data set.
        size: height and width of the network's input.
        whole: instead of letterboxing, scale a view until it covers ``size``; items then differ in
            size, and what is cut off is for whoever takes them.

    Attributes:
        rows: the row of each item.
        contents: SHA-256 of the pixels of each item, hexadecimal.
    """

    def __init__(
        self, folder: Path, rows: Sequence[Row], size: tuple[int, int], *, whole: bool = False
    ) -> None:
        self.items: list[Item] = []
        self.rows: list[Row] = []
        self.contents: list[str] = []
        for row in rows:
            if row.mask is None:
                continue
            frame, mask = read_pair(folder, row)
            for area in frame.scan_areas:
                box = Letterbox((area.height, area.width), _covering(area, size) if whole else size)
                view = box.into(frame.pixels[area.slices])
                view_mask = box.into(mask[area.slices].astype(np.uint8) * 255) > 127
                self.items.append(
                    {
                        "image": torch.from_numpy(view)[None],
                        "mask": torch.from_numpy(view_mask.astype(np.uint8))[None],
                        "number": torch.tensor(len(self.items)),
                    }
                )
                self.rows.append(row)
                self.contents.append(hashlib.sha256(view.tobytes()).hexdigest())

    def __len__(self) -> int:
        """Return the number of views."""
        return len(self.items)

    def __getitem__(self, number: int) -> Item:
        """Return a view with its mask."""
        return self.items[number]


def listed(items: Sequence[Item]) -> dict[str, list[Tensor]]:
    """Return a batch of items that differ in size: of each part a list."""
    return {name: [item[name] for item in items] for name in items[0]}


def _covering(area: Area, size: tuple[int, int]) -> tuple[int, int]:
    scale = max(size[0] / area.height, size[1] / area.width)
    return max(size[0], round(area.height * scale)), max(size[1], round(area.width * scale))


class RegionDataset(Dataset[Item]):
    """Regions of interest around true outlines, with the labels of their image.

    Items: ``image`` uint8 (1, H, W), letterboxed to ``size``; ``target`` int64 (L,), for each label
    the number of its value, or −1 where the image has none. Rows without a mask, or with none of
    the labels, are left out.

    Args:
        folder, rows: of the data set.
        size: height and width of the network's input.
        vocabulary: label name to its values, in the order of the network's outputs.
        region: how regions are cut.
    """

    def __init__(
        self,
        folder: Path,
        rows: Sequence[Row],
        size: tuple[int, int],
        vocabulary: Mapping[str, Sequence[str]],
        region: Region,
    ) -> None:
        self.items: list[Item] = []
        for row in rows:
            target = [
                values.index(row.labels[name]) if row.labels.get(name) in values else -1
                for name, values in vocabulary.items()
            ]
            if row.mask is None or max(target) < 0:
                continue
            frame, mask = read_pair(folder, row)
            parts = parts_to_judge(frame, mask).masks
            for picture in cut_regions(frame, parts, region):
                letterbox = Letterbox((picture.shape[0], picture.shape[1]), size)
                self.items.append(
                    {
                        "image": torch.from_numpy(letterbox.into(picture))[None],
                        "target": torch.tensor(target),
                    }
                )

    def __len__(self) -> int:
        """Return the number of regions."""
        return len(self.items)

    def __getitem__(self, number: int) -> Item:
        """Return a region with its labels."""
        return self.items[number]

    def count(self, classes: Sequence[str]) -> dict[str, int]:
        """Return how many regions have each value of the first label."""
        first = [int(item["target"][0]) for item in self.items]
        return {value: first.count(number) for number, value in enumerate(classes)}


def label_values(rows: Sequence[Row], name: str) -> list[str]:
    """Return the values that a label takes in some rows, sorted."""
    return sorted({row.labels[name] for row in rows if name in row.labels})


class EpochSampler(Sampler[int]):
    """A permutation that depends on the seed and the epoch alone, so that a resume repeats it."""

    def __init__(self, length: int, seed: int) -> None:
        self.length = length
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the permutation of an epoch; Lightning calls this."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        """Iterate over the item numbers of the epoch."""
        generator = np.random.default_rng((self.seed, self.epoch))
        return iter(generator.permutation(self.length).tolist())

    def __len__(self) -> int:
        """Return the number of items an epoch."""
        return self.length
