"""What is measured of an op: one call on inputs of one size, and the rivals that compute the same."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Families = tuple[list[Tensor], ...]
"""Tensors that belong together, family by family: arguments, or results."""


@dataclass(frozen=True)
class Case:
    """An op on inputs of one size and dtype, and the best that PyTorch's own operations do.

    Attributes:
        op: name in `famus_ext.ops`.
        size: what the inputs are, in words.
        inputs: what `native` and `eager` are called with.
        native: the op.
        eager: the same by PyTorch's own operations, in the fastest way that is known.
        compiled: makes the same through torch.compile; compiles `eager` as a whole where it is None.
        bytes: that must move: every input read once (or twice, where a sum over it comes first), every output written.
        flops: multiplications and additions of an op that is bound by them; None where memory traffic bounds it.
    """

    op: str
    size: str
    inputs: Families
    native: Callable[..., Families]
    eager: Callable[..., Families]
    bytes: int
    compiled: Callable[[], Callable[..., Families]] | None = None
    flops: int | None = None

    @property
    def dtype(self) -> torch.dtype:
        """Of the first input."""
        return self.inputs[0][0].dtype

    @property
    def device(self) -> torch.device:
        """Of every input."""
        return self.inputs[0][0].device

    def compile(self) -> Callable[..., Families]:
        """The rival that torch.compile makes; it compiles at its first call."""
        return torch.compile(self.eager, dynamic=False) if self.compiled is None else self.compiled()

    def error(self) -> float:
        """The largest relative error of a family of results beside `eager` in float64, in the 2-norm."""
        exact = self.eager(*([tensor.double() for tensor in family] for family in self.inputs))
        return max(map(_relative_error, self.native(*self.inputs), exact))


def _relative_error(found: list[Tensor], exact: list[Tensor]) -> float:
    """Of all entries of a family together."""
    value, reference = (torch.cat([tensor.flatten().double() for tensor in family]) for family in (found, exact))
    return ((value - reference).norm() / reference.norm()).item()


def total_bytes(*families: list[Tensor]) -> int:
    """Of all tensors."""
    return sum(tensor.numel() * tensor.element_size() for family in families for tensor in family)
