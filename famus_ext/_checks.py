"""Checks of arguments at the public boundary: each raises naming the argument, what was expected and what came.

An entry of a list is named by the argument and its indices, as in ``gradients[3]``; the name is only put together when
a check fails, since ops are called for hundreds of tensors a step.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from numbers import Real
from operator import attrgetter

import torch
from torch import Tensor

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)

_PLAIN = {Tensor, torch.nn.Parameter}
_KIND = attrgetter("dtype", "device", "layout")


def label(name: str, index: tuple[int, ...]) -> str:
    """The entry of an argument, as a caller would write it."""
    return name + "".join(f"[{i}]" for i in index)


def check_sequence(value: object, name: str, *index: int) -> None:
    """Raise unless `value` is a sequence: a tensor would be taken apart, an iterator used up."""
    if type(value) is list or type(value) is tuple:
        return
    if isinstance(value, Tensor) or not isinstance(value, Sequence):
        raise TypeError(f"{label(name, index)}: expected a list or tuple, got {type(value).__name__}")


def check_same_length(value: Sequence[object], name: str, partner: Sequence[object], other: str, *index: int) -> None:
    """Raise unless `value` has as many entries as its partner in the argument `other`."""
    if len(value) != len(partner):
        expected = f"{len(partner)} entries, as {label(other, index)} has"
        raise ValueError(f"{label(name, index)}: expected {expected}, got {len(value)}")


def check_tensor(value: object, name: str, *index: int) -> None:
    """Raise unless `value` is a strided floating-point tensor that holds data."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{label(name, index)}: expected a tensor, got {type(value).__name__}")
    if value.dtype not in DTYPES:
        expected = "float16, bfloat16, float32 or float64"
        raise TypeError(f"{label(name, index)}: expected {expected}, got {value.dtype}")
    if value.layout is not torch.strided:
        raise TypeError(f"{label(name, index)}: expected a strided tensor, got {value.layout}")
    if value.is_meta:
        raise ValueError(f"{label(name, index)}: expected a tensor with data, got one on the meta device")
    # Memory holds its entries with the other sign; a function that torch.compile traces reads none.
    if not torch.compiler.is_compiling() and value.is_neg():
        raise ValueError(
            f"{label(name, index)}: expected a tensor without a pending negation, call resolve_neg() first"
        )


def check_alike(value: Tensor, name: str, partner: Tensor, other: str, *index: int) -> None:
    """Raise unless `value` has the shape, dtype and device of its partner in the argument `other`."""
    if value.shape != partner.shape:
        expected = f"shape {tuple(partner.shape)}, as {label(other, index)} has"
        raise ValueError(f"{label(name, index)}: expected {expected}, got {tuple(value.shape)}")
    if value.dtype != partner.dtype:
        expected = f"{partner.dtype}, as {label(other, index)} has"
        raise TypeError(f"{label(name, index)}: expected {expected}, got {value.dtype}")
    if value.device != partner.device:
        expected = f"a tensor on {partner.device}, as {label(other, index)} is"
        raise ValueError(f"{label(name, index)}: expected {expected}, got one on {value.device}")


def check_pairs(
    a: Sequence[Tensor], name: str, b: Sequence[Tensor], other: str, places: Iterable[tuple[int, ...]]
) -> set[tuple[torch.dtype, torch.device]]:
    """The dtypes and devices of pairs; raise unless all are as `check_tensor` and `check_alike` ask.

    Args:
        a: Of the argument `name`.
        name: For an error.
        b: As many, of the argument `other`.
        other: For an error.
        places: The indices of each pair in its argument; only looked at where something may be wrong.
    """
    kinds = None if torch.compiler.is_compiling() else _kinds(a, b)
    if kinds is None:
        for x, y, place in zip(a, b, places, strict=True):
            check_tensor(x, name, *place)
            check_tensor(y, other, *place)
            check_alike(y, other, x, name, *place)
        kinds = {(x.dtype, x.device) for x in a}
    return kinds


def _kinds(a: Sequence[Tensor], b: Sequence[Tensor]) -> set[tuple[torch.dtype, torch.device]] | None:
    """What `check_pairs` returns, without a call in Python for a tensor; None where something may be wrong.

    An op takes hundreds of tensors a step: a check of each by itself takes longer than the kernel of small ones.
    """
    if not {*map(type, a), *map(type, b)} <= _PLAIN:
        return None
    kinds = list(map(_KIND, a))
    fit = (
        kinds == list(map(_KIND, b))
        and all(map(Tensor.is_same_size, a, b))
        and not any(map(Tensor.is_neg, itertools.chain(a, b)))
        and all(d in DTYPES and device.type != "meta" and layout is torch.strided for d, device, layout in set(kinds))
    )
    return {(dtype, device) for dtype, device, _ in set(kinds)} if fit else None


def check_positive_integer(value: object, name: str) -> int:
    """`value`; raise unless it is an integer of at least 1."""
    return _integer_of_at_least(1, value, name)


def check_not_negative_integer(value: object, name: str) -> int:
    """`value`; raise unless it is an integer of at least 0."""
    return _integer_of_at_least(0, value, name)


def _integer_of_at_least(least: int, value: object, name: str) -> int:
    """`value`; raise unless it is an integer that large."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name}: expected at least {least}, got {value}")
    return value


def check_flag(value: object, name: str) -> bool:
    """`value`; raise unless it is True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{name}: expected True or False, got {type(value).__name__}")
    return value


def check_positive(value: object, name: str) -> float:
    """`value` as a float; raise unless it is a finite real number above 0."""
    number = check_finite(value, name)
    if number <= 0:
        raise ValueError(f"{name}: expected a positive number, got {value}")
    return number


def check_not_negative(value: object, name: str) -> float:
    """`value` as a float; raise unless it is a finite real number of at least 0."""
    number = check_finite(value, name)
    if number < 0:
        raise ValueError(f"{name}: expected a number >= 0, got {value}")
    return number


def check_finite(value: object, name: str, *index: int) -> float:
    """`value` as a float; raise unless it is a finite real number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{label(name, index)}: expected a number, got {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"{label(name, index)}: expected a finite number, got {value}")
    return float(value)
