"""Finished experiments as one result file: where they come from, their options, and what they reached by epoch.

Everything is read from the folders' own files, so a published number can be traced to a command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from famus_ext.train.folder.read_run import FinishedRun, RunError, read_run
from famus_ext.train.recording.records import EpochRecord
from famus_ext.train.recording.weight_curves import LOSSES, shown_epochs

GROUP_WEIGHTS = ("weight_clean", "weight_wrong", "weight_head", "weight_tail")


def collect(folders: Sequence[Path]) -> dict[str, Any]:
    """The experiments of some folders, fit for JSON.

    Raises:
        RunError: when a folder holds no finished experiment, or a file of it is damaged.
    """
    return {"experiments": [_experiment(read_run(folder)) for folder in folders]}


def to_json(content: dict[str, Any]) -> str:
    """Indented JSON with every list of numbers on a line of its own."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return re.sub(
        r"\[[-+.,\deE\s]+\]", lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text
    )


def _experiment(run: FinishedRun) -> dict[str, Any]:
    """One folder's origin, options, summary and, by epoch, what its runs reached."""
    if run.summary is None:
        raise RunError(f"{run.path}: the experiment is not finished")
    runs = [_run(history) for history in run.histories.values()]
    return {**run.origin, "config": run.config.to_dict(), "summary": run.summary, "runs": runs}


def _short(value: float | None) -> float | None:
    """Four digits of a number."""
    return None if value is None else float(f"{value:.4g}")


def _run(history: Sequence[EpochRecord]) -> dict[str, Any]:
    """One method on one seed; what it does not have is left out."""
    first = history[0]
    run: dict[str, Any] = {"method": first.method, "seed": first.seed}
    run["test_accuracy"] = [record.test_accuracy for record in history]
    losses = [record.test_loss for record in history]
    run["test_loss"] = [loss if loss is None else round(loss, 4) for loss in losses]
    run["seconds"] = [round(record.seconds, 2) for record in history]
    run["peak_memory_bytes"] = max((record.peak_memory_bytes or 0 for record in history), default=0) or None
    if first.active_layers is None:  # plain training: every weight is 1
        return run
    for name in GROUP_WEIGHTS:
        weights = [getattr(record, name) for record in history]
        if None not in weights:
            run[name] = [round(weight, 4) for weight in weights]
    if any(record.gradient_variance is not None for record in history):
        run["gradient_mean"] = [_short(record.gradient_mean) for record in history]
        run["gradient_variance"] = [_short(record.gradient_variance) for record in history]
    if first.weight_function:
        epochs = shown_epochs(len(history))
        run["weight_function"] = {
            "losses": LOSSES.round(2).tolist(),
            "weights_by_epoch": {str(epoch): history[epoch - 1].weight_function for epoch in epochs},
        }
    return run
