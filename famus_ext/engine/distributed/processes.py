"""The processes of a torch.distributed program that take one step together, and what they say to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from famus_ext.engine.distributed.buckets import summed
from famus_ext.errors import NonFiniteError, ProcessError

if dist.is_available():
    # Its functions take the default group of the moment for a default argument. Imported once there is one, as a torch
    # optimizer does on its way, they hold it for good: destroy_process_group then leaves its threads behind, and one
    # that has a tensor to free while the interpreter ends aborts the process, or hangs.
    import torch.distributed.nn.functional

Result = TypeVar("Result")

FINE, NOT_FINITE, FAILED = range(3)
"""How a process has fared. A step that is not finite may be skipped, and then all skip it."""


class Processes:
    """Those that hold a part of the batch each; one that is alone sends nothing.

    A step of several processes is that of one with the joined batch, whatever the loss: all that is not linear in the
    examples lies in ℓ(z, y; θ), which needs logits and targets alone. They are gathered, every process computes the
    same head, goes backward through its own examples, and the gradients are summed.

    An error in one process would leave the others waiting for its message. So each says how it fared before a message
    is due (`together`), and all raise if one failed.

    Attributes:
        group: Who takes part; None is this process alone.
        device: Where messages lie: the network's device.
        count: How many there are.
        rank: Which one this is.
    """

    def __init__(self, group: dist.ProcessGroup | None = None, device: torch.device | str = "cpu") -> None:
        self.group = group
        self.device = torch.device(device)
        self.count = 1 if group is None else dist.get_world_size(group)
        self.rank = 0 if group is None else dist.get_rank(group)

    @classmethod
    def of(cls, model: nn.Module, group: dist.ProcessGroup | None = None) -> Processes:
        """The processes that a network is trained by.

        Args:
            model: The network.
            group: Who takes part; None is the group of a DistributedDataParallel, for any other network the default
                group if torch.distributed has been initialised.

        Raises:
            TypeError, ValueError: The group is none, or not one of this process.
        """
        if group is not None and not (dist.is_available() and isinstance(group, dist.ProcessGroup)):
            raise TypeError(f"process_group: expected a torch.distributed.ProcessGroup, got {type(group).__name__}")
        if not (dist.is_available() and dist.is_initialized() and isinstance(model, nn.Module)):
            return cls()
        if group is None:
            group = model.process_group if isinstance(model, DistributedDataParallel) else dist.group.WORLD
        if dist.get_rank(group) < 0:
            raise ValueError("process_group: expected a group that this process belongs to, got another")
        return cls(group, next((p.device for p in model.parameters()), "cpu"))

    @property
    def alone(self) -> bool:
        """Whether there is one process only."""
        return self.count == 1

    def together(
        self, compute: Callable[[], Result], facts: Callable[[Result], Sequence[int]] = lambda _: (), size: int = 0
    ) -> tuple[Result, list[list[int]]]:
        """Run `compute` in every process; learn `size` integers about each one's result, by process.

        Raises:
            NonFiniteError: It raised this in another process, and nothing else in any.
            ProcessError: It raised something else in another process. In that one its own error is raised.
        """
        if self.alone:
            result = compute()
            return result, [list(facts(result))]
        try:
            result = compute()
            known = [FINE, *facts(result)]
        except Exception as error:
            own = NOT_FINITE if isinstance(error, NonFiniteError) else FAILED
            self._stop_with_others(self.exchange([own, *[0] * size]), own)
            raise
        table = self.exchange(known)
        self._stop_with_others(table, FINE)
        return result, [row[1:] for row in table]

    def exchange(self, numbers: Sequence[int]) -> list[list[int]]:
        """The integers of every process, as many in each."""
        own = torch.tensor(numbers, dtype=torch.int64, device=self.device)
        return [row.tolist() for row in self._all_gather(own)]

    def gather_rows(self, tensors: Sequence[Tensor], sizes: Sequence[int]) -> list[Tensor]:
        """The rows of all processes, one process' after the other's, without a graph.

        One message, of bytes: logits and targets have different dtypes.

        Args:
            tensors: Each with as many rows as this process has examples; in every process of the same dtypes and shapes
                but for the number of rows.
            sizes: The number of examples of each process.
        """
        message = torch.cat([_bytes(tensor).to(self.device) for tensor in tensors])
        padded = message.new_zeros(len(message) // sizes[self.rank] * max(sizes))
        padded[: len(message)] = message
        received = self._all_gather(padded)
        row_bytes = [_bytes(tensor).numel() // sizes[self.rank] for tensor in tensors]
        # Each process' message holds the rows of the first tensor, then those of the second, and so on.
        parts = [
            torch.split(part, [size * width for width in row_bytes] + [len(part) - size * sum(row_bytes)])
            for part, size in zip(received, sizes, strict=True)
        ]
        return [
            torch.cat([part[index] for part in parts]).view(tensor.dtype).view(-1, *tensor.shape[1:]).to(tensor.device)
            for index, tensor in enumerate(tensors)
        ]

    def sum(self, tensors: list[Tensor]) -> list[Tensor]:
        """Σ_p t_p; the list is emptied. See `summed`."""
        if self.group is None or self.alone:
            return tensors
        with self._in_touch():
            return summed(tensors, self.group)

    def sum_by_name(
        self, compute: Callable[[], dict[str, Tensor | None]], like: Mapping[str, Tensor]
    ) -> dict[str, Tensor | None]:
        """Σ_p of the tensors that `compute` gives in each process, by name; None where it gives none in any.

        Args:
            compute: Gives each tensor, or None for zero; in each process others may be zero.
            like: Tensors of the shapes and dtypes, by name.
        """
        found, table = self.together(compute, lambda found: [found[name] is not None for name in like], len(like))
        if self.alone:
            return found
        names = [name for name, present in zip(like, zip(*table, strict=True), strict=True) if any(present)]
        terms = [torch.zeros_like(like[name]) if (term := found[name]) is None else term for name in names]
        del term
        found.clear()
        return {**dict.fromkeys(like), **dict(zip(names, self.sum(terms), strict=True))}

    def from_first(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Process 0's tensors, without a graph; of the same shapes and dtypes in every process."""
        if self.group is None or self.alone or not tensors:
            return [tensor.detach() for tensor in tensors]
        message = torch.cat([_bytes(tensor).to(self.device) for tensor in tensors])
        with self._in_touch():
            dist.broadcast(message, dist.get_global_rank(self.group, 0), self.group)
        parts = torch.split(message, [_bytes(tensor).numel() for tensor in tensors])
        return [
            part.clone().view(tensor.dtype).view(tensor.shape).to(tensor.device)
            for part, tensor in zip(parts, tensors, strict=True)
        ]

    def _stop_with_others(self, table: Sequence[Sequence[int]], own: int) -> None:
        """Raise if another process has fared worse than this one."""
        fared = [row[0] for row in table]
        worst = max(fared)
        if worst == own:
            return
        other = fared.index(worst)
        if worst == NOT_FINITE:
            raise NonFiniteError(f"something in process {other} is not finite, whose own message says what")
        raise ProcessError(f"process {self.rank} stops because process {other} has failed, whose own message says why")

    def _all_gather(self, own: Tensor) -> list[Tensor]:
        """Every process' tensor."""
        found = [torch.empty_like(own) for _ in range(self.count)]
        with self._in_touch():
            dist.all_gather(found, own, group=self.group)
        return found

    @contextmanager
    def _in_touch(self) -> Iterator[None]:
        """Say in words that another process is gone or hangs."""
        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            raise ProcessError(
                f"process {self.rank} has lost touch with the others: one of the {self.count} has ended, hangs, or is "
                f"at another place in its program ({_first_line(error)})"
            ) from error


ALONE = Processes()


def _bytes(tensor: Tensor) -> Tensor:
    """The entries as uint8, one after the other."""
    return tensor.detach().contiguous().view(-1).view(torch.uint8)


def _first_line(error: Exception) -> str:
    """The first line of an error's message."""
    return next(iter(str(error).splitlines()), type(error).__name__)
