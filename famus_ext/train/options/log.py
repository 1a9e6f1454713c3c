"""Options: what is said, and what is logged beside the run's own records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LogOptions:
    """What is said and logged beside metrics.jsonl; these change no number of a run."""

    quiet: bool = False
    """Say the comparison at the end alone; without a terminal there is no bar anyway, and a line an epoch."""
    tensorboard: bool = False
    """Log every epoch for TensorBoard into the run's folder: tensorboard --logdir runs."""
