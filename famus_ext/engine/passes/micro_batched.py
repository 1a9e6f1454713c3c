"""A batch in parts, whose graphs are made when they are needed and dropped at once: less memory for more time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from famus_ext.engine.batches import TrainingBatch
from famus_ext.engine.head import TrainingHead
from famus_ext.engine.passes.protocol import Gradients, Tangents
from famus_ext.engine.passes.recorded import RecordedPass
from famus_ext.network.buffers import buffer_copies
from famus_ext.network.forward import with_tensors
from famus_ext.network.random_state import random_state, replayed

Answer = TypeVar("Answer")


class MicroBatchedPass:
    """The forward pass is run part by part without recording, and again for every product that is asked for.

    The loss is that of the whole batch, since its head sees all logits. So gradients, and the meta gradient, are those
    of the undivided batch, for a network whose examples do not depend on one another; batch normalisation sees the
    parts, as it does in any accumulation of gradients. Buffers are updated by the first run alone; later runs draw the
    same random numbers and see the same buffers.
    """

    def __init__(self, batch: TrainingBatch) -> None:
        self.batch, self.targets = batch, batch.y
        self._parts = batch.parts()
        self._before: list[tuple[Any, dict[str, Tensor]]] = []
        logits = []
        for part in self._parts:
            self._before.append((random_state(), buffer_copies(batch.model)))
            with torch.no_grad():
                logits.append(batch.forward(part))
        self.logits = torch.cat(logits)
        batch.check(self.logits)

    def own(self, rows: Tensor) -> Tensor:
        """All of them."""
        return rows

    def begin(self, head: TrainingHead) -> None:
        """Nothing: any cotangent will do."""

    def gradients(self, cotangent: Tensor) -> Gradients:
        """Jᵀ v by name, summed over the parts."""
        total: Gradients = dict.fromkeys(self.batch.leaves)
        for found in self._each(cotangent, lambda part, v: part.gradients(v)):
            for name, gradient in found.items():
                if gradient is not None:
                    known = total[name]
                    total[name] = gradient if known is None else known + gradient
        return total

    def release(self) -> None:
        """Nothing: no graph is kept."""

    def pushforward(self, tangents: Tangents) -> Tensor:
        """J t, part by part."""
        return torch.cat(list(self._each(self.logits, lambda part, _: part.pushforward(tangents))))

    def backward(self, cotangent: Tensor) -> None:
        """Add Jᵀ v to `.grad`, part by part."""
        for _ in self._each(cotangent, lambda part, v: part.backward(v)):
            pass

    def _each(self, rows: Tensor, ask: Callable[[RecordedPass, Tensor], Answer]) -> Iterator[Answer]:
        """Record each part again and ask it, with its rows of a tensor like the logits."""
        start = 0
        for x, (state, buffers) in zip(self._parts, self._before, strict=True):
            copies = {name: buffer.clone() for name, buffer in buffers.items()}

            def run(x: Any = x, start: int = start) -> tuple[int, Answer]:
                part = RecordedPass(replace(self.batch, x=x, y=None))
                return len(part.logits), ask(part, rows[start : start + len(part.logits)])

            with replayed(state):
                length, answer = with_tensors(self.batch.model, copies, run)
            start += length
            yield answer
