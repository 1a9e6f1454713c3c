"""The three sets of one seed, from a data set by name."""

from __future__ import annotations

from dataclasses import replace

from famus_ext.data import LabelledFiles, LabelledSet, NoisyData, Source, make_noisy, read_labels
from famus_ext.data.sets import registry
from famus_ext.train.options.check import OptionError, naming_options
from famus_ext.train.options.data import DataOptions

TEST_SHARE = 0.1
"""Of a data set that has no test set, and no usual size of one."""
ARGUMENTS = {
    "data_path": "--data-path",
    "image_size": "--image-size",
    "num_train": "--num-train",
    "num_meta": "--num-meta",
    "meta_set": "--meta-set",
    "num_test": "--num-test",
    "imbalance": "--imbalance",
    "profile": "--tail-profile",
    "noise_type": "--noise-type",
    "noise_rate": "--noise-rate",
    "noise_file": "--noise-file",
    "noise_key": "--noise-key",
}


def make_data(options: DataOptions, seed: int, source: Source | None = None) -> NoisyData:
    """The data of one seed, on the CPU.

    Args:
        options: The options.
        seed: The seed.
        source: What `make_source` gave; None to load it.

    Raises:
        OptionError: when files are not there or damaged, or the data set is too small for the sets asked for.
        ModuleNotFoundError: when a package that it needs is not installed.
    """
    noise_type, noise_rate = options.noise
    with naming_options(ARGUMENTS, f"--dataset {options.dataset}"):
        try:
            source = source or make_source(options)
            noise_labels = None if options.noise_file is None else read_labels(options.noise_file, options.noise_key)
        except FileNotFoundError as error:
            raise OptionError(f"--dataset {options.dataset}: {error}") from error
        num_test = _num_test(options, source)
        return make_noisy(
            source,
            noise_type,
            noise_rate,
            _num_meta(options, source, num_test),
            num_test,
            seed,
            noise_labels=noise_labels,
            meta_set=options.meta_set,
            num_train=options.num_train,
            imbalance=options.imbalance,
            profile=options.tail_profile,
        )


def make_source(options: DataOptions) -> Source:
    """The data set as it is published, read by as many workers as the options say.

    Raises:
        FileNotFoundError: when files are not there.
        ImportError: when it comes with a package, or is transformed by one, that is not installed.
        ValueError: for damaged files.
    """
    source = registry.load(options.dataset, options.data_path, options.image_size)
    train = _read_by(options, source.train)
    test, meta = (None if images is None else _read_by(options, images) for images in (source.test, source.meta))
    return replace(source, train=train, test=test, meta=meta)


def _num_test(options: DataOptions, source: Source) -> int | None:
    """Size of the test set to split off: asked for, the data set's, or a share of one's own images."""
    known = registry.data_set(options.dataset)
    if options.num_test is not None or known.num_test is not None or source.test is not None:
        return known.num_test if options.num_test is None else options.num_test
    return max(source.num_classes, round(TEST_SHARE * len(source.train)))


def _num_meta(options: DataOptions, source: Source, num_test: int | None) -> int | None:
    """Size of the meta set: asked for, as a number or as a share of what is not tested on, or the data set's."""
    if options.meta_fraction is not None:
        return max(1, round(options.meta_fraction * (len(source.train) - (num_test or 0))))
    if options.num_meta is not None or options.meta_set == "pseudo-clean":
        return options.num_meta
    return registry.data_set(options.dataset).num_meta


def _read_by(options: DataOptions, images: LabelledSet) -> LabelledSet:
    """The set with its workers; images that are tensors need none."""
    if not isinstance(images, LabelledFiles):
        return images
    images.recipe.testing()  # what transforms them is there
    return images if options.workers is None else replace(images, workers=options.workers)
