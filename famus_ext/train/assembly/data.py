"""The data sets by name, and the three sets of one seed. A new data set is a line in `DATASETS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from famus_ext.data import NoisyData, Source, load_digits, load_fashion_mnist, make_noisy
from famus_ext.train.options.check import OptionError, naming_options
from famus_ext.train.options.data import DataOptions

ARGUMENTS = {
    "num_train": "--num-train",
    "num_meta": "--num-meta",
    "num_test": "--num-test",
    "imbalance": "--imbalance",
    "profile": "--tail-profile",
    "noise_rate": "--noise-rate",
}


@dataclass(frozen=True)
class Dataset:
    """A clean source of images.

    Attributes:
        load: Loads it from a folder, or from its usual place.
        network: Name of the network that is trained on it where none is asked for.
        num_test: Size of the test set where none is asked for; None where the source brings its own.
    """

    load: Callable[[str | None], Source]
    network: str
    num_test: int | None


DATASETS = {
    "digits": Dataset(lambda _: load_digits(), network="digits", num_test=500),
    "fashion-mnist": Dataset(load_fashion_mnist, network="fashion", num_test=None),
}


def make_data(options: DataOptions, seed: int) -> NoisyData:
    """The data of one seed, on the CPU.

    Raises:
        OptionError: when the data set's files are not there or damaged, or it is too small for the sets asked for.
        ModuleNotFoundError: when it comes with a package that is not installed.
    """
    dataset = DATASETS[options.dataset]
    try:
        source = dataset.load(options.data_path)
    except (FileNotFoundError, ValueError) as error:
        raise OptionError(f"--dataset {options.dataset}: {error}") from error
    with naming_options(ARGUMENTS, f"--dataset {options.dataset}"):
        return make_noisy(
            source,
            options.noise_type,
            options.noise_rate,
            options.num_meta,
            dataset.num_test if options.num_test is None else options.num_test,
            seed,
            num_train=options.num_train,
            imbalance=options.imbalance,
            profile=options.tail_profile,
        )
