"""One recorded forward pass, whose autograd graph answers everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from famus_ext.engine.batches import TrainingBatch
from famus_ext.engine.head import TrainingHead
from famus_ext.engine.passes.protocol import Gradients, Tangents
from famus_ext.engine.pushforward import pushforward

Result = TypeVar("Result")


class RecordedPass:
    """The graph is kept: Jᵀ v by a backward, J t by a forward-mode sweep over it (see `pushforward`)."""

    def __init__(self, batch: TrainingBatch) -> None:
        self.batch, self.targets = batch, batch.y
        with torch.enable_grad():
            self.logits = batch.forward(batch.x)
        batch.check(self.logits)
        if not self.logits.requires_grad:
            why = "; under torch.inference_mode nothing is recorded" if torch.is_inference_mode_enabled() else ""
            raise ValueError(f"model: its output does not depend on any trainable parameter{why}")

    def own(self, rows: Tensor) -> Tensor:
        """All of them."""
        return rows

    def begin(self, head: TrainingHead) -> None:
        """Nothing: the graph answers for any loss."""

    def gradients(self, cotangent: Tensor) -> Gradients:
        """Jᵀ v by name; the graph is kept."""
        return self._pulled(cotangent, keep=True)

    def last_gradients(self, cotangent: Tensor) -> Gradients:
        """Jᵀ v by name; the graph is freed on the way, and answers nothing more."""
        return self._pulled(cotangent, keep=False)

    def release(self) -> None:
        """Nothing: the graph is kept."""

    def pushforward(self, tangents: Tangents) -> Tensor:
        """J t, exact to rounding."""
        leaves = self.batch.leaves
        return self._inside(
            lambda: pushforward(self.logits, {leaves[name]: tangent for name, tangent in tangents.items()})
        )

    def backward(self, cotangent: Tensor) -> None:
        """Add Jᵀ v to `.grad`, hooks and all, and free the graph."""
        self._inside(lambda: torch.autograd.backward(self.logits, cotangent))

    def _pulled(self, cotangent: Tensor, *, keep: bool) -> Gradients:
        """Jᵀ v by name; None where it is zero."""
        leaves = self.batch.leaves
        found = self._inside(
            lambda: torch.autograd.grad(
                self.logits, list(leaves.values()), cotangent, retain_graph=keep, allow_unused=True
            )
        )
        return dict(zip(leaves, found, strict=True))

    def _inside(self, compute: Callable[[], Result]) -> Result:
        """Run a backward, or what reads the graph: on the leaves, and outside autocast: its casts are in the graph."""
        with torch.autocast(self.logits.device.type, enabled=False):
            return self.batch.with_leaves(compute)
