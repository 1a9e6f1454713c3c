"""A data set as its authors publish it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from famus_ext.data.labelled_set import LabelledSet


@dataclass(frozen=True)
class Source:
    """A data set with clean labels, or with those that somebody gave it.

    Attributes:
        train: Images to train on; where there is no test set, all images, of which one is split off.
        test: The published test set; None where there is none.
        meta: The published clean set beside the training set; None where there is none.
        noisy: Whether the training labels are as wrong as they were found.
        true_labels: Of noisy labels, the right ones, int64 `[N]`, -1 for an image known to belong to another class than
            it is given without saying which; None where nobody knows. Clean labels are their own.
        confused: What each class is taken for in the asymmetric noise published for this set; classes that are left out
            keep their labels. None where there is none.
        superclasses: Superclass of every class, C numbers; None where there are none.
        class_names: What the classes are called, C names; None where they have no names.

    Raises:
        ValueError: for sets whose images differ in shape or whose classes differ in number, for true labels that are
            not one an image or come with clean labels, and for names that are not one a class.
    """

    train: LabelledSet
    test: LabelledSet | None = None
    meta: LabelledSet | None = None
    noisy: bool = False
    true_labels: Tensor | None = None
    confused: Mapping[int, int] | None = None
    superclasses: tuple[int, ...] | None = None
    class_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name, other in (("test", self.test), ("meta", self.meta)):
            if other is not None:
                self._check_alike(name, other)
        if self.class_names is not None and len(self.class_names) != self.num_classes:
            raise ValueError(f"class_names: expected {self.num_classes}, one a class, got {len(self.class_names)}")
        if self.true_labels is None:
            return
        if not self.noisy:
            raise ValueError("true_labels: expected None, since clean labels are their own, got a tensor")
        if len(self.true_labels) != len(self.train):
            raise ValueError(f"true_labels: expected {len(self.train)}, one an image, got {len(self.true_labels)}")

    def _check_alike(self, name: str, other: LabelledSet) -> None:
        """Raises ValueError unless a set can be used beside the training set."""
        if other.num_classes != self.train.num_classes:
            raise ValueError(
                f"{name}: expected {self.train.num_classes} classes, as train has, got {other.num_classes}"
            )
        if other.image_shape != self.train.image_shape:
            raise ValueError(f"{name}: expected images {self.train.image_shape}, as train has, got {other.image_shape}")

    @property
    def num_classes(self) -> int:
        """C, the number of classes."""
        return self.train.num_classes

    @property
    def known_labels(self) -> Tensor | None:
        """True labels of the training set, int64 `[N]`, -1 for unknown ones; None where nobody knows any."""
        return self.true_labels if self.noisy else self.train.labels
