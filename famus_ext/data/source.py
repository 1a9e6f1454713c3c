"""A data set as its authors publish it."""

from __future__ import annotations

from dataclasses import dataclass

from famus_ext.data.labelled import LabelledImages


@dataclass(frozen=True)
class Source:
    """A clean data set, with its own test set or without one.

    Attributes:
        train: Images to train on; where there is no test set, all images, of which one is split off.
        test: The published test set; None where there is none.

    Raises:
        ValueError: for two sets whose images differ in shape, or whose classes differ in number.
    """

    train: LabelledImages
    test: LabelledImages | None = None

    def __post_init__(self) -> None:
        if self.test is None:
            return
        if self.test.num_classes != self.train.num_classes:
            raise ValueError(
                f"test: expected {self.train.num_classes} classes, as train has, got {self.test.num_classes}"
            )
        shape, expected = tuple(self.test.images.shape[1:]), tuple(self.train.images.shape[1:])
        if shape != expected:
            raise ValueError(f"test: expected images {expected}, as train has, got {shape}")

    @property
    def num_classes(self) -> int:
        """C, the number of classes."""
        return self.train.num_classes
