"""`examples_<method>_seed<n>.csv`: a line a training example, of what a finished run makes of it.

::

    index                   position in the published training set
    name                    file name or line; where the set has names
    id                      what the images' owner calls them; where a CSV file has that column
    given_label             the label trained on
    true_label              the right one, -1 where it is known to be another and not which; empty where nobody knows
    wrong                   1 where the given label is wrong, else 0; empty where nobody knows
    weight                  mean weight over the last epochs, see `ExampleWeights`; 1 = plain training
    loss                    loss under the given label after the last epoch
    predicted_label         the network's likeliest label, in evaluation mode
    predicted_probability   its probability
    given_probability       the given label's probability
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from famus_ext.data import NoisyData
from famus_ext.train.folder.files import atomic_write
from famus_ext.train.recording.records import RunResult


@dataclass(frozen=True)
class ExampleTable:
    """A table of N training examples; the columns are the file's.

    Attributes:
        index: int64 `[N]`.
        name: N strings; None where the set has no names.
        given_label: int64 `[N]`.
        true_label: int64 `[N]`; None where nobody knows them.
        wrong: bool `[N]`; None where nobody knows.
        weight: float64 `[N]`.
        loss: float64 `[N]`.
        predicted_label: int64 `[N]`.
        predicted_probability: float64 `[N]`.
        given_probability: float64 `[N]`.
    """

    index: np.ndarray
    name: tuple[str, ...] | None
    given_label: np.ndarray
    true_label: np.ndarray | None
    wrong: np.ndarray | None
    weight: np.ndarray
    loss: np.ndarray
    predicted_label: np.ndarray
    predicted_probability: np.ndarray
    given_probability: np.ndarray

    def __len__(self) -> int:
        """N."""
        return len(self.index)


def write_example_table(path: Path, data: NoisyData, result: RunResult) -> None:
    """Writes the table of a finished run, whole or not at all.

    Args:
        path: The file.
        data: What it trained on.
        result: What it reached.
    """
    found, unknown = result.predictions, [""] * len(data.indices)
    columns: dict[str, Sequence[object]] = {
        "index": data.indices.tolist(),
        **({} if data.train.names is None else {"name": data.train.names}),
        **({} if data.train.ids is None else {"id": data.train.ids}),
        "given_label": data.train.labels.tolist(),
        "true_label": unknown if data.true_labels is None else data.true_labels.tolist(),
        "wrong": result.groups["wrong"].int().tolist() if "wrong" in result.groups else unknown,
        "weight": _numbers(result.weights),
        "loss": _numbers(found.losses),
        "predicted_label": found.labels.tolist(),
        "predicted_probability": _numbers(found.probabilities),
        "given_probability": _numbers(found.given_probabilities),
    }
    with atomic_write(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def read_example_table(path: Path) -> ExampleTable:
    """Reads what `write_example_table` wrote.

    Raises:
        OSError: when the file cannot be read.
        ValueError: when it is damaged, naming the column.
    """
    with path.open(encoding="utf-8", newline="") as file:
        try:
            header, *rows = csv.reader(file, strict=True)
        except csv.Error as error:
            raise ValueError(f"expected comma-separated values: {error}") from error
    if any(len(row) != len(header) for row in rows):
        raise ValueError(f"expected {len(header)} values a line, got another number")
    columns = dict(zip(header, zip(*rows, strict=True) if rows else [()] * len(header), strict=True))
    wrong = _known(columns, "wrong")
    return ExampleTable(
        index=_column(columns, "index", np.int64),
        name=columns.get("name"),
        given_label=_column(columns, "given_label", np.int64),
        true_label=_known(columns, "true_label"),
        wrong=None if wrong is None else wrong.astype(bool),
        weight=_column(columns, "weight", np.float64),
        loss=_column(columns, "loss", np.float64),
        predicted_label=_column(columns, "predicted_label", np.int64),
        predicted_probability=_column(columns, "predicted_probability", np.float64),
        given_probability=_column(columns, "given_probability", np.float64),
    )


def _numbers(values: Tensor) -> list[str]:
    """Six digits of each."""
    return [f"{value:.6g}" for value in values.to(torch.float64).tolist()]


def _column(columns: Mapping[str, tuple[str, ...]], name: str, kind: type[np.generic]) -> np.ndarray:
    """A column of numbers."""
    if name not in columns:
        raise ValueError(f"expected a column {name}, got {', '.join(columns)}")
    try:
        return np.array(columns[name], dtype=np.str_).astype(kind)
    except ValueError as error:
        raise ValueError(f"{name}: expected numbers: {error}") from error


def _known(columns: Mapping[str, tuple[str, ...]], name: str) -> np.ndarray | None:
    """A column of whole numbers that is empty where nobody knows."""
    return None if not any(columns.get(name, ())) else _column(columns, name, np.int64)
