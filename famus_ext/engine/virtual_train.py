"""Virtual-Train: the training loss as a function of the logits, its gradient g, the virtual step ŵ (FaMUS, Eq. 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from famus_ext.engine.task import MetaTask
from famus_ext.meta_models import BatchMetaModel, training_loss
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
            value = self.loss.value
            found: tuple[Tensor | None, ...] = (None,)
            if value.requires_grad:
                found = torch.autograd.grad(value, self.logits, create_graph=True, allow_unused=True)
        if found[0] is None:
            raise ValueError("meta_model: its loss does not depend on the logits; was it detached?")
        self.cotangent = found[0]

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
        (slope,) = torch.autograd.grad(losses, self.logits, torch.ones_like(losses), retain_graph=True)
        return -(slope * logits_dot).flatten(1).sum(1, dtype=losses.dtype)


@dataclass(frozen=True)
class VirtualTrain:
    """The outcome of Virtual-Train, but for ŵ.

    Attributes:
        gradients: g by name, of the layers whose gate can be 1; None where it is zero.
        norm: ‖g‖ over all layers, 0-d; None where g is zero.
        pooled: ḡ by name, [D].
        gate_inputs: ḡ_l [D_l] of every layer, as the sampler reads them.
    """

    gradients: dict[str, Tensor | None]
    norm: Tensor | None
    pooled: dict[str, Tensor]
    gate_inputs: list[Tensor]


def virtual_train(task: MetaTask, logits: Tensor, cotangent: Tensor) -> tuple[dict[str, Tensor], VirtualTrain]:
    """Take the virtual step: ŵ by name, and what else came of it. The graph of the logits is kept."""
    starts_at_zero = isinstance(task.meta_model, BatchMetaModel)
    gradients: dict[str, Tensor | None] = dict.fromkeys(task.parameters)
    if not starts_at_zero:
        gradients = _gradients(task, logits, cotangent.detach())
    stepped, pooled = _step(task, gradients)
    read = pooled
    if starts_at_zero and task.sampler.reads_gradients:
        _, read = _step(task, gate_gradients(task, logits))
    kept = [name for i in task.sampler.candidates(task.layers) for name in task.layers[i].parameters]
    there = [g for g in gradients.values() if g is not None]
    return stepped, VirtualTrain(
        gradients={name: gradients[name] for name in kept},
        norm=torch.stack([norm.float() for norm in torch._foreach_norm(there)]).norm() if there else None,
        pooled=pooled,
        gate_inputs=pool_layers(task.layers, read),
    )


def gate_gradients(task: MetaTask, logits: Tensor) -> dict[str, Tensor | None]:
    """The gradient of a batch's meta model's gate loss, by name."""
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
    gradients: dict[str, Tensor | None] = dict(zip(task.parameters, found, strict=True))
    for name, gradient in gradients.items():
        if gradient is not None and gradient.layout is not torch.strided:
            raise TypeError(
                f"model: the gradient of {name} is {gradient.layout}, expected a strided one; build its embedding with "
                "sparse=False"
            )
    return gradients


def _step(task: MetaTask, gradients: dict[str, Tensor | None]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """ŵ = w - α g and ḡ, by name."""
    rates = [task.learning_rates[name] for name in task.parameters]
    with torch.no_grad():
        stepped, pooled = virtual_step(list(task.parameters.values()), list(gradients.values()), rates)
    return dict(zip(task.parameters, stepped, strict=True)), dict(zip(task.parameters, pooled, strict=True))
