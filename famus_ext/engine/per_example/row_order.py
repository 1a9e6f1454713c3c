"""Where the examples are in an activation: ahead of all else, or behind the positions of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from torch import Tensor


class RowOrder(Enum):
    """How an activation's entries belong to the N examples.

    LEADING: shape [N k, ...], an example's k rows next to each other; or [1, N k, ...], as in instance normalisation.
    INTERLEAVED: shape [k N, ...], all first rows, then all second ones (a sequence-first layer that flattens).
    SECOND: shape [k, N, ...].
    """

    LEADING = "leading"
    INTERLEAVED = "interleaved"
    SECOND = "second"

    def fits(self, shape: Sequence[int], size: int) -> bool:
        """Whether an activation of this shape can be in this order."""
        if self is RowOrder.SECOND:
            return len(shape) > 1 and shape[1] == size
        if self is RowOrder.LEADING and len(shape) > 1 and shape[0] == 1:
            return shape[1] > 0 and shape[1] % size == 0
        return len(shape) > 0 and shape[0] > 0 and shape[0] % size == 0

    def rows(self, activation: Tensor, size: int) -> Tensor:
        """The activation as [N, entries of an example]."""
        if self is RowOrder.LEADING:
            return activation.reshape(size, -1)
        apart = activation if self is RowOrder.SECOND else activation.reshape(-1, size, *activation.shape[1:])
        return apart.transpose(0, 1).reshape(size, -1)

    def scaled(self, activation: Tensor, scales: Tensor) -> Tensor:
        """The activation with each example's entries times its scale; scales [N]."""
        scales = scales.to(activation.dtype)
        if self is RowOrder.SECOND:
            return activation * scales.view(1, -1, *[1] * (activation.dim() - 2))
        if len(activation) == 1:
            return (activation.reshape(len(scales), -1) * scales[:, None]).view(activation.shape)
        repeats = len(activation) // len(scales)
        rows = scales.repeat_interleave(repeats) if self is RowOrder.LEADING else scales.repeat(repeats)
        return activation * rows.view(-1, *[1] * (activation.dim() - 1))
