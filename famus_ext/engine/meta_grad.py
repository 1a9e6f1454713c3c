"""The sampled meta gradient: z → g → (ŵ, ḡ) → r → u → t → ż → ∇θ, ∇η."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn

from famus_ext.engine.batches import MetaLoss, TrainingBatch
from famus_ext.engine.distributed.agreement import agree_once, settled
from famus_ext.engine.distributed.processes import Processes
from famus_ext.engine.double_backward import double_backward
from famus_ext.engine.guards.adjoint import check_adjoint
from famus_ext.engine.guards.combinations import check_parameter_hooks, check_processes
from famus_ext.engine.passes.differenced import DifferencedPass
from famus_ext.engine.passes.exact import exact_pass
from famus_ext.engine.passes.ghost import GhostPass
from famus_ext.engine.passes.protocol import TrainingPass
from famus_ext.engine.phases import Phase, phase
from famus_ext.engine.result import Computed, MetaGradient
from famus_ext.engine.sections import meta_section, virtual_section
from famus_ext.engine.selected import select
from famus_ext.engine.task import MetaTask, meta_task, shared_task
from famus_ext.losses import cross_entropy
from famus_ext.network.buffers import restored_on_error
from famus_ext.network.layers import trainable
from famus_ext.samplers import Sampler

Engine = Literal["pushforward", "ghost", "ghost_approximate", "double_backward", "finite_difference"]


def sampled_meta_grad(
    model: nn.Module,
    meta_model: nn.Module,
    batch: tuple[Any, Any],
    meta_batch: tuple[Any, Any],
    *,
    lr: float | Mapping[str, float],
    sampler: Sampler | None = None,
    engine: Engine = "pushforward",
    lambda_r: float | None = None,
    lambda_g: float | None = None,
    meta_loss: MetaLoss = cross_entropy,
    process_group: dist.ProcessGroup | None = None,
) -> MetaGradient:
    """Compute the gradient of the meta objective for θ and η, from the layers that a sampler keeps.

        ŵ_l = w_l - α ∂ℓ(Φ(x; w), y; θ)/∂w_l                            Eq. 3
        L   = L_c(ŵ) + λ1 L_r + λ2 L_g                                   Eq. 12
        ∂L/∂θ, through the layers with r_l = 1 only                      Eq. 9

    The network runs in the mode it is in; its buffers are updated once, by the training batch. Nothing else is
    written: no parameter, no `.grad`.

    Args:
        model: The network Φ, any module.
        meta_model: Ψ, a module from logits and targets to the training loss (see `meta_models`).
        batch: (x, y), the N training examples. x is a tensor, a tuple of arguments or a mapping of keyword arguments.
        meta_batch: (x_v, y_v), the M trusted examples.
        lr: α, one number or one for each trainable parameter by name.
        sampler: Which layers are kept; None keeps all.
        engine: How the gradient is computed. "pushforward" is exact for the layers kept; "double_backward" is the
            same number by the paper's own computation, slower; "ghost" is the same number where the meta model weights
            losses and the network does not mix examples, and is refused elsewhere ("ghost_approximate" is not);
            "finite_difference" is approximate (about 1e-3 in float32) and does not walk the graph.
        lambda_r: λ1 of L_r; None is the paper's 0.1 for a learned sampler and 0 for the others.
        lambda_g: λ2 of L_g; None likewise.
        meta_loss: Loss of the meta examples.
        process_group: The processes that hold a part of both batches each, where torch.distributed has been
            initialised; None is the group of a DistributedDataParallel, for any other network the default group. The
            result is that of one process with the joined batches.

    Returns:
        The gradients and what was seen on the way; see `MetaGradient`.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
        PushforwardError: The graph holds a node that the pushforward cannot pass, or a hook that changes gradients.
        NonFiniteError: A loss or a gradient is NaN or infinite. Buffers are put back.
        ProcessError: Another process has failed, or has ended.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine: expected one of {tuple(ENGINES)}, got {engine!r}")
    processes = Processes.of(model, process_group)
    task = shared_task(
        processes,
        lambda: meta_task(
            model,
            meta_model,
            batch,
            meta_batch,
            update=lr,
            sampler=sampler,
            lambda_r=lambda_r,
            lambda_g=lambda_g,
            meta_loss=meta_loss,
            processes=processes,
        ),
    )
    result, _ = compute(engine, task)
    return result


def compute(engine: Engine, task: MetaTask) -> tuple[MetaGradient, TrainingPass]:
    """The meta gradient by an engine, and the training pass that Actual-Train can go on with."""
    if task.training.stand_in:
        check_parameter_hooks(task.parameters, "the step records the forward pass on copies")
    if engine.startswith("ghost"):
        check_parameter_hooks(task.parameters, f"{engine!r} computes gradients itself")
    if engine == "pushforward" and task.starts_at_zero:
        # With a virtual gradient that is zero, `check_adjoint` cannot find what a hook does.
        check_parameter_hooks(task.parameters, f"a sweep for {type(task.meta_model).__name__} would not see it")
    if not task.processes.alone:
        check_processes(task.model, task.meta_model, engine)
    agree_once(task.processes, {"model": task.model, "meta_model": task.meta_model, "sampler": task.sampler})
    with restored_on_error(task.model):
        result, training, products = ENGINES[engine](task)
        result = settled(result, training, task.processes)
        read = result.check_finite(beside=products)
        if products is not None:
            check_adjoint(read, result.logits.dtype)
        return result, training


def _along(make_pass: Callable[[TrainingBatch], TrainingPass], *, exact: bool) -> Callable[[MetaTask], Computed]:
    """The engine that carries the direction t to the logits by a training pass of this kind."""

    def engine(task: MetaTask) -> Computed:
        begun = task.run("virtual", lambda: virtual_section(make_pass, task))
        with phase(Phase.GATES):
            gates = task.draw_gates(begun.virtual.gate_inputs)
            selected = select(task, gates.detach())
        carried = task.run(selected.carried, lambda: meta_section(begun, selected, exact=exact))
        with phase(Phase.GATES):
            sampler_grads = _sampler_gradients(task.sampler, gates, carried.gate_grads)
        loss = begun.head.loss
        result = MetaGradient(
            sample_dots=carried.sample_dots,
            grads=carried.grads,
            sampler_grads=sampler_grads,
            layers=task.layers,
            gates=gates.detach(),
            gate_grads=carried.gate_grads if gates.requires_grad else None,
            loss=loss.value.detach(),
            meta_loss=carried.meta_loss,
            weights=None if loss.weights is None else loss.weights.detach(),
            logits=begun.training.logits,
        )
        return Computed(result, begun.training, carried.products)

    return engine


def _sampler_gradients(sampler: Sampler, gates: Tensor, gate_grads: Tensor | None) -> dict[str, Tensor]:
    """∂L/∂η by name, straight through the gates."""
    eta = trainable(sampler)
    if gate_grads is None or not gates.requires_grad:
        return {}
    found = torch.autograd.grad(gates, list(eta.values()), gate_grads.to(gates.dtype))
    return dict(zip(eta, found, strict=True))


ENGINES: dict[str, Callable[[MetaTask], Computed]] = {
    "pushforward": _along(exact_pass, exact=True),
    "ghost": _along(GhostPass, exact=True),
    "ghost_approximate": _along(partial(GhostPass, approximate=True), exact=False),
    "double_backward": double_backward,
    "finite_difference": _along(DifferencedPass, exact=False),
}
