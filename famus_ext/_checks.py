"""Checks of tensors at the public boundary: each raises naming the argument, what was expected and what came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real

import torch
from torch import Tensor

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def check_sequence(name: str, value: object) -> None:
    """Raise unless `value` is a sequence: a tensor would be taken apart, an iterator used up."""
    if isinstance(value, Tensor) or not isinstance(value, Sequence):
        raise TypeError(f"{name}: expected a list or tuple, got {type(value).__name__}")


def check_same_length(name: str, value: Sequence[object], other: str, expected: int) -> None:
    """Raise unless `value` has as many entries as the argument `other` has."""
    if len(value) != expected:
        raise ValueError(f"{name}: expected {expected} entries, as {other} has, got {len(value)}")


def check_tensor(name: str, value: object) -> None:
    """Raise unless `value` is a strided floating-point tensor that holds data."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}: expected a tensor, got {type(value).__name__}")
    if value.dtype not in DTYPES:
        raise TypeError(f"{name}: expected float16, bfloat16, float32 or float64, got {value.dtype}")
    if value.layout is not torch.strided:
        raise TypeError(f"{name}: expected a strided tensor, got {value.layout}")
    if value.is_meta:
        raise ValueError(f"{name}: expected a tensor with data, got one on the meta device")


def check_alike(name: str, value: Tensor, other: str, expected: Tensor) -> None:
    """Raise unless `value` has the shape, dtype and device of the tensor that the argument `other` holds."""
    if value.shape != expected.shape:
        raise ValueError(f"{name}: expected shape {tuple(expected.shape)}, as {other} has, got {tuple(value.shape)}")
    if value.dtype != expected.dtype:
        raise TypeError(f"{name}: expected {expected.dtype}, as {other} has, got {value.dtype}")
    if value.device != expected.device:
        raise ValueError(f"{name}: expected a tensor on {expected.device}, as {other} is, got one on {value.device}")


def check_finite(name: str, value: object) -> float:
    """`value` as a float; raise unless it is a finite real number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: expected a number, got {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"{name}: expected a finite number, got {value}")
    return float(value)
