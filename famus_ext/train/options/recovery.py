"""Options: checkpoints, and what is borne before a run ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from famus_ext.train.options.check import require, require_count
from famus_ext.train.options.shown import left_open


@dataclass(frozen=True)
class RecoveryOptions:
    """Checkpoints, and what is borne before a run ends; these change no number of a run."""

    checkpoint_every: Annotated[int | None, left_open("INT", "at the end of an epoch alone")] = None
    """Steps between checkpoints within an epoch."""
    keep_checkpoints: int = 2
    """Checkpoints of a run that are kept; the one before is taken where the newest is damaged."""
    max_skips: int = 10
    """Steps in a row that may be skipped for a loss or gradient that is not finite; one more ends the run."""

    def __post_init__(self) -> None:
        require_count("--checkpoint-every", self.checkpoint_every)
        require_count("--keep-checkpoints", self.keep_checkpoints)
        require(self.max_skips >= 0, "--max-skips", "0 or more", self.max_skips)
