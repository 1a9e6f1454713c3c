"""Options: data, long tail, label noise and meta set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from famus_ext.data import NOISE_TYPES, MetaSet, NoiseType, TailProfile
from famus_ext.data.sets.registry import NAMES, data_set
from famus_ext.train.options.check import OptionError, require, require_count, require_positive

NOISE_RATE = 0.6
SPELLINGS: dict[str, NoiseType] = {
    **{kind: kind for kind in NOISE_TYPES},
    "unif": "symmetric",
    "sym": "symmetric",
    "asym": "asymmetric",
}
"""The kinds of noise, also as MW-Net (unif), DivideMix and CMW-Net call them -> what they are called here."""


@dataclass(frozen=True)
class DataOptions:
    """Data, its long tail, its label noise and its meta set."""

    dataset: Annotated[str, tyro.conf.arg(metavar="NAME")] = "digits"
    """digits, fashion-mnist, cifar10, cifar100, cnwl-<red|blue>-<rate>, mini-webvision, mini-webvision-imagenet,
    clothing1m, food101n, animal10n, imagenet-lt, places-lt, inaturalist18, folder, folder-clean, csv or csv-clean."""
    data_path: Annotated[str | None, tyro.conf.arg(metavar="PATH")] = None
    """Folder (csv: file) of the data; None is where Debian's package puts Fashion-MNIST. digits needs none."""
    image_size: int | None = None
    """folder, csv: pixels a side; up to 64 the images are held in memory. None is 224."""
    augmentation: bool = True
    """Crop and mirror training and meta images at random, as usual for the data set: not digits, nor fashion-mnist."""
    workers: int | None = None
    """Processes that read image files; None is one a core, 8 at most."""
    num_train: int | None = None
    """Training images to keep, balanced over the classes, before a long tail is cut; None is all that are left."""
    num_meta: int | None = None
    """Clean meta images, balanced over the classes, taken out before tail and noise; None is 100 of digits and
    fashion-mnist, 1,000 of CIFAR, and all of a clean set that is published beside the training set."""
    meta_set: MetaSet = "clean"
    """clean: of labels known to be right. given: of the labels as found, where nobody knows better."""
    num_test: int | None = None
    """Clean test images to split off; None is 500 of digits. A data set with a test set of its own takes none."""
    imbalance: Annotated[float | None, tyro.conf.arg(aliases=("--imb-factor", "--imbalanced-factor"))] = None
    """Long tail: size of the largest class over that of the smallest, or its inverse: 100 and 0.01 mean the same."""
    tail_profile: TailProfile = "exponential"
    """How the class sizes of a long tail fall."""
    noise_type: Annotated[
        NoiseType | Literal["unif", "sym", "asym"] | None,
        tyro.conf.arg(aliases=("--corruption-type", "--ctype", "--noise-mode")),
    ] = None
    """A changed label is any class, the true one included (symmetric = unif = sym), any other (symmetric-excluding),
    the next (pairflip), one (flip) or two (flip2) drawn for its class, what it is taken for (asymmetric = asym), one of
    its superclass (hierarchical), or depends on the image (instance). file: --noise-file. None is symmetric."""
    noise_rate: Annotated[
        float | None, tyro.conf.arg(aliases=("--corruption-prob", "--corruption-ratio", "--corruption-level", "--r"))
    ] = None
    """p, the probability that a label is changed, also in a long tail; symmetric makes p(1 - 1/C) wrong. Printed. None
    is 0.6, and 0 for a data set that is noisy or long-tailed as it is."""
    noise_file: Annotated[str | None, tyro.conf.arg(metavar="PATH", aliases=("--noise-label-file",))] = None
    """--noise-type file: labels of the training images, as DivideMix, PLC, CIFAR-N or a run have saved them."""
    noise_key: str | None = None
    """Which labels of a file that holds several: worst, aggre, rand1, rand2, rand3, noisy100 of CIFAR-N."""

    def __post_init__(self) -> None:
        try:
            data_set(self.dataset)
        except ValueError as error:
            raise OptionError(f"--dataset: expected one of {', '.join(NAMES)}, got {self.dataset!r}") from error
        rate_fits = self.noise_rate is None or 0.0 <= self.noise_rate <= 1.0
        require(rate_fits, "--noise-rate", "a number in [0, 1]", self.noise_rate)
        for option in ("image_size", "num_train", "num_meta", "num_test"):
            require_count(f"--{option.replace('_', '-')}", getattr(self, option))
        require(self.workers is None or self.workers >= 0, "--workers", "0 or more", self.workers)
        require_positive("--imbalance", self.imbalance)
        path_is_used = self.dataset != "digits" or self.data_path is None
        require(path_is_used, "--data-path", "none, since digits come with scikit-learn", self.data_path)
        self._check_noise_file()

    def _check_noise_file(self) -> None:
        """A file of labels goes with its kind of noise, and with no rate."""
        if self.noise_type == "file":
            require(self.noise_file is not None, "--noise-file", "a file, for --noise-type file", self.noise_file)
            require(self.noise_rate is None, "--noise-rate", "none, for --noise-type file", self.noise_rate)
        else:
            require(self.noise_file is None, "--noise-file", "none without --noise-type file", self.noise_file)
            require(self.noise_key is None, "--noise-key", "none without --noise-type file", self.noise_key)

    @property
    def noise(self) -> tuple[NoiseType, float]:
        """The kind of noise and its rate, as asked for or as usual for the data set."""
        kind = SPELLINGS[self.noise_type or "symmetric"]
        if self.noise_rate is not None:
            return kind, self.noise_rate
        as_it_is = kind == "file" or not data_set(self.dataset).takes_noise
        return kind, 0.0 if as_it_is else NOISE_RATE
