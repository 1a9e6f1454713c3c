"""Image files and their labels: sets too large for memory, read by worker processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from famus_ext.data.example_random import example_seeds
from famus_ext.data.files.images import read_image
from famus_ext.data.labelled_set import LabelledSet, check_labels
from famus_ext.data.recipe import Recipe

SEED_BITS = 63  # of 64: torch's seeds are signed


def usual_workers() -> int:
    """A worker for every core that this process may use, 8 at most."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)


@dataclass(frozen=True)
class LabelledFiles(LabelledSet):
    """A labelled set whose images are read when they are needed.

    Attributes:
        root: Folder that the names start from.
        names: Paths of the images.
        labels: int64 `[N]`, each in `[0, num_classes)`.
        num_classes: C, the number of classes.
        recipe: How they are augmented and tested.
        workers: Processes that read them; 0 reads in this one. It changes no number.
        ids: What their owner calls them, where it is something else; None where it is not.

    Raises:
        ValueError: for as many labels or ids as there are not names, or a label outside `[0, num_classes)`.
    """

    root: Path
    names: tuple[str, ...]
    labels: Tensor
    num_classes: int
    recipe: Recipe = field(default_factory=Recipe)
    workers: int = field(default_factory=usual_workers)
    ids: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.names) != len(self.labels):
            raise ValueError(
                f"names and labels: expected one label an image, got {len(self.names)} images and "
                f"{len(self.labels)} labels"
            )
        if self.ids is not None and len(self.ids) != len(self.labels):
            raise ValueError(f"ids: expected {len(self.labels)}, one an image, got {len(self.ids)}")
        check_labels(self.labels, self.num_classes)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Channels, height and width after the crop."""
        return 3, self.recipe.size, self.recipe.size

    def views(self, batches: Sequence[Tensor], seed: int | None = None, first: int = 0) -> Iterator[Tensor]:
        """See `LabelledSet.views`.

        Raises:
            ImageError: for an image that cannot be read.
            ImportError: when torchvision is not there.
        """
        device = self.labels.device
        transform = self.recipe.testing() if seed is None else self.recipe.training()
        loader = DataLoader(
            _Files(self, transform),
            batch_sampler=_Requests(batches, seed, first),
            num_workers=min(self.workers, len(batches) - 1),  # a process is not worth its start for one batch
            pin_memory=device.type == "cuda",
            generator=torch.Generator(),  # else it takes from torch's global random state
        )
        for images in loader:
            yield images.to(device, non_blocking=True)

    def __getitem__(self, indices: Tensor) -> LabelledFiles:
        """The examples at `indices` (int64 `[n]`), in that order."""
        names = tuple(self.names[index] for index in indices.tolist())
        return replace(self, names=names, ids=self.ids_at(indices), labels=self.labels[indices])

    def with_labels(self, labels: Tensor) -> LabelledFiles:
        """The same images under other labels, int64 `[N]`."""
        return replace(self, labels=labels)

    def to(self, device: torch.device | str) -> LabelledFiles:
        """The same set, whose labels and batches are on another device."""
        return replace(self, labels=self.labels.to(device))


Request = tuple[int, int | None]
"""An example's position and the seed of its random numbers, None for testing."""


class _Requests:
    """The batches as lists of requests, one batch after the other."""

    def __init__(self, batches: Sequence[Tensor], seed: int | None, first: int) -> None:
        self.batches, self.seed, self.first = batches, seed, first

    def __iter__(self) -> Iterator[list[Request]]:
        for number, indices in enumerate(self.batches, start=self.first):
            positions = indices.cpu().numpy()
            if self.seed is None:
                yield [(int(position), None) for position in positions]
            else:
                seeds = example_seeds(self.seed, number, positions) >> (64 - SEED_BITS)
                yield list(zip(positions.tolist(), seeds.tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.batches)


class _Files(Dataset[Tensor]):
    """What a worker does: reads one image and transforms it."""

    def __init__(self, files: LabelledFiles, transform: Callable[[Tensor], Tensor]) -> None:
        self.root, self.names, self.transform = files.root, files.names, transform

    def __getitem__(self, request: Request) -> Tensor:
        position, seed = request
        image = read_image(self.root / self.names[position])
        if seed is None:
            return self.transform(image)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)  # torch.manual_seed would change the devices' generators too
            return self.transform(image)
