"""Time of each phase of a meta step."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch

from famus_ext.engine.phases import Phase, watched

REST = "rest"


def phase_milliseconds(step: Callable[[], object], device: torch.device) -> dict[str, float]:
    """Time one step: milliseconds by phase, and outside all of them; together they are the whole step.

    A phase does not count what a phase inside it takes. On a GPU events on the stream take the times, and nothing waits
    for them.
    """
    clock = _cuda_event if device.type == "cuda" else time.perf_counter
    marks: list[tuple[Any, str]] = []
    running = [REST]

    @contextmanager
    def watcher(phase: Phase) -> Iterator[None]:
        running.append(phase.value)
        marks.append((clock(), running[-1]))
        try:
            yield
        finally:
            running.pop()
            marks.append((clock(), running[-1]))

    if device.type == "cuda":
        torch.cuda.synchronize(device)
    marks.append((clock(), REST))
    with watched(watcher):
        step()
    marks.append((clock(), REST))
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    times = dict.fromkeys([*(phase.value for phase in Phase), REST], 0.0)
    for (begin, name), (end, _) in pairwise(marks):
        times[name] += begin.elapsed_time(end) if device.type == "cuda" else 1e3 * (end - begin)
    return times


def _cuda_event() -> torch.cuda.Event:
    """An event on the current stream."""
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event
