"""The processes of one experiment, as torchrun starts them: who reads which examples, who writes.

Every process draws the same batches and takes its part of each, so the number of processes changes no step: it changes
who computes what. Process 0 writes the folder and speaks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from famus_ext.engine.distributed.processes import ALONE, Processes
from famus_ext.train.options.check import require

Result = TypeVar("Result")

TIMEOUT = timedelta(minutes=10)
"""How long a process waits for another's message before it gives up; one that has ended is noticed at once."""


@contextmanager
def launched() -> Iterator[Processes]:
    """The processes that torchrun has started; this one alone where it was started without.

    Messages of tensors on a GPU go by NCCL, on the CPU by gloo.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or not dist.is_available():
        yield ALONE
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", timeout=TIMEOUT)
    try:
        yield Processes(dist.group.WORLD)
    finally:
        dist.destroy_process_group()


def speaks() -> bool:
    """Whether this process is the one that prints."""
    return not (dist.is_available() and dist.is_initialized()) or dist.get_rank() == 0


def check_parts(batches: Mapping[str, int], count: int) -> None:
    """Raises `OptionError` unless every process has an example of every batch.

    Args:
        batches: The smallest batch by the option that decides it.
        count: The number of processes.
    """
    for option, smallest in batches.items():
        require(smallest >= count, option, f"at least {count}, an example for each process", smallest)


def own_part(positions: Tensor, processes: Processes) -> Tensor:
    """The examples of a batch `[n]` that this process takes; the numbers differ by at most one over processes."""
    return positions.tensor_split(processes.count)[processes.rank]


def rows_of_all(own: Tensor, size: int, processes: Processes) -> Tensor:
    """The rows of all processes, from those of the own part of `size` examples."""
    if processes.alone:
        return own
    sizes = [len(part) for part in torch.arange(size).tensor_split(processes.count)]
    (rows,) = processes.gather_rows([own], sizes)
    return rows


def from_first(compute: Callable[[], Result], processes: Processes) -> Result:
    """What process 0 computes, in every process; an error there is one in all."""
    if processes.alone:
        return compute()
    results: list[Any] = [None]

    def compute_in_first() -> None:
        if processes.rank == 0:
            results[0] = compute()

    processes.together(compute_in_first)
    dist.broadcast_object_list(results, 0, processes.group, torch.device("cpu"))
    result: Result = results[0]
    return result


def largest(number: int, processes: Processes) -> int:
    """The largest of the processes' numbers."""
    return number if processes.alone else max(row[0] for row in processes.exchange([number]))
