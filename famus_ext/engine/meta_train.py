"""Meta-Train: the meta loss at ŵ, its gradient u, the direction t that carries it back to θ (FaMUS, Eq. 7 to 12)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from famus_ext.engine.phases import Phase, phase
from famus_ext.engine.pooling import pool_gradients
from famus_ext.engine.selected import Selected
from famus_ext.engine.task import MetaTask
from famus_ext.engine.virtual_train import VirtualTrain
from famus_ext.network.buffers import buffer_copies
from famus_ext.network.forward import with_tensors
from famus_ext.ops import layer_dots


@dataclass(frozen=True)
class MetaPass:
    """The meta loss and its gradient.

    Attributes:
        loss: L_c, 0-d.
        gradients: u = ∂L_c/∂ŵ by name, of the layers that were asked for.
    """

    loss: Tensor
    gradients: dict[str, Tensor]


def wanted_layers(task: MetaTask, active: Sequence[bool]) -> list[int]:
    """The layers whose u_l something needs: a gate that is 1, a gate that learns from it, or L_g."""
    wanted = set(_credited_layers(task, active))
    if task.lambda_g:
        wanted.add(len(task.layers) - 1)
    return sorted(wanted)


def _credited_layers(task: MetaTask, active: Sequence[bool]) -> set[int]:
    """The layers whose gate is 1, and those whose gate learns from ⟨u_l, g_l⟩ all the same."""
    credited = {index for index, on in enumerate(active) if on}
    if task.sampler.credit_inactive:
        credited |= set(task.sampler.candidates(task.layers))
    return credited


def meta_pass(task: MetaTask, weights: dict[str, Tensor], wanted: Sequence[int]) -> MetaPass:
    """Forward and backward of the meta batch at ŵ, recorded from the lowest wanted layer on."""
    names = [name for index in wanted for name in task.layers[index].parameters]
    leaves = {name: weights[name].detach().requires_grad_() for name in names}
    tensors = {**weights, **leaves, **buffer_copies(task.model)}

    def differentiate() -> tuple[list[Tensor], list[tuple[Tensor | None, ...]]]:
        losses: list[Tensor] = []
        found: list[tuple[Tensor | None, ...]] = []
        for loss in task.meta.losses():
            losses.append(loss.detach())
            if loss.requires_grad:
                # The casts of autocast are in the graph; a backward under it would add others.
                with phase(Phase.META_BACKWARD), torch.autocast(loss.device.type, enabled=False):
                    found.append(torch.autograd.grad(loss, list(leaves.values()), allow_unused=True))
        return losses, found

    def compute() -> MetaPass:
        with torch.enable_grad():
            losses, found = with_tensors(task.model, tensors, differentiate)
        gradients = {}
        for index, (name, w) in enumerate(leaves.items()):
            parts = [part for answers in found if (part := answers[index]) is not None]
            gradients[name] = sum(parts[1:], parts[0]) if parts else torch.zeros_like(w)
        return MetaPass(sum(losses[1:], losses[0]), gradients)

    return _joined(task, compute)


def _joined(task: MetaTask, compute: Callable[[], MetaPass]) -> MetaPass:
    """The meta pass of all processes, whose losses are summands of L_c."""
    if task.processes.alone:
        return compute()
    own, _ = task.processes.together(compute)
    names = list(own.gradients)
    terms = [own.loss, *own.gradients.values()]
    own.gradients.clear()
    loss, *gradients = task.processes.sum(terms)
    return MetaPass(loss, dict(zip(names, gradients, strict=True)))


@torch.no_grad()
def direction(
    task: MetaTask, virtual: VirtualTrain, meta: MetaPass, selected: Selected
) -> tuple[dict[str, Tensor], Tensor | None]:
    """The direction t by name, and ∂L/∂r [L] for a learned sampler.

        t_l = r_l (∂ŵ/∂g)ᵀ u_l + [l = L] 2 λ2 (ḡ_L^tra - ḡ_L^val) / (entries averaged per row)
        ∂L/∂r_l = ± ⟨(∂ŵ/∂g)ᵀ u_l, g_l⟩ + 2 λ1 (Σ r - K)        (+ where r_l = 1, - where r_l = 0)

    where ∂ŵ/∂g is -α in the paper's virtual step. The sign is that of the Gumbel-softmax's two outputs: an inactive
    layer's virtual step is scaled by 1 - r_l.
    """
    steps = virtual.step.scaled(meta.gradients)
    kept = {
        name: selected.gates[index].to(steps[name].dtype) * steps[name] if selected.scaled else steps[name]
        for index, (layer, on) in enumerate(zip(task.layers, selected.carried, strict=True))
        if on
        for name in layer.parameters
    }
    kept = virtual.step.through_clipping(kept, virtual.gradients)
    gate_grads = _gate_gradients(task, virtual, steps, selected) if task.sampler.learned else None
    if task.lambda_g:
        for name, term in _matching_direction(task, virtual, meta).items():
            kept[name] = kept[name] + term if name in kept else term
    return kept, gate_grads


def _gate_gradients(task: MetaTask, virtual: VirtualTrain, steps: dict[str, Tensor], selected: Selected) -> Tensor:
    """∂(L_c + λ1 L_r)/∂r, [L]."""
    # On the device all along: a copy of what the host knows would wait for it.
    dots = selected.gates.new_zeros(len(task.layers))
    if credited := _credited_layers(task, selected.carried):
        dots = layer_dots(
            [[steps[n] if i in credited else None for n in layer.parameters] for i, layer in enumerate(task.layers)],
            [[virtual.gradients.get(name) for name in layer.parameters] for layer in task.layers],
        )
    on = (selected.gates > 0).to(dots.dtype)
    if selected.scaled and not task.sampler.credit_inactive:
        dots = dots * on
    excess = on.sum() - task.sampler.expected_layers
    return (2 * on - 1) * dots.to(on.device) + 2 * task.lambda_r * excess


def _matching_direction(task: MetaTask, virtual: VirtualTrain, meta: MetaPass) -> dict[str, Tensor]:
    """λ2 ∂L_g/∂g_L: the mismatch of the pooled gradients, spread over the entries that each mean was taken of."""
    u = {name: meta.gradients[name] for name in task.layers[-1].parameters}
    spread = {}
    for name, validation in pool_gradients(u, u).items():
        like = u[name]
        mismatch = 2 * task.lambda_g * (virtual.step.pooled[name] - validation)
        entries = like.numel() // max(len(mismatch), 1)
        rows = mismatch.view(-1, *[1] * (like.dim() - 1)) if like.dim() else mismatch.view(())
        spread[name] = (rows / max(entries, 1)).expand_as(like).to(like.dtype).contiguous()
    return spread
