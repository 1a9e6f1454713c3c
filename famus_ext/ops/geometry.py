"""How a layer's output follows from its input and its parameters: what products of gradients need to know of it.

Each is linear in its weight and bias, and treats the examples, the first dimension of x [N, ...], one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

from famus_ext._checks import check_not_negative_integer, check_positive_integer, check_sequence, check_tensor

Axis: TypeAlias = tuple[int, int, int, int, int, int]
"""Of one dimension of a convolution: sizes of the input, the output and the kernel; stride, padding and dilation."""

SPATIAL = 3
"""Dimensions that kernels have a convolution in; those that are missing come first and have one entry."""


@dataclass(frozen=True)
class Linear:
    """y[..., o] = Σ_c w[o, c] x[..., c] + b[o], for x [N, ..., C], w [O, C], b [O]."""


@dataclass(frozen=True)
class Convolution:
    """y[o, q] = Σ_{c, k} w[o, c, k] x[c, q stride + k dilation - padding] + b[o], in groups of channels.

    For x [N, C, ...], w [O, C / groups, *kernel_size], b [O]; x is zero outside, and not transposed.

    Attributes:
        kernel_size: An entry for each of the one to three spatial dimensions; the next three too.
        stride: Between two places of the window.
        padding: Zeros on both sides.
        dilation: Between two entries of the window.
        groups: Into which channels are divided.

    Raises:
        TypeError: An attribute of another type.
        ValueError: Lengths that differ, none or more than three spatial dimensions, a number that is too small.
    """

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int = 1

    def __post_init__(self) -> None:
        checks = [check_positive_integer, check_positive_integer, check_not_negative_integer, check_positive_integer]
        for name, check in zip(("kernel_size", "stride", "padding", "dilation"), checks, strict=True):
            value = getattr(self, name)
            check_sequence(value, name)
            if len(value) != len(self.kernel_size):
                raise ValueError(
                    f"{name}: expected {len(self.kernel_size)} entries, as kernel_size has, got {len(value)}"
                )
            for index, entry in enumerate(value):
                check(entry, f"{name}[{index}]")
        if not 1 <= len(self.kernel_size) <= SPATIAL:
            raise ValueError(f"kernel_size: expected one to three entries, got {len(self.kernel_size)}")
        check_positive_integer(self.groups, "groups")

    @property
    def pointwise(self) -> bool:
        """Whether it is a linear layer over positions of x, some of which a stride steps over."""
        return self.groups == 1 and set(self.kernel_size) == {1} and set(self.padding) == {0}

    def output_size(self, input_size: tuple[int, ...]) -> tuple[int, ...]:
        """Spatial sizes of y for those of x."""
        return tuple(output for _, output, *_ in self.axes(input_size)[-len(self.kernel_size) :])

    def axes(self, input_size: tuple[int, ...]) -> tuple[Axis, ...]:
        """All three spatial dimensions, as the native module takes them."""
        given = zip(input_size, self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        axes: list[Axis] = [(1, 1, 1, 1, 0, 1)] * (SPATIAL - len(input_size))
        for size, kernel, stride, padding, dilation in given:
            output = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
            axes.append((size, output, kernel, stride, padding, dilation))
        return tuple(axes)


@dataclass(frozen=True)
class Embedding:
    """y[...] = w[x[...]], rows of a table w [K, D] at the indices x [N, ...].

    Attributes:
        padding_idx: The row that has no gradient; None where every row has one.
    """

    padding_idx: int | None = None


@dataclass(frozen=True, eq=False)
class Normalisation:
    """y = w x̂ + b with x̂ = (x - μ) σ⁻¹ and statistics that are given, for x [N, ...].

    Attributes:
        mean: μ, which broadcasts against x.
        inverse_std: σ⁻¹, of the same shape.
        weight_shape: Of w and b, which broadcast against x[i]: (C, 1, 1) for the channels of an image, (D,) for the
            features of a layer normalisation. Every entry that is not 1 is as long as the dimension of x.
    """

    mean: Tensor
    inverse_std: Tensor
    weight_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        check_tensor(self.mean, "mean")
        check_tensor(self.inverse_std, "inverse_std")
        if self.inverse_std.shape != self.mean.shape:
            expected = f"shape {tuple(self.mean.shape)}, as mean has"
            raise ValueError(f"inverse_std: expected {expected}, got {tuple(self.inverse_std.shape)}")


Geometry: TypeAlias = Linear | Convolution | Embedding | Normalisation
