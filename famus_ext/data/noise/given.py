"""The given labels of a training set by the name of the noise."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from famus_ext.data.labelled_images import LabelledImages
from famus_ext.data.labelled_set import LabelledSet
from famus_ext.data.noise.instance import instance_labels
from famus_ext.data.noise.kinds import MATRIX_NOISE, NOISE_TYPES, NoiseType
from famus_ext.data.noise.transition import corrupt, transition_matrix
from famus_ext.data.seeding import generator
from famus_ext.data.source import Source


@dataclass(frozen=True)
class Noise:
    """Which labels are given.

    Attributes:
        kind: The kind of noise.
        rate: Its rate p, in `[0, 1]`; of no meaning for labels from a file.
        labels: Of `file`: labels of the source's first training images, int64, -1 for an image without one.

    Raises:
        ValueError: for an unknown kind, a rate outside `[0, 1]`, or labels with another kind than `file`.
    """

    kind: NoiseType = "symmetric"
    rate: float = 0.0
    labels: Tensor | None = None

    def __post_init__(self) -> None:
        if self.kind not in NOISE_TYPES:
            raise ValueError(f"noise_type: expected one of {', '.join(NOISE_TYPES)}, got {self.kind!r}")
        if not 0.0 <= self.rate <= 1.0:
            raise ValueError(f"noise_rate: expected a number in [0, 1], got {self.rate}")
        if (self.kind == "file") != (self.labels is not None):
            expected = "labels" if self.kind == "file" else "no labels"
            raise ValueError(f"noise_file: expected {expected} for noise of the kind {self.kind}")

    def labelled(self, source: Source) -> Tensor:
        """Which of the source's training images can be given a label, bool `[N]`: with a file those that it has.

        Raises:
            ValueError: for a file of more labels than there are images, or of none.
        """
        mask = torch.zeros(len(source.train), dtype=torch.bool)
        if self.labels is None:
            return ~mask
        if len(self.labels) > len(mask):
            raise ValueError(f"noise_file: expected at most {len(mask)} labels, one an image, got {len(self.labels)}")
        mask[: len(self.labels)] = self.labels >= 0
        if not bool(mask.any()):
            raise ValueError(f"noise_file: expected labels, got {len(self.labels)} times none")
        return mask


def given_labels(noise: Noise, source: Source, indices: Tensor, seed: int) -> Tensor:
    """The labels that training images are given.

    Args:
        noise: Which.
        source: The data set. Its labels are clean, or there is no noise to add.
        indices: Positions of the images in its training set, int64 `[N]`; all of them `noise.labelled`.
        seed: Decides the labels, by random streams of their own.

    Returns:
        int64 `[N]`.

    Raises:
        ValueError: for a kind that needs to know of the classes what the source does not tell, noise that depends on
            images that are not in memory, or labels of a file outside `[0, C)`.
    """
    if noise.labels is not None:
        return noise.labels[indices]
    labels = source.train.labels[indices]
    if noise.rate == 0.0:
        return labels
    if noise.kind == "instance":
        features = _pixels(source.train, indices)
        return instance_labels(features, labels, source.num_classes, noise.rate, generator(seed, "noise"))
    if noise.kind not in MATRIX_NOISE:
        raise ValueError(f"noise_type: expected one of {', '.join(MATRIX_NOISE)}, instance, got {noise.kind!r}")
    matrix = transition_matrix(
        noise.kind,
        source.num_classes,
        noise.rate,
        confused=source.confused,
        superclasses=source.superclasses,
        generator=generator(seed, "noise classes"),
    )
    return corrupt(labels, matrix, generator(seed, "noise"))[0]


def _pixels(images: LabelledSet, indices: Tensor) -> Tensor:
    """The images as the network gets them, float32 `[n, c, h, w]`."""
    if not isinstance(images, LabelledImages):
        raise ValueError("noise_type: instance needs images in memory, and this data set is read from its files")
    return images.view(indices)
