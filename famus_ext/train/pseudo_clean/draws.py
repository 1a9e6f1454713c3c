"""Which examples each step of an epoch looks at."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from famus_ext.data.batches import meta_batch, num_batches
from famus_ext.train.pseudo_clean.division import Division


@dataclass(frozen=True)
class Draw:
    """Positions in the training set, int64 on the CPU: `labelled` [n], `unlabelled` [n], `meta` [m]."""

    labelled: Tensor
    unlabelled: Tensor
    meta: Tensor

    @property
    def positions(self) -> Tensor:
        """All of them, in this order, [2n + m]."""
        return torch.cat([self.labelled, self.unlabelled, self.meta])

    @property
    def training(self) -> Tensor:
        """Those of the training batch, [2n]."""
        return torch.cat([self.labelled, self.unlabelled])


def draw_epoch(division: Division, batch_size: int, meta_batch_size: int, generator: torch.Generator) -> list[Draw]:
    """The steps of an epoch of one network.

    Each looks at as many unlabelled examples as labelled ones. The epoch ends when every example has been looked at:
    the smaller of the two sets begins anew, in another order, where it ends before.

    Args:
        division: The sets.
        batch_size: The largest n.
        meta_batch_size: The largest m; less where the meta set is smaller.
        generator: Source of randomness, on the CPU.
    """
    labelled, unlabelled, meta = (
        mask.cpu().nonzero().squeeze(1) for mask in (division.labelled, ~division.labelled, division.meta)
    )
    size = max(len(labelled), len(unlabelled))
    parts = num_batches(size, batch_size)
    batches = zip(
        _repeated(labelled, size, generator).tensor_split(parts),
        _repeated(unlabelled, size, generator).tensor_split(parts),
        strict=True,
    )
    return [Draw(some, others, meta[meta_batch(len(meta), meta_batch_size, generator)]) for some, others in batches]


def _repeated(positions: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """The first `size` of one random order of the positions after the other."""
    rounds = -(-size // len(positions))
    orders = [positions[torch.randperm(len(positions), generator=generator)] for _ in range(rounds)]
    return torch.cat(orders)[:size]
