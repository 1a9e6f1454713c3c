"""The phases of a meta step by name: ranges in the traces of torch's profilers, and in a timer of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum

import torch
from torch.profiler import record_function


class Phase(Enum):
    """What a step spends its time on, in the order in which it begins."""

    VIRTUAL_FORWARD = "virtual forward"
    HEAD = "head"
    VIRTUAL_BACKWARD = "virtual backward"
    VIRTUAL_STEP = "virtual step"
    GATES = "gates"
    META_FORWARD = "meta forward"
    META_BACKWARD = "meta backward"
    DIRECTION = "direction"
    PUSHFORWARD = "pushforward"
    ACTUAL_BACKWARD = "actual backward"
    OPTIMIZER = "optimizer"


Watcher = Callable[[Phase], AbstractContextManager[object]]

_watcher: Watcher | None = None


def phase(name: Phase) -> AbstractContextManager[object]:
    """Mark what runs inside as one phase: a range `famus_ext: ...` of a profiler, where one is running."""
    if _watcher is not None:
        return _watcher(name)
    # A range costs some microseconds even where nobody listens; a step of a small network takes a thousand.
    if torch.autograd._profiler_enabled():  # type: ignore[attr-defined]
        return record_function(f"famus_ext: {name.value}")
    return nullcontext()


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Run every phase of this process inside what `watcher` makes of its name, until the block ends."""
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before
