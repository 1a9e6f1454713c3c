"""Options: when a meta step is taken, and how its gradient is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import tyro

from famus_ext.engine.guards.combinations import Schedule
from famus_ext.engine.meta_grad import Engine
from famus_ext.train.options.check import require_count


@dataclass(frozen=True)
class ScheduleOptions:
    """When a meta step is taken, and how its gradient is computed."""

    schedule: Schedule = "paper"
    """paper: virtual, meta, actual step. merged: the actual step is the virtual one too; cheaper; not for l2r."""
    meta_every: Annotated[int, tyro.conf.arg(aliases=("--meta-interval",))] = 1
    """A meta step every so many iterations; l2r needs one in each."""
    micro_batches: int = 1
    """Parts that the batches of a meta step are cut into, to save memory; BatchNorm then sees the parts."""
    recompute: bool = False
    """Record the training batch a second time, so that its graph and the meta batch's are never there together."""
    engine: Engine = "pushforward"
    """ghost: without BatchNorm; ghost_approximate: with it; double_backward: the paper's; see the README."""

    def __post_init__(self) -> None:
        require_count("--meta-every", self.meta_every)
        require_count("--micro-batches", self.micro_batches)
