"""How long the rest of an experiment will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

from famus_ext.train.options.meta_model import Method

PLAIN_COST, META_COST = 3, 10  # of a step, in forward passes


class TimeLeft:
    """Time for the epochs that are left, each as long as its method's have been so far, the median of them.

    Args:
        methods: The method of every run, in their order.
        epochs: Epochs of each.
        clock: Seconds since any moment.
    """

    def __init__(self, methods: Sequence[Method], epochs: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._left = {method: epochs * methods.count(method) for method in methods}
        self._took: dict[Method, list[float]] = {}
        self._clock = clock
        self._start = clock()

    def begin(self, method: Method, done: int) -> None:
        """A run begins, or goes on after `done` epochs."""
        self._left[method] -= done
        self._start = self._clock()

    def epoch_done(self, method: Method) -> None:
        """An epoch of the run at hand is over."""
        now = self._clock()
        self._took.setdefault(method, []).append(now - self._start)
        self._start = now
        self._left[method] -= 1

    @property
    def seconds(self) -> float | None:
        """Until the experiment is over; None before the first epoch is."""
        if not self._took:
            return None
        return sum(left * self._epoch(method) for method, left in self._left.items())

    def _epoch(self, method: Method) -> float:
        """Seconds that an epoch of a method takes; of one not timed yet, from another's by what a step should cost."""
        known = method if method in self._took else next(iter(self._took))
        return median(self._took[known]) * _cost(method) / _cost(known)


def _cost(method: Method) -> int:
    """What a step of a method costs at most, in forward passes."""
    return PLAIN_COST if method == "ce" else META_COST
