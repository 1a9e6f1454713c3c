"""Which meta models, engines and schedules go together; what does not is refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import _global_optimizer_pre_hooks

from famus_ext.engine.updates.jacobians import FACTORS
from famus_ext.meta_models import BatchMetaModel

Schedule = Literal["paper", "merged"]


def check_combination(
    meta_model: nn.Module,
    engine: str,
    schedule: Schedule,
    optimizer: Optimizer,
    *,
    every: int,
    micro_batches: int,
    recompute: bool,
) -> None:
    """Raise ValueError for arguments of MetaStep that exclude each other."""
    if schedule not in get_args(Schedule):
        raise ValueError(f"schedule: expected one of {get_args(Schedule)}, got {schedule!r}")
    owner = type(meta_model).__name__
    if isinstance(meta_model, BatchMetaModel):
        if schedule == "merged":
            raise ValueError(
                f'schedule: "merged" steps the network before there are weights for the batch, and those of {owner} '
                'belong to one batch; use "paper"'
            )
        if every > 1:
            raise ValueError(f"every: {owner} has no weights for a batch without a meta step, expected 1, got {every}")
    if schedule == "merged":
        _check_merged(optimizer)
    _check_memory(engine, micro_batches, recompute)


def _check_memory(engine: str, micro_batches: int, recompute: bool) -> None:
    """Raise unless the engine can do with less than the graph of the whole batch."""
    for name, asked in (("micro_batches", micro_batches > 1), ("recompute", recompute)):
        if asked and engine != "pushforward":
            raise ValueError(
                f'{name}: only engine="pushforward" can do without a part of the graph for a time, since {engine!r} '
                "needs the graph of the whole batch at once"
            )
    if recompute and micro_batches > 1:
        raise ValueError("recompute: expected False with micro_batches > 1, whose parts are recorded anew anyway")


def _check_merged(optimizer: Optimizer) -> None:
    """Raise unless the derivative of the optimizer's step is known."""
    known = ", ".join(kind.__name__ for kind in FACTORS)
    if type(optimizer) not in FACTORS:
        raise ValueError(
            f'schedule: "merged" needs the derivative of the optimizer\'s step, which is known for {known}; '
            f'got {type(optimizer).__name__}; use "paper"'
        )
    check_step_hooks(optimizer)


def check_step_hooks(optimizer: Optimizer) -> None:
    """Raise if a hook may change what the merged schedule's step is given."""
    if optimizer._optimizer_step_pre_hooks or _global_optimizer_pre_hooks:
        raise ValueError(
            'schedule: "merged" differentiates the optimizer\'s step, which a hook before it may change: remove the '
            "hook (clip_norm clips the gradient)"
        )


def check_parameter_hooks(parameters: Mapping[str, Tensor], reason: str) -> None:
    """Raise if a parameter has a hook on its gradient, which would not run or not count."""
    for name, parameter in parameters.items():
        if parameter._backward_hooks or getattr(parameter, "_post_accumulate_grad_hooks", None):
            raise ValueError(f"model: the parameter {name} has a hook on its gradient, but {reason}; remove the hook")
