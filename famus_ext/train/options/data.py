"""Options: data, long tail, label noise and meta set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import tyro

from famus_ext.data import NOISE_TYPES, MetaSet, NoiseType, TailProfile
from famus_ext.data.sets.registry import NAMES, data_set
from famus_ext.train.options.check import OptionError, require, require_count, require_positive
from famus_ext.train.options.shown import left_open

NOISE_RATE = 0.6
OWN_IMAGES = ("folder", "folder-clean", "csv", "csv-clean")
"""Data sets that are the user's own, and called by their path."""


@dataclass(frozen=True)
class DataOptions:
    """What is learned from: images, their wrong labels, and the few that are trusted. docs/data.md describes it all."""

    dataset: Annotated[str, tyro.conf.arg(metavar="NAME")] = "digits"
    """folder and csv are your own images, digits come with scikit-learn; docs/data.md has the others."""
    data_path: Annotated[str | None, left_open("PATH", "none; of fashion-mnist where Debian puts it")] = None
    """Folder of the data, or its file for csv."""
    image_size: Annotated[int | None, left_open("INT", "224")] = None
    """Pixels a side, of folder and csv; images of at most 64 are held in memory."""
    augmentation: bool = True
    """Crop and mirror training and meta images at random, where that is usual for the data set."""
    workers: Annotated[int | None, left_open("INT", "one a core, 8 at most")] = None
    """Processes that read image files."""
    noise_type: Annotated[NoiseType | None, left_open(f"{{{','.join(NOISE_TYPES)}}}", "symmetric")] = None
    """What a changed label becomes: symmetric is any class, the true one included; file takes --noise-file."""
    noise_rate: Annotated[float | None, left_open("FLOAT", "0.6; 0 where labels are noisy or classes rare")] = None
    """Probability that a label is changed; symmetric noise then makes p(1 - 1/C) of the labels wrong."""
    noise_file: Annotated[str | None, left_open("PATH", "none")] = None
    """Labels of --noise-type file, as DivideMix, PLC, CIFAR-N or a run have saved them."""
    noise_key: Annotated[str | None, left_open("NAME", "none")] = None
    """Which labels of a file that holds several; of CIFAR-N worst, aggre, rand1, rand2, rand3 or noisy100."""
    num_meta: Annotated[int | None, left_open("INT", "100; 1,000 of CIFAR; all where published")] = None
    """Trusted images, balanced over the classes, taken out before tail and noise."""
    meta_fraction: Annotated[float | None, left_open("FLOAT", "--num-meta")] = None
    """The same as a share of the training set."""
    meta_set: MetaSet = "clean"
    """clean: of right labels. given: of labels as found. pseudo-clean: picked anew every epoch (FaMUS, Algorithm 2)."""
    num_train: Annotated[int | None, left_open("INT", "all")] = None
    """Training images to keep, balanced over the classes, before a long tail is cut."""
    num_test: Annotated[int | None, left_open("INT", "500 of digits; else the published ones, or a tenth")] = None
    """Test images to split off, of a data set without a test set; where nobody knows better, under labels as found."""
    imbalance: Annotated[float | None, left_open("FLOAT", "none")] = None
    """Long tail: size of the largest class over that of the smallest, or its inverse: 100 is 0.01."""
    tail_profile: TailProfile = "exponential"
    """How the class sizes of a long tail fall."""

    def __post_init__(self) -> None:
        try:
            data_set(self.dataset)
        except ValueError as error:
            raise OptionError(f"--dataset: expected one of {', '.join(NAMES)}, got {self.dataset!r}") from error
        rate_fits = self.noise_rate is None or 0.0 <= self.noise_rate <= 1.0
        require(rate_fits, "--noise-rate", "a number in [0, 1]", self.noise_rate)
        for option in ("image_size", "num_train", "num_meta", "num_test"):
            require_count(f"--{option.replace('_', '-')}", getattr(self, option))
        if self.meta_set == "pseudo-clean":
            for option, size in (("--num-meta", self.num_meta), ("--meta-fraction", self.meta_fraction)):
                require(size is None, option, "none with --meta-set pseudo-clean, which takes no image out", size)
        require(self.workers is None or self.workers >= 0, "--workers", "0 or more", self.workers)
        require_positive("--imbalance", self.imbalance)
        path_is_used = self.dataset != "digits" or self.data_path is None
        require(path_is_used, "--data-path", "none, since digits come with scikit-learn", self.data_path)
        self._check_meta_fraction()
        self._check_noise_file()

    def _check_meta_fraction(self) -> None:
        """A share of the training set, in place of a number."""
        share = self.meta_fraction
        require(share is None or 0.0 < share < 1.0, "--meta-fraction", "a number in (0, 1)", share)
        require(share is None or self.num_meta is None, "--meta-fraction", "none beside --num-meta", share)

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
        kind = self.noise_type or "symmetric"
        if self.noise_rate is not None:
            return kind, self.noise_rate
        as_it_is = kind == "file" or not data_set(self.dataset).takes_noise
        return kind, 0.0 if as_it_is else NOISE_RATE
