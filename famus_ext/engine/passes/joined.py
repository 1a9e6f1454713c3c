"""The training passes of several processes as one: that of the joined batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import torch
from torch import Tensor

from famus_ext.engine.batches import TrainingBatch
from famus_ext.engine.distributed.agreement import share_buffers
from famus_ext.engine.head import TrainingHead
from famus_ext.engine.passes.protocol import Gradients, Tangents, TrainingPass
from famus_ext.engine.virtual_train import check_strided
from famus_ext.network.inputs import map_rows

MakePass = Callable[[TrainingBatch], TrainingPass]


def joined(make_pass: MakePass, batch: TrainingBatch) -> TrainingPass:
    """The pass of the batches of all processes; of this process' where it is alone."""
    return make_pass(batch) if batch.processes.alone else JoinedPass(make_pass, batch)


class JoinedPass:
    """Each process has run the network on its own examples; logits and targets are those of all.

    A product with the Jacobian is a sum over processes, or rows of each, since an example's logits depend on the
    examples of its own process alone; where a network joins them itself (synchronised batch normalisation), the
    derivatives of its collectives do.

    Before the forward pass every process takes process 0's buffers, see `share_buffers`.

    Attributes:
        logits: z of all examples, [N, ...], process by process; this process' rows have their graph.
        targets: Their targets: of every tensor with a row an example the rows of all; all else is this process' own.
    """

    def __init__(self, make_pass: MakePass, batch: TrainingBatch) -> None:
        self.batch, self.processes = batch, batch.processes
        share_buffers(batch.model, batch.processes)
        self.local, table = self.processes.together(lambda: make_pass(batch), _facts, 2)
        self._sizes = [size for size, _ in table]
        widths = [width for _, width in table]
        if len(set(widths)) > 1:
            raise ValueError(
                "batch: expected logits and targets of the same dtypes and shapes in every process but for the number "
                f"of rows, got rows of {widths} bytes"
            )
        start = sum(self._sizes[: self.processes.rank])
        self._rows = slice(start, start + self._sizes[self.processes.rank])
        logits, *targets = self.processes.gather_rows(_row_tensors(self.local), self._sizes)
        self.logits = torch.cat([logits[:start], self.local.logits, logits[self._rows.stop :]])
        rest = iter(targets)
        self.targets: Any = map_rows(self.local.targets, len(self.local.logits), lambda _: next(rest))

    @overload
    def own(self, rows: Tensor) -> Tensor: ...

    @overload
    def own(self, rows: None) -> None: ...

    def own(self, rows: Tensor | None) -> Tensor | None:
        """This process' rows of a tensor with one for each example; None has none."""
        return None if rows is None else rows[self._rows]

    def begin(self, head: TrainingHead) -> None:
        """Let the own pass see the derivatives of its own examples."""
        self.processes.together(lambda: self.local.begin(head.of_rows(self._rows)))

    def gradients(self, cotangent: Tensor) -> Gradients:
        """Jᵀ v, summed over processes."""
        own = self.own(cotangent)

        def compute() -> Gradients:
            found = self.local.gradients(own)
            check_strided(found)
            return found

        return self.processes.sum_by_name(compute, self.batch.leaves)

    def release(self) -> None:
        """Drop what the own pass can make again."""
        self.local.release()

    def pushforward(self, tangents: Tangents) -> Tensor:
        """J t, the rows of all."""
        own, _ = self.processes.together(lambda: self.local.pushforward(tangents))
        (rows,) = self.processes.gather_rows([own], self._sizes)
        return rows

    def backward(self, cotangent: Tensor) -> None:
        """Add Jᵀ v, summed over processes, to `.grad`."""
        leaves, own = self.batch.leaves, self.own(cotangent)
        before = {name: leaf.grad for name, leaf in leaves.items()}

        def compute() -> Gradients:
            for leaf in leaves.values():
                leaf.grad = None
            self.local.backward(own)
            found = {name: leaf.grad for name, leaf in leaves.items()}
            check_strided(found)
            return found

        for name, gradient in self.processes.sum_by_name(compute, leaves).items():
            known = before[name]
            leaves[name].grad = known if gradient is None else gradient if known is None else known + gradient


def _row_tensors(local: TrainingPass) -> list[Tensor]:
    """The logits, and the targets that have a row for each."""
    tensors = [local.logits]

    def note(tensor: Tensor) -> Tensor:
        tensors.append(tensor)
        return tensor

    map_rows(local.targets, len(local.logits), note)
    return tensors


def _facts(local: TrainingPass) -> tuple[int, int]:
    """The number of examples, and the bytes of one's logits and targets."""
    size = len(local.logits)
    return size, sum(tensor.numel() * tensor.element_size() for tensor in _row_tensors(local)) // size
