"""What gradient_dots is tested on, and its formula in float64 by way of each example's own gradient."""

from dataclasses import dataclass

import torch
from shared import op_cases, tolerances
from torch.nn import functional

from famus_ext.ops.geometry import Convolution, Embedding, Linear, Normalisation

CONVOLUTIONS = (functional.conv1d, functional.conv2d, functional.conv3d)


@dataclass(frozen=True)
class Case:
    """A layer, the shape of its input and the number of its outputs; `rows` of a table, `groups` of statistics."""

    layer: object
    x: tuple[int, ...]
    outputs: int = 0
    rows: int = 0
    statistics: tuple[int, ...] = ()


def convolution(kernel, x, outputs, stride=1, padding=0, dilation=1, groups=1):
    """A case whose geometry is the same in every dimension but for the kernel."""
    count = len(kernel)
    same = ((stride,) * count, (padding,) * count, (dilation,) * count)
    return Case(Convolution(kernel, *same, groups), x, outputs)


def normalisation(x, weight_shape, statistics):
    return Case(Normalisation(torch.zeros(1), torch.zeros(1), weight_shape), x, statistics=statistics)


# Around a tile (128 rows, 64 outputs) and its steps (8, 16 and 64 entries of the sum); one position and many; one
# example in a tile and many; no example, no position.
PRODUCTS = [
    Case(Linear(), (0, 3), 2),
    Case(Linear(), (3, 0, 4), 2),
    Case(Linear(), (1, 1), 1),
    Case(Linear(), (129, 7), 65),
    Case(Linear(), (5, 64), 64),
    Case(Linear(), (3, 127, 17), 33),
    Case(Linear(), (2, 128, 8), 5),
    Case(Linear(), (2, 3, 43, 16), 3),
    convolution((3,), (4, 5, 19), 7, padding=1),
    convolution((1, 1), (3, 65, 4, 4), 66),
    convolution((3, 3), (0, 3, 4, 4), 2, padding=1),
    convolution((3, 3), (2, 3, 12, 11), 8, padding=1),
    convolution((3, 2), (3, 6, 9, 11), 8, stride=2, padding=2, dilation=2, groups=2),
    convolution((3, 3), (2, 10, 7, 7), 10, padding=1, groups=10),
    convolution((5, 5), (17, 2, 5, 5), 3),
    convolution((3, 3), (2, 4, 2, 2), 3, stride=3, padding=2),
    convolution((2, 3, 1), (2, 3, 4, 5, 6), 4, stride=2, padding=1),
]
# Around a part (4096 entries), with rows that are cut and rows that are not; one entry and many.
ROWS = [
    Case(Embedding(), (0, 3), 4, 5),
    Case(Embedding(), (3,), 1, 1),
    Case(Embedding(2), (5, 7), 16, 4),
    Case(Embedding(), (2, 3, 5), 513, 9),
    Case(Embedding(0), (1, 4097), 3, 7),
    Case(Embedding(), (2, 2), 4099, 3),
    normalisation((4, 6), (6,), (4, 1)),
    normalisation((3, 5, 8), (8,), (3, 5, 1)),
    normalisation((2, 4, 3, 5), (3, 5), (2, 4, 1, 1)),
    normalisation((2, 4, 3, 5), (4, 1, 1), (4, 1, 1)),
    normalisation((3, 4, 8, 8), (4, 1, 1), (3, 4, 1, 1)),
    normalisation((2, 3, 4097), (3, 1), (1, 3, 1)),
    normalisation((2, 4097, 3), (3,), (2, 4097, 1)),
    normalisation((2, 3, 4, 5), (3, 1, 5), (3, 1, 1)),
    normalisation((2, 3, 4, 5, 2), (1, 4, 1, 2), (2, 1, 1, 1, 1)),
    normalisation((2, 3, 4, 5), (1, 4, 1), (3, 1, 1)),
]
CASES = PRODUCTS + ROWS


