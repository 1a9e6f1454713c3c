"""What a step should cost: its products, counted in forward passes f of the training batch.

A backward is 2 f, a plain step 3 f. Only convolutions and matrix products count; all else is taken for free, and so is
the gradient that the first layer does not pass on. The ghost engine's probes, in ever fewer steps, are left out.
"""

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from meta_steps.tables import Row

PLAIN_STEP = 3.0

RIVAL_PASSES = {
    "plain": PLAIN_STEP,
    "compiled plain": PLAIN_STEP,
    "forward mode": 11,
    "one-sided difference": 9,
    "betty": 8,
}
"""Steps that are counted as a whole, with both batches of one size."""


@dataclass(frozen=True)
class Work:
    """Where a network's products are.

    Attributes:
        shares: the part of f of every layer, by name, in the order of execution.
    """

    shares: dict[str, float]

    @classmethod
    def of(cls, model: nn.Module, x: Tensor) -> "Work":
        """Count the products of a forward pass on x, in evaluation mode: buffers stay."""
        products: dict[str, int] = {}

        def count(name: str, module: nn.Module, output: Tensor) -> None:
            weight = module.weight
            products[name] = output.numel() * weight[0].numel() if weight.dim() > 1 else 0

        owners = [(name, module) for name, module in model.named_modules() if hasattr(module, "weight")]
        handles = [
            module.register_forward_hook(lambda module, _, output, name=name: count(name, module, output))
            for name, module in owners
        ]
        training = model.training
        with torch.no_grad():
            model.eval()(x)
        model.train(training)
        for handle in handles:
            handle.remove()
        total = sum(products.values())
        return cls({name: number / total for name, number in products.items()})

    def own(self, layers: Collection[str]) -> float:
        """The part of f in these layers: what the gradients of their weights cost, or their weights' tangents."""
        return sum(share for name, share in self.shares.items() if name in layers)

    def above(self, layers: Collection[str]) -> float:
        """The part of f, φ, above the lowest of these layers: what a gradient down to it costs, or its tangent."""
        order = list(self.shares)
        lowest = min((order.index(name) for name in layers), default=len(order))
        return sum(list(self.shares.values())[lowest + 1 :])


def forward_passes(row: Row, work: Work, active: Collection[str], meta_ratio: float) -> float:
    """Number of forward passes f that one step is worth.

    With every layer active: pushforward 10, merged 8, ghost 8 and merged 7, double backward 12. The public code runs
    the training batch forward once more, and differentiates for all weights: 15.

    Args:
        row: the step.
        work: of the network.
        active: names of the layers whose gate is 1.
        meta_ratio: M / N.
    """
    if row.engine in RIVAL_PASSES:
        return RIVAL_PASSES[row.engine]
    again = 3.0 if row.engine in ("public rival", "torchopt") else 0.0
    return sum(passes_by_phase(row, work, active, meta_ratio).values()) + again


def passes_by_phase(row: Row, work: Work, active: Collection[str], meta_ratio: float) -> dict[str, float]:
    """The same by phase of a meta step; a phase that is left out has no products.

        virtual forward 1 · a gradient for w 2, of L2R's zero loss 0 · meta forward and backward M/N (1 + 2)
        pushforward 2 · Actual-Train's gradient 2

    The ghost engine computes the input gradients once, as the first part of the virtual backward, and weight gradients
    alone after that. A batch in parts runs forward again for each gradient and for the derivative along t, one whose
    graph is recomputed for the latter alone.
    """
    ghost, twice = row.engine == "ghost", row.engine not in ("ghost", "pushforward")
    wanted = work.shares if row.layers == "sampled" and row.credit_inactive else active
    # What an input gradient costs, every product of the sweep costs too.
    reach = work.own(active) + work.above(active)
    again = row.micro_batches > 1
    gradient = (1 if ghost else 2) + again
    virtual = (row.meta_model != "L2R" or twice) + (row.meta_model == "L2R" and row.layers == "sampled")
    return {
        "virtual forward": 1,
        "virtual backward": ghost + virtual * gradient,
        "meta forward": meta_ratio,
        "meta backward": meta_ratio * (work.own(wanted) + work.above(wanted)),
        "pushforward": (work.own(active) if ghost else 2 * reach if twice else reach) + (again or row.recompute),
        "actual backward": gradient if row.schedule == "paper" else 0,
    }
