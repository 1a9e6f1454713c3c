"""That all processes train one network: checked before the first step, kept so in every step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from weakref import WeakKeyDictionary

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from famus_ext.engine.distributed.processes import Processes
from famus_ext.engine.passes.protocol import TrainingPass
from famus_ext.engine.result import MetaGradient

_agreed: WeakKeyDictionary[nn.Module, set[tuple[int, ...]]] = WeakKeyDictionary()
"""The groups of processes, by their ranks, that have compared a module: in a larger one some have not."""

INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""An integer type for each size of an entry."""


def agree_once(processes: Processes, modules: Mapping[str, nn.Module]) -> None:
    """Compare modules over processes, each before its first step.

    Args:
        processes: Who takes part.
        modules: The modules by the argument that they came as.

    Raises:
        ValueError: A parameter, or a buffer outside a DistributedDataParallel, differs; raised in every process.
    """
    if processes.alone:
        return
    group = tuple(dist.get_process_group_ranks(processes.group))
    for argument, module in modules.items():
        if group not in _agreed.setdefault(module, set()):
            _check_agreement(processes, argument, module)
            _agreed[module].add(group)


@torch.no_grad()
def share_buffers(model: nn.Module, processes: Processes) -> None:
    """Take process 0's buffers, as DistributedDataParallel does before a forward pass.

    So running statistics are those of process 0's examples. A DistributedDataParallel with `broadcast_buffers=False`
    keeps its own.
    """
    if processes.alone or (isinstance(model, DistributedDataParallel) and not model.broadcast_buffers):
        return
    buffers = list(model.buffers())
    for buffer, first in zip(buffers, processes.from_first(buffers), strict=True):
        buffer.copy_(first)


def settled(result: MetaGradient, training: TrainingPass, processes: Processes) -> MetaGradient:
    """The result with this process' own rows, and with process 0's gradients for θ and η.

    All have computed the same, but rounding need not be the same on all machines, nor a sampler's draw in all
    processes; with gradients of their own they would slowly drift apart.
    """
    if processes.alone:
        return result
    first = iter(processes.from_first([*result.grads.values(), *result.sampler_grads.values()]))
    return replace(
        result,
        grads={name: next(first) for name in result.grads},
        sampler_grads={name: next(first) for name in result.sampler_grads},
        sample_dots=None if result.sample_dots is None else training.own(result.sample_dots),
        weights=None if result.weights is None else training.own(result.weights),
        logits=training.own(result.logits),
    )


def _check_agreement(processes: Processes, argument: str, module: nn.Module) -> None:
    """Raise unless all tensors of a module are the same in every process."""
    # After steps of the user's own, the running statistics in a DistributedDataParallel are not the same.
    buffers = [] if isinstance(module, DistributedDataParallel) else module.named_buffers()
    tensors = dict([*module.named_parameters(), *buffers])
    counts = [count for (count,) in processes.exchange([len(tensors)])]
    if len(set(counts)) > 1:
        raise ValueError(f"{argument}: expected the same module in every process, got {counts} tensors")
    if not tensors:
        return
    sums = processes.exchange([_checksum(tensor) for tensor in tensors.values()])
    for name, *values in zip(tensors, *sums, strict=True):
        if len(set(values)) > 1:
            other = next(process for process, value in enumerate(values) if value != values[0])
            raise ValueError(
                f"{argument}: expected the same parameters and buffers in every process before the first step, got "
                f"another {name} in process {other} than in process 0; load one state in all, or build the module from "
                "one seed (DistributedDataParallel copies process 0's network)"
            )


@torch.no_grad()
def _checksum(tensor: Tensor) -> int:
    """The sum of the entries' bits, read as integers."""
    plain = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    return int(plain.detach().contiguous().view(INTEGERS[plain.element_size()]).sum(dtype=torch.int64))