def dtype_of_vectors(dtype):
    return torch.float64 if dtype == torch.float64 else torch.float32


def arguments(case, dtype, layouts=("contiguous", "contiguous"), seed=0, device="cpu"):
    """layer, x, slopes, weight_dot and bias_dot; x in the first layout, slopes in the second."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def placed(tensor, layout):
        return op_cases.LAYOUTS[layout](tensor.to(dtype).to(device))

    layer, width = case.layer, dtype_of_vectors(dtype)
    if isinstance(layer, Embedding):
        x = torch.randint(case.rows, case.x, generator=generator).to(device)
        slopes, table = normal(*case.x, case.outputs), normal(case.rows, case.outputs)
        return layer, x, placed(slopes, layouts[1]), placed(table, "contiguous"), None
    x = normal(*case.x)
    if isinstance(layer, Normalisation):
        mean, inverse_std = normal(*case.statistics), normal(*case.statistics).abs() + 0.5
        layer = Normalisation(*(t.to(width).to(device) for t in (mean, inverse_std)), layer.weight_shape)
        directions = (normal(*layer.weight_shape).to(width).to(device) for _ in range(2))
        return layer, placed(x, layouts[0]), placed(normal(*case.x), layouts[1]), *directions
    if isinstance(layer, Linear):
        weight, y = (case.outputs, case.x[-1]), (*case.x[:-1], case.outputs)
    else:
        weight = (case.outputs, case.x[1] // layer.groups, *layer.kernel_size)
        y = (case.x[0], case.outputs, *layer.output_size(case.x[2:]))
    directions = (placed(normal(*shape), "contiguous") for shape in (weight, weight[:1]))
    return layer, placed(x, layouts[0]), placed(normal(*y), layouts[1]), *directions


def layer_output(layer, x, weight, bias=None):
    """The layer itself."""
    if isinstance(layer, Linear):
        return functional.linear(x, weight, bias)
    if isinstance(layer, Convolution):
        function = CONVOLUTIONS[len(layer.kernel_size) - 1]
        return function(x, weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups)
    if isinstance(layer, Embedding):
        return functional.embedding(x, weight, padding_idx=layer.padding_idx)
    return x * weight + bias


def exact(layer, x, slopes, weight, bias):
    """⟨∂L_i/∂w, v⟩ in float64, from a backward an example, and the sum of its terms' magnitudes: two of [N]."""
    x = x.detach().cpu().double() if x.is_floating_point() else x.cpu()
    slopes = slopes.detach().cpu().double()
    if isinstance(layer, Normalisation):
        x = (x - layer.mean.cpu().double()) * layer.inverse_std.cpu().double()
    directions = [t.detach().cpu().double() for t in (weight, bias) if t is not None]
    leaves = [torch.zeros_like(t).requires_grad_() for t in directions]
    y = layer_output(layer, x, *leaves)
    dots = torch.zeros(len(slopes), dtype=torch.float64)
    for i in range(len(slopes) if slopes.numel() else 0):
        own = torch.autograd.grad(y[i], leaves, slopes[i], retain_graph=True)
        dots[i] = sum((g * t).sum() for g, t in zip(own, directions, strict=True))
    x = x.abs() if x.is_floating_point() else x
    moved = layer_output(layer, x, *(t.abs() for t in directions))
    return dots, (slopes.abs() * moved).flatten(1).sum(1)


def check(found, given, rounded=False):
    """Raise unless every product is as near as its terms' rounding allows; `rounded` if ẏ is in the dtype of x."""
    dots, size = exact(*given)
    dtype = given[2].dtype
    assert found.dtype == dtype_of_vectors(dtype)
    assert found.shape == dots.shape
    bound = size * (tolerances.SUM[dtype] + (tolerances.ROUNDING[dtype] if rounded else 0))
    excess = ((found.detach().cpu().double() - dots).abs() - bound).relu()
    assert not excess.any(), f"off by up to {excess.max().item()} more than {bound.max().item()}"
