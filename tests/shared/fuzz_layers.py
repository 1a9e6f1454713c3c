"""Random layers in words, and their tensors: what products of gradients are fuzzed on."""

from typing import NamedTuple

import torch
from hypothesis import strategies as st
from shared.fuzz_cases import Drawn, drawn, finite

from famus_ext.ops.geometry import Convolution, Embedding, Linear, Normalisation


class Layer(NamedTuple):
    """A layer, and the shapes of what goes with it; those of x and y without the examples.

    Of an embedding `rows` is the length of its table. Of a normalisation `geometry` is the shape of its statistics, in
    which None stands for the number of examples.
    """

    geometry: object
    x: tuple[int, ...]
    y: tuple[int, ...]
    weight: tuple[int, ...]
    bias: tuple[int, ...] | None
    rows: int = 0

    @property
    def is_normalisation(self):
        return isinstance(self.geometry, tuple)


@st.composite
def linear(draw):
    rows = draw(st.lists(st.integers(0, 5), max_size=2))
    inputs, outputs = draw(st.integers(0, 70)), draw(st.integers(0, 70))
    return Layer(Linear(), (*rows, inputs), (*rows, outputs), (outputs, inputs), (outputs,))


@st.composite
def convolution(draw):
    rank, groups = draw(st.integers(1, 3)), draw(st.sampled_from((1, 1, 2, 3)))
    channels, outputs = groups * draw(st.integers(1, 6)), groups * draw(st.integers(1, 6))

    def each(least, most):
        return tuple(draw(st.lists(st.integers(least, most), min_size=rank, max_size=rank)))

    kernel, stride, padding, dilation, more = each(1, 3), each(1, 3), each(0, 2), each(1, 2), each(0, 6)
    reach = [step * (size - 1) + 1 for size, step in zip(kernel, dilation, strict=True)]
    size = tuple(max(1, r - 2 * p) + m for r, p, m in zip(reach, padding, more, strict=True))
    layer = Convolution(kernel, stride, padding, dilation, groups)
    y = (outputs, *layer.output_size(size))
    return Layer(layer, (channels, *size), y, (outputs, channels // groups, *kernel), (outputs,))


@st.composite
def embedding(draw):
    tokens, rows, width = (
        draw(st.lists(st.integers(0, 6), max_size=2)),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 40)),
    )
    layer = Embedding(draw(st.one_of(st.none(), st.integers(0, rows - 1))))
    return Layer(layer, tuple(tokens), (*tokens, width), (rows, width), None, rows)


@st.composite
def normalisation(draw):
    shape = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=3)))
    ones = (1,) * (len(shape) - 1)
    weight = draw(st.sampled_from(((shape[0], *ones), shape)))
    statistics = draw(st.sampled_from(((1, shape[0], *ones), (None, 1, *ones), (None, shape[0], *ones))))
    return Layer(statistics, shape, shape, weight, weight)


LAYERS = st.one_of(linear(), convolution(), embedding(), normalisation())
# Sums of products of three numbers must be finite for an entry to be.
VALUES = ("normal", "wide", "denormal", "zeros")


@st.composite
def batches(draw, dtype, layer, examples, values=VALUES):
    """What a layer saw of some examples, and its slopes: x is an integer, a seed, where indices are asked for."""
    x = draw(st.integers(0, 99)) if layer.rows else draw(drawn((examples, *layer.x), dtype, values))
    return x, draw(drawn((examples, *layer.y), dtype, values))


def tensors(layer, batch, device):
    """x and the slopes of a batch."""
    x, slopes = batch
    slopes = slopes.tensor(device)
    if not layer.rows:
        return x.tensor(device), slopes
    generator = torch.Generator().manual_seed(x)
    return torch.randint(layer.rows, (len(slopes), *layer.x), generator=generator).to(device), slopes


def geometry(layer, x, seed=0):
    """The layer as the ops take it, with statistics for the examples of x."""
    if not layer.is_normalisation:
        return layer.geometry
    shape = tuple(len(x) if size is None else size for size in layer.geometry)
    wide = torch.promote_types(x.dtype, torch.float32)
    mean, std = (Drawn(shape, wide, "contiguous", "normal", seed + i).tensor(x.device) for i in range(2))
    return Normalisation(mean, std.abs() + 0.5, layer.weight)


def exact_arguments(layer, given, x, slopes):
    """The layer, x and the slopes in float64, and once more by the sizes of their entries."""
    slopes_size = finite(slopes).abs()
    if layer.rows:
        return (given, x.cpu(), slopes.double().cpu()), (given, x.cpu(), slopes_size)
    if not layer.is_normalisation:
        return (given, x.double().cpu(), slopes.double().cpu()), (given, finite(x).abs(), slopes_size)
    mean, inverse_std = given.mean.double().cpu(), given.inverse_std.double().cpu()
    still = Normalisation(torch.zeros_like(mean), torch.ones_like(mean), layer.weight)
    x_hat = (x.double().cpu() - mean) * inverse_std
    double = Normalisation(mean, inverse_std, layer.weight)
    return (double, x.double().cpu(), slopes.double().cpu()), (still, x_hat.abs(), slopes_size)
