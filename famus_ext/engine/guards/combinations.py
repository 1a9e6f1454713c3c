"""Which meta models, engines and schedules go together; what does not is refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer
from torch.optim.optimizer import _global_optimizer_pre_hooks

from famus_ext.engine.updates.jacobians import FACTORS
from famus_ext.engine.updates.wrapped import innermost
from famus_ext.meta_models import BatchMetaModel, SemiSupervised

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
    kind = type(innermost(optimizer))
    if kind not in FACTORS:
        raise ValueError(
            f'schedule: "merged" needs the derivative of the optimizer\'s step, which is known for {known}; '
            f'got {kind.__name__}; use "paper"'
        )
    check_step_hooks(optimizer)


def check_step_hooks(optimizer: Optimizer) -> None:
    """Raise if a hook may change what the merged schedule's step is given."""
    if innermost(optimizer)._optimizer_step_pre_hooks or _global_optimizer_pre_hooks:
        raise ValueError(
            'schedule: "merged" differentiates the optimizer\'s step, which a hook before it may change: remove the '
            "hook (clip_norm clips the gradient)"
        )


def check_distribution(model: nn.Module) -> None:
    """Raise for a network whose parameters or gradients are distributed in a way that the engines do not know."""
    for module in model.modules():
        if isinstance(module, DistributedDataParallel):
            if module is not model:
                raise ValueError("model: expected DistributedDataParallel around the whole network, got it inside")
            if module.mixed_precision is not None:
                raise ValueError(
                    "model: DistributedDataParallel(mixed_precision=...) casts parameters in hooks of its own; use "
                    "torch.autocast"
                )
            if getattr(module, "_comm_hooks", None):
                raise ValueError("model: the engines sum gradients themselves and would pass by the communication hook")
        if type(module).__name__ == "FullyShardedDataParallel":
            raise NotImplementedError(f"model: parameters sharded by {type(module).__name__} are not supported")
    for name, parameter in model.named_parameters():
        # A DTensor, as FSDP2 and tensor parallelism make them.
        if hasattr(parameter, "device_mesh"):
            raise NotImplementedError(
                f"model: the parameter {name} is sharded (a {type(parameter).__name__}), as by fully_shard; expected "
                "whole ones, as with DistributedDataParallel"
            )


def check_processes(model: nn.Module, meta_model: nn.Module, engine: str) -> None:
    """Raise for what several processes cannot do together."""
    if engine == "double_backward" and any(isinstance(module, nn.SyncBatchNorm) for module in model.modules()):
        raise ValueError(
            'engine: "double_backward" cannot differentiate torch.nn.SyncBatchNorm twice, whose backward is not '
            'differentiable; "pushforward" passes it'
        )
    if isinstance(meta_model, SemiSupervised) and meta_model.num_labelled is not None:
        raise ValueError(
            "meta_model: num_labelled counts the first rows of a batch, and those of several processes come one "
            "process after the other; mark the labelled rows in the targets: num_labelled=None"
        )


def check_parameter_hooks(parameters: Mapping[str, Tensor], reason: str) -> None:
    """Raise if a parameter has a hook on its gradient, which would not run or not count."""
    for name, parameter in parameters.items():
        if parameter._backward_hooks or getattr(parameter, "_post_accumulate_grad_hooks", None):
            raise ValueError(f"model: the parameter {name} has a hook on its gradient, but {reason}; remove the hook")
