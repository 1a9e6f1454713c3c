"""Virtual-Train: the training loss as a function of the logits, its gradient g, the virtual step ŵ (FaMUS, Eq. 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from famus_ext.engine.task import MetaTask
from famus_ext.meta_models import training_loss
from famus_ext.network.layers import Layer
from famus_ext.ops import virtual_step


class TrainingHead:
    """ℓ(z, y; θ) as a function of z and θ alone, cut off from the network.

    Attributes:
        loss: What the meta model returned.
        cotangent: ∂ℓ/∂z [N, ...], differentiable in θ.
    """

    def __init__(self, meta_model: nn.Module, logits: Tensor, targets: object) -> None:
        self.logits = logits.detach().requires_grad_()
        with torch.enable_grad():
            self.loss = training_loss(meta_model, self.logits, targets)  # type: ignore[arg-type]
            (self.cotangent,) = torch.autograd.grad(self.loss.value, self.logits, create_graph=True)

    def meta_gradient(self, theta: dict[str, Tensor], logits_dot: Tensor) -> dict[str, Tensor]:
        """∇_θ ⟨∂ℓ/∂z, ż⟩, by name."""
        if not self.cotangent.requires_grad:
            raise ValueError("meta_model: the gradient of its loss does not depend on its parameters")
        found = torch.autograd.grad(self.cotangent, list(theta.values()), logits_dot, allow_unused=True)
        return {n: torch.zeros_like(p) if g is None else g for (n, p), g in zip(theta.items(), found, strict=True)}

    def sample_dots(self, logits_dot: Tensor) -> Tensor | None:
        """c_i = -⟨∂L_i/∂z_i, ż_i⟩, [N]."""
        losses = self.loss.losses
        if losses is None or not losses.requires_grad:
            return None
        (slope,) = torch.autograd.grad(losses.sum(), self.logits, retain_graph=True)
        return -(slope * logits_dot).flatten(1).sum(1, dtype=losses.dtype)


@dataclass(frozen=True)
class VirtualTrain:
    """The outcome of Virtual-Train.

    Attributes:
        gradients: g by name; None where it is zero.
        parameters: ŵ by name, without a graph.
        pooled: ḡ by name, [D].
        gate_inputs: ḡ_l [D_l] of every layer, as the sampler reads them.
    """

    gradients: dict[str, Tensor | None]
    parameters: dict[str, Tensor]
    pooled: dict[str, Tensor]
    gate_inputs: list[Tensor]


def virtual_train(task: MetaTask, logits: Tensor, cotangent: Tensor) -> VirtualTrain:
    """Take the virtual step; the graph of the logits is kept."""
    if not hasattr(task.meta_model, "gate_loss"):
        gradients = _gradients(task, logits, cotangent.detach())
        stepped, pooled = _step(task, gradients)
        return VirtualTrain(gradients, stepped, pooled, pool_layers(task.layers, pooled))
    # A meta model that starts at ℓ = 0 (L2R) has no virtual gradient; its sampler reads that of another loss.
    gradients = dict.fromkeys(task.parameters)
    stepped, pooled = _step(task, gradients)
    read = pooled
    if task.sampler.learned:
        _, read = _step(task, gate_gradients(task, logits))
    return VirtualTrain(gradients, stepped, pooled, pool_layers(task.layers, read))


def gate_gradients(task: MetaTask, logits: Tensor) -> dict[str, Tensor | None]:
    """The gradient of the meta model's gate loss, by name."""
    leaf = logits.detach().requires_grad_()
    with torch.enable_grad():
        loss = task.meta_model.gate_loss(leaf, task.y)  # type: ignore[operator]
        (cotangent,) = torch.autograd.grad(loss, leaf)
    return _gradients(task, logits, cotangent)


def pool_layers(found: tuple[Layer, ...], pooled: dict[str, Tensor]) -> list[Tensor]:
    """ḡ_l [D_l]: the pooled gradients of a layer's tensors, one after the other."""
    return [torch.cat([pooled[name] for name in layer.parameters]) for layer in found]


def _gradients(task: MetaTask, logits: Tensor, cotangent: Tensor) -> dict[str, Tensor | None]:
    """Jᵀ v by name; the graph is kept."""
    found = torch.autograd.grad(logits, list(task.parameters.values()), cotangent, retain_graph=True, allow_unused=True)
    return dict(zip(task.parameters, found, strict=True))


def _step(task: MetaTask, gradients: dict[str, Tensor | None]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """ŵ = w - α g and ḡ, by name."""
    names = list(task.parameters)
    with torch.no_grad():
        stepped, pooled = virtual_step(
            list(task.parameters.values()), list(gradients.values()), [task.learning_rates[n] for n in names]
        )
    return dict(zip(names, stepped, strict=True)), dict(zip(names, pooled, strict=True))
