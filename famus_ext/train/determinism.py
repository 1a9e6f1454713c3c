"""Runs that are the same to the bit on one device."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
WORKSPACE_SIZE = ":4096:8"
"""The size that NVIDIA names for reproducible results of cuBLAS; read when a process first uses it."""


@contextmanager
def deterministic(wanted: bool) -> Iterator[None]:
    """Has PyTorch take deterministic algorithms, and fail where an operation has none.

    Source: PyTorch, "Reproducibility".

    Args:
        wanted: Whether; otherwise nothing is changed.
    """
    if not wanted:
        yield
        return
    os.environ.setdefault(WORKSPACE, WORKSPACE_SIZE)
    cudnn = torch.backends.cudnn
    before = torch.are_deterministic_algorithms_enabled(), cudnn.deterministic, cudnn.benchmark
    torch.use_deterministic_algorithms(True)
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        cudnn.deterministic, cudnn.benchmark = before[1:]
