"""Options: when a meta step is taken, and how its gradient is computed."""

from __future__ import annotations

from dataclasses import dataclass

from famus_ext.engine.guards.combinations import Schedule
from famus_ext.engine.meta_grad import Engine
from famus_ext.train.options.check import require_count


@dataclass(frozen=True)
class ScheduleOptions:
    """When a meta step is taken, and how its gradient is computed; the defaults are exact."""

    schedule: Schedule = "paper"
    """paper: virtual, meta, actual step. merged: the actual step is the virtual one too; cheaper, not for l2r."""
    meta_every: int = 1
    """A meta step every so many iterations; l2r needs one in each."""
    micro_batches: int = 1
    """Parts that a meta step's batches are cut into, to save memory; BatchNorm then sees the parts."""
    recompute: bool = False
    """Run the training batch a second time, so that the graphs of both batches are never there together."""
    engine: Engine = "pushforward"
    """All but ghost_approximate and finite_difference are exact; ghost is the fastest, without BatchNorm."""

    def __post_init__(self) -> None:
        require_count("--meta-every", self.meta_every)
        require_count("--micro-batches", self.micro_batches)
