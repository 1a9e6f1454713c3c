"""Options: data and label noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from famus_ext.data import NoiseType, TailProfile
from famus_ext.train.options.check import require, require_count, require_positive


@dataclass(frozen=True)
class DataOptions:
    """Data, its long tail and its label noise."""

    dataset: Literal["digits", "fashion-mnist"] = "digits"
    """digits: 1,797 grey 8x8 images of scikit-learn. fashion-mnist: 70,000 grey 28x28 images. Both have 10 classes."""
    data_path: Annotated[str | None, tyro.conf.arg(metavar="PATH")] = None
    """Folder of the data set's files; None is where Debian's package puts Fashion-MNIST. digits needs none."""
    num_train: int | None = None
    """Training images to keep, balanced over the classes, before a long tail is cut; None is all that are left."""
    num_meta: int = 100
    """Clean meta images, balanced over the classes, taken out before tail and noise."""
    num_test: int | None = None
    """Clean test images to split off; None is 500 of digits. fashion-mnist has a test set of its own and takes none."""
    imbalance: Annotated[float | None, tyro.conf.arg(aliases=("--imb-factor", "--imbalanced-factor"))] = None
    """Long tail: size of the largest class over that of the smallest, or its inverse: 100 and 0.01 mean the same."""
    tail_profile: TailProfile = "exponential"
    """How the class sizes of a long tail fall."""
    noise_type: NoiseType = "symmetric"
    """A changed label is any class, the true one included (symmetric), any other (symmetric-excluding) or the next."""
    noise_rate: Annotated[float, tyro.conf.arg(aliases=("--corruption-prob", "--corruption-ratio", "--r"))] = 0.6
    """p, the probability that a label is changed, also in a long tail. symmetric makes p(1 - 1/C) wrong. Printed."""

    def __post_init__(self) -> None:
        require(0.0 <= self.noise_rate <= 1.0, "--noise-rate", "a number in [0, 1]", self.noise_rate)
        require_count("--num-train", self.num_train)
        require_count("--num-meta", self.num_meta)
        require_count("--num-test", self.num_test)
        require_positive("--imbalance", self.imbalance)
        path_is_used = self.dataset != "digits" or self.data_path is None
        require(path_is_used, "--data-path", "none, since digits come with scikit-learn", self.data_path)
