"""The widest floating-point numbers that a device has: float64, but for Apple's GPUs."""

from __future__ import annotations

import torch
from torch import Tensor


def holds_float64(device: torch.device) -> bool:
    """Whether a device has float64 tensors; Apple's GPUs ("mps") have none."""
    return device.type != "mps"


def widest_dtype(device: torch.device) -> torch.dtype:
    """float64, or float32 where the device has no float64."""
    return torch.float64 if holds_float64(device) else torch.float32


def widened(tensor: Tensor) -> Tensor:
    """The tensor in the widest dtype of its device."""
    return tensor.to(widest_dtype(tensor.device))
