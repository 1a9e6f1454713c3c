"""The paper's own computation: build the virtual step into the graph, differentiate the meta loss through it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from famus_ext.engine.result import MetaGradient
from famus_ext.engine.task import MetaTask, trainable
from famus_ext.engine.virtual_train import gate_gradients, pool_layers
from famus_ext.losses import gradient_matching_loss, layer_count_loss
from famus_ext.meta_models import training_loss
from famus_ext.network.layers import Layer


def double_backward(task: MetaTask) -> MetaGradient:
    """The meta gradient as autograd computes it, twice through the network; the oracle of the fast engines.

    Attention runs unfused here, because a fused kernel can be differentiated once only.
    """
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        logits = task.forward()
        task = task.begin_batch(logits)
        loss = training_loss(task.meta_model, logits, task.y)
        # One unit more weight on example i, at zero: its derivative is the example's dot product.
        extra, value = None, loss.value
        if loss.losses is not None:
            extra = torch.zeros_like(loss.losses, requires_grad=True)
            value = value + (extra * loss.losses).sum()
        gradients = _gradients(task, value)
        pooled = {name: pool(g) for name, g in gradients.items()}
        read = pooled
        if hasattr(task.meta_model, "gate_loss") and task.sampler.learned:
            read = {name: pool(g) for name, g in _filled(task, gate_gradients(task, logits)).items()}
        gates = task.sampler(task.layers, [p.detach() for p in pool_layers(task.layers, read)])
        stepped = _virtual_parameters(task, gradients, gates)
        meta_loss = task.meta_forward(stepped)
        objective = meta_loss
        if task.sampler.learned:
            expected: float = task.sampler.expected_layers  # type: ignore[assignment]
            objective = objective + task.lambda_r * layer_count_loss(gates, expected)
        if task.lambda_g:
            objective = objective + task.lambda_g * _matching(task.layers[-1], pooled, meta_loss, stepped)
        theta, eta = task.theta, trainable(task.sampler)
        found = _differentiate(objective, {**_keyed("θ", theta), **_keyed("η", eta), "r": gates, "extra": extra})
    return MetaGradient(
        grads={name: found[f"θ{name}"] for name in theta},
        sampler_grads={name: found[f"η{name}"] for name in eta},
        layers=task.layers,
        gates=gates.detach(),
        gate_grads=found.get("r"),
        sample_dots=-found["extra"] if "extra" in found else None,
        loss=loss.value.detach(),
        meta_loss=meta_loss.detach(),
        weights=None if loss.weights is None else loss.weights.detach(),
        logits=logits,
    )


def pool(gradient: Tensor) -> Tensor:
    """Avg-Pool of Eq. 8: the mean over all dimensions but the first, [D]; vectors stay."""
    return gradient.flatten(1).mean(1) if gradient.dim() > 1 else gradient.reshape(-1)


def _gradients(task: MetaTask, value: Tensor) -> dict[str, Tensor]:
    """The virtual gradient g by name, differentiable."""
    found = torch.autograd.grad(value, list(task.parameters.values()), create_graph=True, allow_unused=True)
    return _filled(task, dict(zip(task.parameters, found, strict=True)))


def _filled(task: MetaTask, gradients: Mapping[str, Tensor | None]) -> dict[str, Tensor]:
    """The gradients with zeros where there was none."""
    return {n: torch.zeros_like(task.parameters[n]) if g is None else g for n, g in gradients.items()}


def _virtual_parameters(task: MetaTask, gradients: dict[str, Tensor], gates: Tensor) -> dict[str, Tensor]:
    """ŵ_l = w_l - α s_l g_l, with s_l = r_l where r_l = 1, and s_l = 1 - r_l and g_l a constant where r_l = 0."""
    credit = getattr(task.sampler, "credit_inactive", True)
    stepped = {}
    for layer, gate, on in zip(task.layers, gates, gates.tolist(), strict=True):
        scale = (gate if on else 1 - gate) if on or credit else torch.ones_like(gate)
        for name in layer.parameters:
            gradient = gradients[name] if on else gradients[name].detach()
            # Detached, so that the derivative is that of the step and not of its starting point; the leaf of u.
            start = task.parameters[name].detach()
            stepped[name] = start - task.learning_rates[name] * scale.to(gradient) * gradient
            if not stepped[name].requires_grad:
                stepped[name].requires_grad_()
    return stepped


def _matching(layer: Layer, pooled: dict[str, Tensor], meta_loss: Tensor, stepped: dict[str, Tensor]) -> Tensor:
    """L_g, with the validation gradient a constant."""
    found = torch.autograd.grad(
        meta_loss, [stepped[name] for name in layer.parameters], retain_graph=True, allow_unused=True
    )
    terms = [
        gradient_matching_loss(pooled[name], torch.zeros_like(pooled[name]) if u is None else pool(u).detach())
        for name, u in zip(layer.parameters, found, strict=True)
    ]
    return torch.stack(terms).sum()


def _keyed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors, their names behind a prefix."""
    return {f"{prefix}{name}": tensor for name, tensor in tensors.items()}


def _differentiate(objective: Tensor, sources: Mapping[str, Tensor | None]) -> dict[str, Tensor]:
    """∂L by source, zero where L does not depend on one; the graph of the logits is kept."""
    there = {name: tensor for name, tensor in sources.items() if tensor is not None and tensor.requires_grad}
    found = torch.autograd.grad(objective, list(there.values()), retain_graph=True, allow_unused=True)
    return {n: torch.zeros_like(t) if g is None else g for (n, t), g in zip(there.items(), found, strict=True)}
