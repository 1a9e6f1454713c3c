"""Finished experiments as one result file: where they come from, their options, and what they reached by epoch.

Everything is read from the folders' own files, so a published number can be traced to a command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from famus_ext.train.records import EpochRecord
from famus_ext.train.run_folder import RunFolder
from famus_ext.train.typed import from_plain
from famus_ext.train.weight_curves import LOSSES, shown_epochs

GROUP_WEIGHTS = ("weight_clean", "weight_wrong", "weight_head", "weight_tail")


class CollectError(ValueError):
    """A folder that holds no finished experiment, or a damaged file of one."""


def collect(folders: Sequence[Path]) -> dict[str, Any]:
    """The experiments of some folders, fit for JSON.

    Raises:
        CollectError: when a folder holds no finished experiment, or a file of it is damaged.
    """
    return {"experiments": [_experiment(RunFolder(folder)) for folder in folders]}


def to_json(content: dict[str, Any]) -> str:
    """Indented JSON with every list of numbers on a line of its own."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return re.sub(
        r"\[[-+.,\deE\s]+\]", lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text
    )


def _experiment(folder: RunFolder) -> dict[str, Any]:
    """One folder's origin, options, summary and, by epoch, accuracies, mean weights and weight functions."""
    origin, config, summary = (_object(file) for file in (folder.origin, folder.config, folder.summary))
    runs: dict[tuple[str, int], list[EpochRecord]] = {}
    for record in _records(folder.metrics.path):
        runs.setdefault((record.method, record.seed), []).append(record)
    return {**origin, "config": config, "summary": summary, "runs": [_run(history) for history in runs.values()]}


def _text(path: Path) -> str:
    """The text of one of an experiment's files."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CollectError(f"{path.parent}: no finished experiment: {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CollectError(f"{path}: damaged: {error}") from error


def _object(path: Path) -> dict[str, Any]:
    """The JSON object in a file."""
    try:
        found = json.loads(_text(path))
    except ValueError as error:
        raise CollectError(f"{path}: damaged: {error}") from error
    if not isinstance(found, dict):
        raise CollectError(f"{path}: damaged: expected an object with named values, got {type(found).__name__}")
    return found


def _records(path: Path) -> list[EpochRecord]:
    """The records in `metrics.jsonl`."""
    records = []
    for number, line in enumerate(_text(path).split("\n")[:-1], start=1):
        try:
            records.append(from_plain(EpochRecord, json.loads(line)))
        except ValueError as error:
            raise CollectError(f"{path}, line {number}: damaged, or another version's: {error}") from error
    return records


def _run(history: list[EpochRecord]) -> dict[str, Any]:
    """One method on one seed; what it does not have is left out."""
    first = history[0]
    run: dict[str, Any] = {"method": first.method, "seed": first.seed}
    run["test_accuracy"] = [record.test_accuracy for record in history]
    if first.active_layers is None:  # plain training: every weight is 1
        return run
    for name in GROUP_WEIGHTS:
        weights = [getattr(record, name) for record in history]
        if None not in weights:
            run[name] = [round(weight, 4) for weight in weights]
    if first.weight_function:
        epochs = shown_epochs(len(history))
        run["weight_function"] = {
            "losses": LOSSES.round(2).tolist(),
            "weights_by_epoch": {str(epoch): history[epoch - 1].weight_function for epoch in epochs},
        }
    return run
