"""The paper's own computation: build the virtual step into the graph, differentiate the meta loss through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from famus_ext._widest import widened
from famus_ext.engine.meta_train import MetaPass, meta_pass, wanted_layers
from famus_ext.engine.passes.joined import joined
from famus_ext.engine.passes.recorded import RecordedPass
from famus_ext.engine.pooling import pool_layers
from famus_ext.engine.result import Computed, MetaGradient
from famus_ext.engine.task import MetaTask
from famus_ext.engine.updates.clipping import EPSILON
from famus_ext.engine.updates.protocol import VirtualStep
from famus_ext.engine.virtual_train import check_strided, gate_cotangent
from famus_ext.losses import gradient_matching_loss, layer_count_loss
from famus_ext.meta_models import training_loss
from famus_ext.network.buffers import BufferState
from famus_ext.network.layers import trainable


def double_backward(task: MetaTask) -> Computed:
    """The meta gradient as autograd computes it, twice through the network; the oracle of the fast engines.

    The chain rule is cut at ŵ: L(ŵ(θ)) and ⟨u, ŵ(θ)⟩ with u = ∂L/∂ŵ a constant have the same gradient in θ. Attention
    runs unfused here, because a fused kernel can be differentiated once only.
    """
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        training = joined(RecordedPass, task.training)
        logits = training.logits
        buffers = BufferState(task.model)
        task = task.begin_batch(training)
        loss = training_loss(task.meta_model, logits, training.targets)
        # One unit more weight on example i, at zero: its derivative is the example's dot product.
        extra, value = None, loss.value
        if loss.losses is not None:
            extra = torch.zeros_like(loss.losses, requires_grad=True)
            value = value + (extra * loss.losses).sum()
        gradients = _gradients(task, value)
        pooled = {name: pool(g) for name, g in gradients.items()}
        read = pooled
        if task.starts_at_zero and task.sampler.reads_gradients:
            read = {n: pool(g) for n, g in _filled(task, training.gradients(gate_cotangent(task, training))).items()}
        gates = task.draw_gates([p.detach() for p in pool_layers(task.layers, read)])
        active = [gate > 0 for gate in gates.tolist()]
        step = task.update(task.parameters, _there(task, gradients), list(task.parameters))
        virtual = _virtual_weights(task, step, gradients, gates, active)
        meta = meta_pass(task, step.weights, wanted_layers(task, active))
        objective = _objective(task, gates, pooled, virtual, meta)
        theta, eta = task.theta, trainable(task.sampler) if gates.requires_grad else {}
        found = _differentiate(objective, {**_keyed("θ", theta), **_keyed("η", eta), "r": gates, "extra": extra})
        # Each process has followed its own examples' part of g; η and r see all of it through its value.
        parts = [*_keyed("θ", theta), *(["extra"] if extra is not None else [])]
        found.update(zip(parts, task.processes.sum([found[name] for name in parts]), strict=True))
    if buffers.written:
        # A checkpointed block has run again, in every pass over its graph.
        buffers.restore()
    result = MetaGradient(
        grads={name: found[f"θ{name}"] for name in theta},
        sampler_grads={name: found[f"η{name}"] for name in eta},
        layers=task.layers,
        gates=gates.detach(),
        gate_grads=found.get("r"),
        sample_dots=-found["extra"] if "extra" in found else None,
        loss=loss.value.detach(),
        meta_loss=meta.loss,
        weights=None if loss.weights is None else loss.weights.detach(),
        logits=logits,
    )
    return Computed(result, training)


def _objective(
    task: MetaTask, gates: Tensor, pooled: dict[str, Tensor], stepped: dict[str, Tensor], meta: MetaPass
) -> Tensor:
    """A number with the gradient of L = L_c + λ1 L_r + λ2 L_g (Eq. 12)."""
    terms = [(u * stepped[name]).sum() for name, u in meta.gradients.items() if stepped[name].requires_grad]
    if task.sampler.learned:
        terms.append(task.lambda_r * layer_count_loss(gates, task.sampler.expected_layers))
    if task.lambda_g:
        # The validation gradient is a constant in L_g.
        terms += [
            task.lambda_g * gradient_matching_loss(pooled[name], pool(meta.gradients[name]))
            for name in task.layers[-1].parameters
        ]
    return torch.stack([term.to(meta.loss) for term in terms]).sum() if terms else meta.loss


def pool(gradient: Tensor) -> Tensor:
    """Avg-Pool of Eq. 8: the mean over all dimensions but the first, [D]; vectors stay."""
    if gradient.dim() < 2:
        return gradient.reshape(-1)
    return gradient.flatten(1).sum(1) / max(gradient.shape[1:].numel(), 1)


def _gradients(task: MetaTask, value: Tensor) -> dict[str, Tensor]:
    """The virtual gradient g by name, differentiable."""
    leaves = task.training.leaves
    found = task.training.with_leaves(
        lambda: torch.autograd.grad(value, list(leaves.values()), create_graph=True, allow_unused=True)
    )
    gradients = dict(zip(leaves, found, strict=True))
    check_strided(gradients)
    return _summed(task, gradients)


def _summed(task: MetaTask, gradients: Mapping[str, Tensor | None]) -> dict[str, Tensor]:
    """The sum of g over processes, each part of it differentiable in its own process."""
    filled = _filled(task, gradients)
    if task.processes.alone:
        return filled
    total = task.processes.sum_by_name(lambda: dict(gradients), task.parameters)
    return {n: g if (all_of_it := total[n]) is None else (g - g.detach()) + all_of_it for n, g in filled.items()}


def _filled(task: MetaTask, gradients: Mapping[str, Tensor | None]) -> dict[str, Tensor]:
    """The gradients with zeros where there was none."""
    return {n: torch.zeros_like(task.parameters[n]) if g is None else g for n, g in gradients.items()}


def _there(task: MetaTask, gradients: dict[str, Tensor]) -> dict[str, Tensor | None]:
    """The values of the gradients, None where the loss does not reach the parameter."""
    return {n: g.detach() if g.requires_grad else None for n, g in gradients.items()}


def _virtual_weights(
    task: MetaTask, step: VirtualStep, gradients: dict[str, Tensor], gates: Tensor, active: Sequence[bool]
) -> dict[str, Tensor]:
    """ŵ_l = ŵ_l + ∂ŵ/∂g (s_l g_l - g_l), the second g_l and the first ŵ_l being constants: the value is ŵ_l.

    s_l = r_l where r_l = 1; s_l = 1 - r_l where r_l = 0, and there the first g_l is a constant too.
    """
    scales = {name: torch.ones(()) for name in task.parameters}
    kept = dict.fromkeys(task.parameters, False)
    candidates = set(task.sampler.candidates(task.layers)) if task.sampler.credit_inactive else set()
    for index, (layer, gate, on) in enumerate(zip(task.layers, gates, active, strict=True)):
        credited = on or index in candidates
        for name in layer.parameters:
            kept[name] = on
            scales[name] = (gate if on else 1 - gate) if credited else scales[name]
    moved = {name: g if kept[name] else g.detach() for name, g in gradients.items()}
    shrink = _shrinking(step, moved)
    virtual = {}
    for name, weight in step.weights.items():
        # As in the fast engines, a layer that is not kept adds nothing, not even through the length of the gradient.
        length = shrink if kept[name] else shrink.detach()
        change = (scales[name] * length).to(moved[name]) * moved[name]
        virtual[name] = weight.detach() + step.factors[name] * (change - change.detach())
    return virtual


def _shrinking(step: VirtualStep, gradients: dict[str, Tensor]) -> Tensor:
    """What a clipped gradient is multiplied by, differentiable in it."""
    if step.clipping is None or step.clipping.coefficient == 1.0:
        return torch.ones(())
    norm = torch.stack([widened(g).square().sum() for g in gradients.values()]).sum().sqrt()
    return step.clipping.coefficient * (step.clipping.norm + EPSILON) / (norm + EPSILON)


def _keyed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors, their names behind a prefix."""
    return {f"{prefix}{name}": tensor for name, tensor in tensors.items()}


def _differentiate(objective: Tensor, sources: Mapping[str, Tensor | None]) -> dict[str, Tensor]:
    """∂L by source, zero where L does not depend on one; the graph of the logits is kept."""
    there = {name: tensor for name, tensor in sources.items() if tensor is not None and tensor.requires_grad}
    if not objective.requires_grad:
        return {name: torch.zeros_like(tensor) for name, tensor in there.items()}
    found = torch.autograd.grad(objective, list(there.values()), retain_graph=True, allow_unused=True)
    return {n: torch.zeros_like(t) if g is None else g for (n, t), g in zip(there.items(), found, strict=True)}
