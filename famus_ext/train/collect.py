"""Finished experiments as one result file: where they come from, their options, and what they reached by epoch.

Everything is read from the folders' own files, so a published number can be traced to a command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from famus_ext.train.run_folder import RunFolder
from famus_ext.train.weight_curves import LOSSES, shown_epochs

GROUP_WEIGHTS = ("weight_clean", "weight_wrong", "weight_head", "weight_tail")

Record = dict[str, Any]


class CollectError(ValueError):
    """A folder that holds no finished experiment."""


def collect(folders: Sequence[Path]) -> dict[str, Any]:
    """The experiments of some folders, fit for JSON.

    Raises:
        CollectError: when a folder holds no finished experiment.
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
    try:
        origin, config, summary = (
            json.loads(file.read_text(encoding="utf-8")) for file in (folder.origin, folder.config, folder.summary)
        )
        records: list[Record] = [
            json.loads(line) for line in folder.metrics.path.read_text(encoding="utf-8").splitlines()
        ]
    except OSError as error:
        raise CollectError(f"{folder.path}: no finished experiment: {error.filename}: {error.strerror}") from error
    runs: dict[tuple[str, int], list[Record]] = {}
    for record in records:
        runs.setdefault((record["method"], record["seed"]), []).append(record)
    return {**origin, "config": config, "summary": summary, "runs": [_run(history) for history in runs.values()]}


def _run(history: list[Record]) -> dict[str, Any]:
    """One method on one seed; what it does not have is left out."""
    first = history[0]
    run = {"method": first["method"], "seed": first["seed"], "test_accuracy": [r["test_accuracy"] for r in history]}
    if first["active_layers"] is None:  # plain training: every weight is 1
        return run
    for name in GROUP_WEIGHTS:
        if first[name] is not None:
            run[name] = [round(record[name], 4) for record in history]
    if first["weight_function"]:
        epochs = shown_epochs(len(history))
        run["weight_function"] = {
            "losses": LOSSES.round(2).tolist(),
            "weights_by_epoch": {str(epoch): history[epoch - 1]["weight_function"] for epoch in epochs},
        }
    return run
