"""The examples whose labels are trusted least, as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from famus_ext.report.images import TrainingImages
from famus_ext.report.thumbnails import thumbnails
from famus_ext.train.folder.example_table import ExampleTable


@dataclass(frozen=True)
class Suspect:
    """One example.

    Attributes:
        rank: 1 for the least trusted.
        index: Position in the published training set.
        name: File name or line; empty where the set has no names.
        given_label: The label that it was trained on.
        given: What that class is called.
        predicted_label: The network's likeliest label.
        predicted: What that class is called.
        predicted_probability: Its probability.
        given_probability: That of the given label.
        weight: Mean weight over the last epochs; None for a method without weights.
        loss: Loss under the given label.
        true: What the right class is called; empty where it is not known.
        wrong: Whether the given label is wrong; None where nobody knows.
        image: A `data:` URI; None where there is no image.
    """

    rank: int
    index: int
    name: str
    given_label: int
    given: str
    predicted_label: int
    predicted: str
    predicted_probability: float
    given_probability: float
    weight: float | None
    loss: float
    true: str
    wrong: bool | None
    image: str | None

    @property
    def id(self) -> str:
        """What the example is called: its name, or its number."""
        return self.name or f"#{self.index}"


def gallery(
    examples: ExampleTable, order: np.ndarray, top: int, data: TrainingImages, *, weighted: bool
) -> tuple[Suspect, ...]:
    """The first `top` examples of an order.

    Args:
        examples: All examples of the run.
        order: Their positions, the least trusted first, int64 `[N]`.
        top: How many to show.
        data: Their images and the names of the classes.
        weighted: Whether the method learns weights.
    """
    shown = order[:top]
    none = [None] * len(shown)
    pictures = none if data.images is None else thumbnails(data.images, shown)
    return tuple(
        _suspect(examples, position, rank, data, picture, weighted)
        for rank, (position, picture) in enumerate(zip(shown.tolist(), pictures, strict=True), start=1)
    )


def _suspect(
    examples: ExampleTable, at: int, rank: int, data: TrainingImages, image: str | None, weighted: bool
) -> Suspect:
    """The example at a position."""
    given, predicted = int(examples.given_label[at]), int(examples.predicted_label[at])
    true = -1 if examples.true_label is None else int(examples.true_label[at])
    return Suspect(
        rank=rank,
        index=int(examples.index[at]),
        name="" if examples.name is None else examples.name[at],
        given_label=given,
        given=data.class_name(given),
        predicted_label=predicted,
        predicted=data.class_name(predicted),
        predicted_probability=float(examples.predicted_probability[at]),
        given_probability=float(examples.given_probability[at]),
        weight=float(examples.weight[at]) if weighted else None,
        loss=float(examples.loss[at]),
        true="" if true < 0 else data.class_name(true),
        wrong=None if examples.wrong is None else bool(examples.wrong[at]),
        image=image,
    )
