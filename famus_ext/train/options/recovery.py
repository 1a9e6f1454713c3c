"""Options: checkpoints, and what is borne before a run ends."""

from __future__ import annotations

from dataclasses import dataclass

from famus_ext.train.options.check import require, require_count


@dataclass(frozen=True)
class RecoveryOptions:
    """Checkpoints, and what is borne before a run ends. Changes no number of a run."""

    checkpoint_every: int | None = None
    """Steps between checkpoints within an epoch; None is one at the end of each epoch."""
    keep_checkpoints: int = 2
    """Checkpoints of a run that are kept, the newest; the one before is taken where the newest is damaged."""
    max_skips: int = 10
    """Steps in a row that may be skipped because a loss or gradient is not finite; one more ends the run."""

    def __post_init__(self) -> None:
        require_count("--checkpoint-every", self.checkpoint_every)
        require_count("--keep-checkpoints", self.keep_checkpoints)
        require(self.max_skips >= 0, "--max-skips", "0 or more", self.max_skips)
