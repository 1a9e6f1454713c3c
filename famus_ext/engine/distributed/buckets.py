"""Sums over processes in flat buckets: a network has hundreds of small tensors, and a message has a fixed cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.distributed as dist
from torch import Tensor

BUCKET_BYTES = 25 * 2**20
"""As large as DistributedDataParallel's: long enough for full bandwidth, short enough that copies hide behind sends."""


def summed(tensors: list[Tensor], group: dist.ProcessGroup) -> list[Tensor]:
    """Σ_p t_p over the processes of a group, for tensors of the same shapes and dtypes in each.

    The buckets are on their way while the next are filled. Every process gets the same bits.

    Args:
        tensors: t; the list is emptied as it goes, so that no gradient is held twice.
        group: The processes.

    Returns:
        The sums, contiguous, those of one bucket in one piece of memory.
    """
    shapes = [tensor.shape for tensor in tensors]
    sums = list(tensors)
    tensors.clear()
    pending = []
    for indices in _buckets(sums):
        flat = torch.cat([sums[index].detach().reshape(-1) for index in indices])
        for index in indices:
            # What is summed is not needed any more.
            sums[index] = flat
        pending.append((indices, flat, dist.all_reduce(flat, group=group, async_op=True)))
    for indices, flat, work in pending:
        work.wait()
        parts = torch.split(flat, [shapes[index].numel() for index in indices])
        for index, part in zip(indices, parts, strict=True):
            sums[index] = part.view(shapes[index])
    return sums


def _buckets(tensors: Sequence[Tensor]) -> Iterator[list[int]]:
    """Which tensors go together: one after the other, of one dtype, up to the bucket's size."""
    bucket: list[int] = []
    size = 0
    for index, tensor in enumerate(tensors):
        if bucket and (tensor.dtype != tensors[bucket[0]].dtype or size >= BUCKET_BYTES):
            yield bucket
            bucket, size = [], 0
        bucket.append(index)
        size += tensor.numel() * tensor.element_size()
    if bucket:
        yield bucket
