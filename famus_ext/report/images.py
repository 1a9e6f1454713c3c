"""The training images of a run and the names of its classes, where they can still be had."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from famus_ext.data import LabelledFiles, LabelledSet, NoisyData
from famus_ext.data.files.images import ImageError
from famus_ext.train.assembly.data import make_data
from famus_ext.train.folder.example_table import ExampleTable
from famus_ext.train.folder.read_run import FinishedRun
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.data import OWN_IMAGES, DataOptions


@dataclass(frozen=True)
class TrainingImages:
    """The data of one seed as the report shows them.

    Attributes:
        images: The training set, in the order of the run's examples; None where it cannot be had. Of one's own images
            that have changed since, those that lie where they lay.
        class_names: What the classes are called; None where they have no names.
        meta: Number of meta images; None where the data cannot be had.
        test: Number of test images; None where the data cannot be had.
        test_is_clean: Whether their labels are right as far as anybody knows, and not merely as they were found.
        problem: Why there are no images, or not all; empty where there are.
    """

    images: LabelledSet | None = None
    class_names: tuple[str, ...] | None = None
    meta: int | None = None
    test: int | None = None
    test_is_clean: bool = True
    problem: str = ""

    def class_name(self, label: int) -> str:
        """What a class is called: its name, or its number."""
        named = self.class_names is not None and 0 <= label < len(self.class_names)
        return self.class_names[label] if named and self.class_names else str(label)


def training_images(
    run: FinishedRun, seed: int, examples: ExampleTable | None, data_path: str | None = None
) -> TrainingImages:
    """Makes the data of a seed again; a report without pictures is better than none, so what fails is said there.

    Args:
        run: The experiment.
        seed: One of its seeds.
        examples: The run's examples; images of others are not shown. None where the run is not finished.
        data_path: Where the data lie now, where that is not where the run found them.
    """
    options = run.config.data if data_path is None else replace(run.config.data, data_path=data_path)
    try:
        data = make_data(options, seed)
    except (OptionError, ImageError, OSError, ImportError) as error:
        return TrainingImages(problem=f"The images cannot be read: {str(error).splitlines()[0]}")
    # Labels from a file, or of a folder that has changed, may be others by now.
    same = examples is None or (
        np.array_equal(data.indices.numpy(), examples.index)
        and np.array_equal(data.train.labels.numpy(), examples.given_label)
    )
    if examples is not None and not same:
        return _those_left(options, data, examples)
    return TrainingImages(data.train, data.class_names, len(data.meta), len(data.test), data.test_is_clean)


def _those_left(options: DataOptions, data: NoisyData, examples: ExampleTable) -> TrainingImages:
    """What is left of one's own images by their names; of other data nothing, since they have no names."""
    changed = "the data are no longer those that the run trained on"
    if options.dataset not in OWN_IMAGES or options.data_path is None or examples.name is None:
        return TrainingImages(problem=f"The images are left out: {changed}.")
    path = Path(options.data_path)
    root = path if path.is_dir() else path.parent
    gone = sum(not (root / name).is_file() for name in examples.name)
    files = LabelledFiles(
        root, examples.name, torch.from_numpy(examples.given_label), int(examples.given_label.max()) + 1
    )
    # A class more or less gives others its number.
    now = dict(zip(data.train.names or (), data.train.labels.tolist(), strict=True))
    numbered = zip(examples.name, examples.given_label.tolist(), strict=True)
    names = data.class_names if all(now.get(name, label) == label for name, label in numbered) else None
    return TrainingImages(files, names, problem=f"Where they lay {gone} of the images are no more, for {changed}.")
