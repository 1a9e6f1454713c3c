"""What a step should cost: its products, counted in forward passes f of the training batch.

A backward is 2 f, a plain step 3 f. Only convolutions and matrix products count; all else is taken for free, and so is
the gradient that the first layer does not pass on. The ghost engine's probes, in ever fewer steps, are left out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from famus_ext.engine.guards.combinations import Schedule
from famus_ext.engine.meta_grad import Engine
from famus_ext.engine.phases import Phase
from famus_ext.network.forward import call_model

PLAIN_STEP = 3.0
GHOST = ("ghost", "ghost_approximate")


@dataclass(frozen=True)
class Work:
    """Where a network's products are.

    Attributes:
        shares: The part of f of every layer, by name, in the order of execution.
    """

    shares: dict[str, float]

    @classmethod
    def of(cls, model: nn.Module, x: Any) -> Work:
        """Counts the products of a forward pass on inputs x, in evaluation mode: buffers stay."""
        products: dict[str, int] = {}

        def count(name: str, weight: Tensor, output: Tensor) -> None:
            products[name] = output.numel() * weight[0].numel() if weight.dim() > 1 else 0

        handles = [
            module.register_forward_hook(lambda module, _, output, name=name: count(name, module.weight, output))
            for name, module in model.named_modules()
            if isinstance(getattr(module, "weight", None), Tensor)
        ]
        training = model.training
        try:
            with torch.no_grad():
                call_model(model.eval(), x)
        finally:
            model.train(training)
            for handle in handles:
                handle.remove()
        total = sum(products.values()) or 1
        return cls({name: number / total for name, number in products.items()})

    def own(self, layers: Collection[str]) -> float:
        """The part of f in these layers: what the gradients of their weights cost, or their weights' tangents."""
        return sum(share for name, share in self.shares.items() if name in layers)

    def above(self, layers: Collection[str]) -> float:
        """The part of f, φ, above the lowest of these layers: what a gradient down to it costs, or its tangent."""
        order = list(self.shares)
        lowest = min((order.index(name) for name in layers if name in self.shares), default=len(order))
        return sum(list(self.shares.values())[lowest + 1 :])


@dataclass(frozen=True)
class StepKind:
    """A way to take a meta step.

    Attributes:
        engine: Of `MetaStep`.
        schedule: Of `MetaStep`.
        micro_batches: Of `MetaStep`.
        recompute: Of `MetaStep`.
        zero_virtual_loss: Whether the virtual loss, and its gradient, are zero: L2R's are.
        samples_gradients: Whether the sampler's gates depend on the pooled gradients.
        credits_inactive: Whether the meta batch goes backward to the lowest candidate, not to the lowest active layer.
    """

    engine: Engine = "pushforward"
    schedule: Schedule = "paper"
    micro_batches: int = 1
    recompute: bool = False
    zero_virtual_loss: bool = False
    samples_gradients: bool = False
    credits_inactive: bool = False


def passes_by_phase(kind: StepKind, work: Work, active: Collection[str], meta_ratio: float) -> dict[Phase, float]:
    """Forward passes f that each phase of a meta step is worth; a phase that is left out has no products.

        virtual forward 1 · a gradient for w 2, of L2R's zero loss 0 · meta forward and backward M/N (1 + 2)
        pushforward 2 · Actual-Train's gradient 2

    The ghost engine computes the input gradients once, as the first part of the virtual backward, and weight gradients
    alone after that. A batch in parts runs forward again for each gradient and for the derivative along t, one whose
    graph is recomputed for the latter alone. A central difference is two forward passes, whatever is active.

    With every layer active: pushforward 10, merged 8, ghost 8 and merged 7, double backward 12.

    Args:
        kind: The step.
        work: Of the network.
        active: Names of the layers whose gate is 1.
        meta_ratio: M / N.
    """
    ghost, twice = kind.engine in GHOST, kind.engine == "double_backward"
    wanted = work.shares if kind.credits_inactive else active
    # What an input gradient costs, every product of the sweep costs too.
    reach = work.own(active) + work.above(active)
    again = kind.micro_batches > 1
    gradient = (1 if ghost else 2) + again
    virtual = (not kind.zero_virtual_loss or twice) + (kind.zero_virtual_loss and kind.samples_gradients)
    along = work.own(active) if ghost else 2 * reach if twice else reach
    if kind.engine == "finite_difference":
        along = 2.0
    return {
        Phase.VIRTUAL_FORWARD: 1,
        Phase.VIRTUAL_BACKWARD: ghost + virtual * gradient,
        Phase.META_FORWARD: meta_ratio,
        Phase.META_BACKWARD: meta_ratio * (work.own(wanted) + work.above(wanted)),
        Phase.PUSHFORWARD: along + (again or kind.recompute),
        Phase.ACTUAL_BACKWARD: gradient if kind.schedule == "paper" else 0,
    }


def forward_passes(kind: StepKind, work: Work, active: Collection[str], meta_ratio: float, *, every: int = 1) -> float:
    """Forward passes f that an iteration is worth, in the mean over one with a meta step and `every` - 1 without.

    Arguments as of `passes_by_phase`.
    """
    return (sum(passes_by_phase(kind, work, active, meta_ratio).values()) + (every - 1) * PLAIN_STEP) / every
