"""A network's buffers (running statistics and the like), and keeping them as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def buffer_copies(model: nn.Module) -> dict[str, Tensor]:
    """Copies of the buffers by name, for a forward pass to update in their place."""
    names, buffers = zip(*named, strict=True) if (named := list(model.named_buffers())) else ((), ())
    return dict(zip(names, _copies(buffers), strict=True))


class BufferState:
    """The buffers as they are when this is made."""

    def __init__(self, model: nn.Module) -> None:
        slots = [
            (module, name, b) for module in model.modules() for name, b in module._buffers.items() if b is not None
        ]
        copies = _copies([buffer for _, _, buffer in slots])
        self._slots = [(*slot, slot[2]._version, copy) for slot, copy in zip(slots, copies, strict=True)]

    @property
    def written(self) -> bool:
        """Whether Python has written to a buffer since; BatchNorm counts its batches there."""
        return any(buffer._version != version for _, _, buffer, version, _ in self._slots)

    def restore(self) -> None:
        """Put back the tensors that were there, and their values."""
        for module, name, buffer, _, value in self._slots:
            module._buffers[name] = buffer
            # Not a change to a graph that holds the buffer: its value is what the graph's forward pass left.
            buffer.data.copy_(value)


@contextmanager
def restored_on_error(model: nn.Module) -> Iterator[None]:
    """Put the buffers back if the block raises: a NaN in a batch must not reach running statistics."""
    buffers = BufferState(model)
    try:
        yield
    except BaseException:
        buffers.restore()
        raise


@torch.no_grad()
def _copies(tensors: Sequence[Tensor]) -> list[Tensor]:
    """A copy of each tensor, in a launch a dtype: a network has dozens of small buffers."""
    copies = list(tensors)
    members: dict[torch.dtype, list[int]] = {}
    for index, tensor in enumerate(tensors):
        members.setdefault(tensor.dtype, []).append(index)
    for dtype, indices in members.items():
        group = [tensors[index] for index in indices]
        fresh = [tensor.clone() for tensor in group] if dtype == torch.bool else torch._foreach_add(group, 0)
        for index, copy in zip(indices, fresh, strict=True):
            copies[index] = copy
    return copies
