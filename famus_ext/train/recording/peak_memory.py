"""The most memory that training has taken."""

from __future__ import annotations

import sys

import torch

BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024
"""What `ru_maxrss` counts in."""


def reset_peak_memory(device: torch.device) -> None:
    """Lets a GPU's peak begin anew; a process has but one for its whole life."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory_bytes(device: torch.device) -> int | None:
    """The peak in bytes, which means two things.

    On a GPU: of what PyTorch has allocated for tensors there since `reset_peak_memory`. On a CPU: of the process'
    resident set since it began, with Python, the libraries and whatever it did before. None where neither is known,
    as on Apple's GPUs.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type != "cpu":
        return None
    try:
        import resource
    except ModuleNotFoundError:  # not a Unix
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_OF_MAXRSS
