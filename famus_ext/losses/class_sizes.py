"""The number of training examples of each class, as the losses for long tails take it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def per_class(values: Sequence[float] | Tensor, name: str, at_least: float) -> Tensor:
    """One finite number a class, none below `at_least`, as float64 [C] on the CPU.

    Raises:
        TypeError: The values are no real numbers.
        ValueError: There are none, they have another shape than [C], or one is too small or not finite.
    """
    try:
        found = torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{name}: expected a number for each class, got {type(values).__name__}") from error
    if found.dtype == torch.bool or found.is_complex():
        raise TypeError(f"{name}: expected real numbers, got {found.dtype}")
    if found.dim() != 1 or not len(found):
        raise ValueError(f"{name}: expected shape [C], a number for each class, got {list(found.shape)}")
    found = found.detach().to("cpu", torch.float64)
    wrong = ~(found.isfinite() & (found >= at_least))
    if wrong.any():
        index = int(wrong.nonzero()[0])
        raise ValueError(f"{name}[{index}]: expected a finite number of at least {at_least:g}, got {found[index]:g}")
    return found.clone()


def check_class_sizes(class_sizes: Sequence[float] | Tensor) -> Tensor:
    """Class sizes n [C], float64; every class has an example, or its weight and margin would be infinite."""
    return per_class(class_sizes, "class_sizes", at_least=1)
