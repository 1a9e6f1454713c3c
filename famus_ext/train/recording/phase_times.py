"""What the meta steps of an experiment spend their time on: `train --profile-phases`, and `phases.json`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from famus_ext.engine.phases import Phase, watched
from famus_ext.train.folder.files import atomic_write


class PhaseTimes:
    """Wall-clock seconds by phase; a phase inside another counts for itself alone.

    A GPU is waited for at every border, so that a phase has the time of its own kernels: the whole takes longer then.

    Attributes:
        seconds: By phase, over all steps so far.
    """

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(Phase, 0.0)
        self._running: list[Phase] = []
        self._since = 0.0

    @contextmanager
    def watch(self, phase: Phase) -> Iterator[None]:
        """Counts what runs inside for a phase."""
        self._border()
        self._running.append(phase)
        try:
            yield
        finally:
            self._border()
            self._running.pop()

    def _border(self) -> None:
        """Gives the time since the last border to the phase that was running."""
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.synchronize()
        if torch.backends.mps.is_available():
            torch.mps.synchronize()
        now = time.perf_counter()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now


@contextmanager
def phases_measured(path: Path) -> Iterator[None]:
    """Measures the phases of what runs inside and writes them when it has ended."""
    times = PhaseTimes()
    with watched(times.watch):
        yield
    with atomic_write(path) as file:
        json.dump({phase.value: seconds for phase, seconds in times.seconds.items()}, file, indent=2)


def read_phase_times(path: Path) -> dict[str, float]:
    """Seconds by phase, in the order in which the phases begin.

    Raises:
        OSError: when the file cannot be read.
        ValueError: when it is damaged.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    names = [phase.value for phase in Phase]
    if not isinstance(found, dict) or list(found) != names:
        raise ValueError(f"expected the phases {', '.join(names)}")
    if not all(isinstance(seconds, (int, float)) and seconds >= 0 for seconds in found.values()):
        raise ValueError("expected seconds, numbers of at least 0")
    return {name: float(seconds) for name, seconds in found.items()}
