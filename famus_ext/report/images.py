"""The training images of a run and the names of its classes, where they can still be had."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from famus_ext.data import LabelledSet
from famus_ext.data.files.images import ImageError
from famus_ext.train.assembly.data import make_data
from famus_ext.train.folder.example_table import ExampleTable
from famus_ext.train.folder.read_run import FinishedRun
from famus_ext.train.options.check import OptionError


@dataclass(frozen=True)
class TrainingImages:
    """The data of one seed as the report shows them.

    Attributes:
        images: The training set, in the order of the run's examples; None where it cannot be had.
        class_names: What the classes are called; None where they have no names.
        meta: Number of meta images; None where the data cannot be had.
        test: Number of test images; None where the data cannot be had.
        problem: Why there are no images; empty where there are.
    """

    images: LabelledSet | None = None
    class_names: tuple[str, ...] | None = None
    meta: int | None = None
    test: int | None = None
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
    options = run.config.data
    try:
        data = make_data(options if data_path is None else replace(options, data_path=data_path), seed)
    except (OptionError, ImageError, OSError, ImportError) as error:
        return TrainingImages(problem=f"The images cannot be read: {str(error).splitlines()[0]}")
    # Labels from a file, or of a folder that has changed, may be others by now.
    same = examples is None or (
        np.array_equal(data.indices.numpy(), examples.index)
        and np.array_equal(data.train.labels.numpy(), examples.given_label)
    )
    if not same:
        return TrainingImages(problem="The images are left out: the data are no longer those that the run trained on.")
    return TrainingImages(data.train, data.class_names, len(data.meta), len(data.test))
