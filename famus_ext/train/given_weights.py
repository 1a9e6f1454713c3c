"""`--example-weights`: weights of one's own from a CSV file, one for every training example."""

from __future__ import annotations

import csv
import hashlib
import math
from pathlib import Path

import torch
from torch import Tensor

from famus_ext.data import NoisyData
from famus_ext.train.options.check import OptionError, require

OPTION = "--example-weights"


def read_weights(path: str | Path, data: NoisyData) -> Tensor:
    """The weights in a file, in the order of the training examples.

    Args:
        path: A CSV file with a column `weight`, and `index`, the position in the published training set, or `name`:
            a run's `examples_<method>_seed<n>.csv`, or what pandas writes. Rows of other images are left out.
        data: What is trained on.

    Returns:
        float64 `[N]`.

    Raises:
        OptionError: when the file cannot be read, has not these columns, a weight is no finite number of at least 0, a
            training example has none or two, or all weights are 0.
    """
    column, found = _weights(path, by_name=data.train.names is not None)
    examples = map(str, data.indices.tolist()) if column == "index" else data.train.names or ()
    keys = list(examples)
    missing = [key for key in keys if key not in found]
    if missing:
        raise OptionError(
            f"{OPTION} {path}: has no weight for {len(missing)} of {len(keys)} training examples, "
            f"the first of {column} {missing[0]}"
        )
    weights = [found[key] for key in keys]
    require(any(weights), f"{OPTION} {path}", "a weight above 0", "0 for every training example")
    return torch.tensor(weights, dtype=torch.float64)


def check_same(known: str | None, weights: Tensor | None) -> None:
    """Raises `OptionError` where a run would go on with other weights than it began with.

    Args:
        known: `hash_weights` of those that it began with.
        weights: Those of now.
    """
    require(known == hash_weights(weights), OPTION, "the weights that the run began with", "a file that has changed")


def hash_weights(weights: Tensor | None) -> str | None:
    """SHA-256 of weights; None of none."""
    return None if weights is None else hashlib.sha256(weights.cpu().numpy().tobytes()).hexdigest()


def _weights(path: str | Path, *, by_name: bool) -> tuple[str, dict[str, float]]:
    """The column that names the examples, index where there is one, and the weights by it."""
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            columns = rows.fieldnames or []
            key = "index" if "index" in columns else "name"
            fits = "weight" in columns and key in columns and (key == "index" or by_name)
            require(len(set(columns)) == len(columns), f"{OPTION} {path}", "each column once", ", ".join(columns))
            require(fits, f"{OPTION} {path}", "the columns weight, and index or name", ", ".join(columns) or "none")
            found: dict[str, float] = {}
            for row in rows:
                where = f"{OPTION} {path}, line {rows.line_num}"
                require(row[key] not in found, where, "an example once", f"{key} {row[key]} again")
                found[row[key]] = _number(row["weight"], where)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OptionError(f"{OPTION} {path}: cannot be read: {error}") from error
    return key, found


def _number(text: str | None, where: str) -> float:
    """A weight."""
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    require(math.isfinite(value) and value >= 0.0, where, "a finite weight of at least 0", text or "none")
    return value
