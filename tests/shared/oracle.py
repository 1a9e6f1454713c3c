"""The paper's equations written out once more and differentiated by autograd alone: the virtual step in the graph.

Of the package it uses the meta model, which defines the loss, and the sampler, which draws the gates.
"""

import copy

import torch
from torch.func import functional_call
from torch.nn.functional import cross_entropy


def meta_gradients(
    model, meta_model, sampler, batch, meta_batch, *, lambda_r=0.0, lambda_g=0.0, optimizer=None, lr=None, clip=None
):
    """∂L/∂θ and ∂L/∂η of Eq. 12 by name, for Eq. 3 with `lr`, or for a step of `optimizer`, which is left as it is.

    The optimizer's step is differentiated by torch itself (`differentiable=True`).
    """
    model, optimizer = copy.deepcopy((model, optimizer))
    weights = dict(model.named_parameters())
    logits = model(batch[0])
    if hasattr(meta_model, "begin"):
        meta_model.begin(logits.detach(), batch[1])
    theta = dict(meta_model.named_parameters())
    eta = dict(sampler.named_parameters())
    returned = meta_model(logits, batch[1])
    value = returned if isinstance(returned, torch.Tensor) else returned.value
    gradients = _gradients(value, weights, create_graph=True)
    read = gradients
    if hasattr(meta_model, "gate_loss"):
        read = _gradients(meta_model.gate_loss(logits, batch[1]), weights, retain_graph=True)
    layers = sampler.layers_of(model)
    gates = sampler(layers, [torch.cat([_pool(read[n]).detach() for n in layer.parameters]) for layer in layers])
    kept = _kept(layers, gates, gradients)
    moving = _gated(sampler, layers, gates, kept)
    moved = _descend(weights, moving, lr) if optimizer is None else _optimize(weights, kept, moving, optimizer, clip)
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    last = layers[-1].parameters
    inside = {n: w if w.requires_grad else w.detach().requires_grad_() for n, w in moved.items()}
    meta_loss = cross_entropy(functional_call(model, {**inside, **buffers}, (meta_batch[0],)), meta_batch[1])
    objective = meta_loss + lambda_r * (gates.sum() - sampler.expected_layers) ** 2 * bool(eta)
    if lambda_g:
        validation = torch.autograd.grad(meta_loss, [inside[n] for n in last], retain_graph=True)
        objective = objective + lambda_g * sum(
            (_pool(gradients[n]) - _pool(v).detach()).square().sum() for n, v in zip(last, validation, strict=True)
        )
    return tuple(_gradients(objective, sources, retain_graph=True) for sources in (theta, eta))


def _gradients(value, weights, **options):
    if not weights:
        return {}
    found = torch.autograd.grad(value, list(weights.values()), allow_unused=True, **options)
    return {n: torch.zeros_like(w) if g is None else g for (n, w), g in zip(weights.items(), found, strict=True)}


def _pool(gradient):
    """Eq. 8."""
    return gradient.flatten(1).mean(1) if gradient.dim() > 1 else gradient.reshape(-1)


def _kept(layers, gates, gradients):
    """g with its graph where r_l = 1, a constant elsewhere."""
    active = {name for layer, gate in zip(layers, gates, strict=True) if gate > 0 for name in layer.parameters}
    return {name: g if name in active else g.detach() for name, g in gradients.items()}


def _gated(sampler, layers, gates, gradients):
    """g times what the gate's straight-through sample makes one."""
    gated = dict(gradients)
    candidates = sampler.candidates(layers)
    for index, (layer, gate) in enumerate(zip(layers, gates, strict=True)):
        for name in layer.parameters:
            if gate > 0:
                gated[name] = gate * gradients[name]
            elif sampler.credit_inactive and index in candidates:
                gated[name] = (1 - gate) * gradients[name]
    return gated


def _descend(weights, moving, lr):
    """Eq. 3."""
    return {name: w.detach() - lr * moving[name] for name, w in weights.items()}


def _optimize(weights, gradients, moving, optimizer, clip):
    """w after a step of a differentiable copy of the optimizer."""
    moved = {name: w.detach().clone() for name, w in weights.items()}
    kept = ("fused", "foreach", "differentiable", "decoupled_weight_decay")
    settings = {name: value for name, value in optimizer.defaults.items() if name not in kept}
    twin = type(optimizer)(list(moved.values()), **settings, differentiable=True, foreach=False)
    twin.load_state_dict({**optimizer.state_dict(), "param_groups": twin.state_dict()["param_groups"]})
    for group in twin.param_groups:
        if group.get("momentum") and not optimizer.state:
            # The first step's buffer is the gradient, which torch cuts off even from a differentiable step.
            group["dampening"] = 0.0
            twin.state.update({w: {"momentum_buffer": torch.zeros_like(w)} for w in moved.values()})
    if "betas" in settings:
        for w in moved.values():
            # A differentiable Adam computes with the number of steps, which torch keeps in float32.
            state = {name: torch.zeros_like(w) for name in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")} | twin.state[w]
            # Where a gradient has always been zero, torch's own derivative of the root is not a number.
            state["exp_avg_sq"] = state["exp_avg_sq"].clamp(min=1e-300)
            twin.state[w] = state | {"step": state.get("step", torch.zeros(())).double()}
    if clip is not None:
        # For θ the length is that of the layers kept, the others being constants; for η it is a constant.
        norm = torch.stack([gradients[name].square().sum() for name in gradients]).sum().sqrt()
        shrink = torch.clamp(clip / (norm + 1e-6), max=1.0)
        moving = {n: (shrink if gradients[n].requires_grad else shrink.detach()) * g for n, g in moving.items()}
    for name, w in moved.items():
        w.grad = moving[name]
    with torch.enable_grad():
        twin.step()
    return moved
