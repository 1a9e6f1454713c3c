"""Independent random streams from one seed."""

from __future__ import annotations

import hashlib

import torch


def stream_seed(seed: int, stream: str) -> int:
    """A 63-bit seed for the named stream: the first bits of SHA-256 of `"<stream>/<seed>"`."""
    digest = hashlib.sha256(f"{stream}/{seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, stream: str) -> torch.Generator:
    """A generator on the CPU of its own for every (seed, stream) pair.

    What is drawn from one stream (the noise, say) then never depends on how much was drawn from another (the
    batches), so methods that are compared under one seed share split, labels, initial weights and batches.

    Args:
        seed: The experiment's seed.
        stream: What the numbers are for, such as `"noise"`.
    """
    return torch.Generator().manual_seed(stream_seed(seed, stream))
