"""A batch whose graph is dropped while the meta batch is on its way, and made again: less memory for a forward pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from torch import Tensor

from famus_ext.engine.batches import TrainingBatch
from famus_ext.engine.head import TrainingHead
from famus_ext.engine.passes.protocol import Gradients, Tangents
from famus_ext.engine.passes.recorded import RecordedPass
from famus_ext.network.buffers import buffer_copies
from famus_ext.network.forward import with_tensors
from famus_ext.network.random_state import random_state, replayed

Answer = TypeVar("Answer")


class RecomputedPass:
    """Every gradient frees the graph, and what is asked for next records it again.

    It does so from the same random numbers and buffers. The virtual gradient takes the first graph, the pushforward and
    Actual-Train share a second one: the graphs of the two batches are never there together, for 1 f more. Exact for
    every network, batch normalisation included.
    """

    def __init__(self, batch: TrainingBatch) -> None:
        self.batch, self.targets = batch, batch.y
        self._before = random_state(), buffer_copies(batch.model)
        self._recorded: RecordedPass | None = RecordedPass(batch)
        self.logits = self._recorded.logits.detach()

    def own(self, rows: Tensor) -> Tensor:
        """All of them."""
        return rows

    def begin(self, head: TrainingHead) -> None:
        """Nothing: any cotangent will do."""

    def gradients(self, cotangent: Tensor) -> Gradients:
        """Jᵀ v by name; the graph is freed."""
        return self._last(lambda recorded: recorded.last_gradients(cotangent))

    def release(self) -> None:
        """Drop the graph, if there was no gradient to take it."""
        self._recorded = None

    def pushforward(self, tangents: Tangents) -> Tensor:
        """J t, exact to rounding; the graph is kept for Actual-Train."""
        return self._ask(lambda recorded: recorded.pushforward(tangents))

    def backward(self, cotangent: Tensor) -> None:
        """Add Jᵀ v to `.grad`, hooks and all, and free the graph."""
        self._last(lambda recorded: recorded.backward(cotangent))

    def _last(self, ask: Callable[[RecordedPass], Answer]) -> Answer:
        """Ask for what frees the graph."""
        try:
            return self._ask(ask)
        finally:
            self._recorded = None

    def _ask(self, ask: Callable[[RecordedPass], Answer]) -> Answer:
        """Ask the recorded pass, made again where it is gone."""
        if self._recorded is not None:
            return ask(self._recorded)
        state, buffers = self._before
        copies = {name: buffer.clone() for name, buffer in buffers.items()}

        def again() -> RecordedPass:
            return RecordedPass(replace(self.batch, y=None))

        with replayed(state):
            self._recorded = with_tensors(self.batch.model, copies, again)
        return ask(self._recorded)
