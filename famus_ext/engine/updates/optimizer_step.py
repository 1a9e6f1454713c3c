"""The merged schedule's virtual step: the optimizer's own, so that ŵ = w_{t+1}."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from famus_ext.engine.phases import Phase, phase
from famus_ext.engine.pooling import pool_gradients
from famus_ext.engine.updates.clipping import Clipping
from famus_ext.engine.updates.jacobians import step_factors
from famus_ext.engine.updates.protocol import VirtualStep
from famus_ext.errors import require_finite


@dataclass(frozen=True)
class OptimizerStep:
    """w_{t+1} by `optimizer.step()`, bit for bit, and the diagonal of ∂w_{t+1}/∂g.

    The network's parameters are moved: the forward pass must have been recorded on copies of them.

    Attributes:
        optimizer: One of those in `jacobians.FACTORS`.
        clip_norm: Largest ‖g‖; None does not clip.
    """

    optimizer: Optimizer
    clip_norm: float | None = None

    @torch.no_grad()
    def __call__(
        self, parameters: dict[str, Tensor], gradients: Mapping[str, Tensor | None], kept: list[str]
    ) -> VirtualStep:
        """Step the optimizer with g.

        Raises:
            NonFiniteError: g is NaN or infinite; no parameter has been moved.
        """
        require_finite({f"the gradient of {name}": g for name, g in gradients.items() if g is not None})
        self.optimizer.zero_grad(set_to_none=True)
        for name, gradient in gradients.items():
            # Clipping writes to its argument, and so do some optimizers; of the layers kept, g is still needed.
            needed = gradient is not None and name in kept
            parameters[name].grad = gradient.clone() if needed else gradient  # type: ignore[union-attr]
        pooled = pool_gradients(gradients, parameters)
        clipping = None
        if self.clip_norm is not None:
            norm = float(clip_grad_norm_(list(parameters.values()), self.clip_norm))
            clipping = Clipping.of(norm, self.clip_norm)
        # Before the step, which changes the optimizer's moments.
        factors = step_factors(self.optimizer, {name: parameters[name] for name in kept})
        with phase(Phase.OPTIMIZER):
            self.optimizer.step()
        return VirtualStep({name: p.detach() for name, p in parameters.items()}, pooled, factors, clipping)
