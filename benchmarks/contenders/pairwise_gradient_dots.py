"""Products of every training example's gradient with every meta example's, beside an einsum in chunks of outputs."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import unfold

from contenders.case import Case, Families, total_bytes
from contenders.network import Network
from famus_ext import ops
from famus_ext.ops.geometry import Convolution, Linear

# Entries of the gradients of both batches that the einsum holds at a time.
CHUNK_ENTRIES = 2**24


def cases(network: Network) -> Iterator[Case]:
    """A convolution of each group, and the classifier; as many meta examples as training examples."""
    for group in range(3):
        channels, size = 16 * network.width * 2**group, 32 // 2**group
        layer = Convolution((3, 3), (1, 1), (1, 1), (1, 1))
        shape = (network.batch, channels, size, size)
        name = f"3x3 conv, {channels}, {size}x{size}"
        yield _case(name, layer, [network.randn(*shape) for _ in range(4)], size**2, channels, 9 * channels)
    inputs = 64 * network.width
    tensors = [network.randn(network.batch, width) for width in (inputs, 10) * 2]
    yield _case(f"linear, {inputs} to 10", Linear(), tensors, 1, 10, inputs)


def _case(
    size: str, layer: Linear | Convolution, tensors: list[Tensor], places: int, outputs: int, inputs: int
) -> Case:
    """Of one layer; the work is that of the better of two ways, through gradients and through Gram matrices."""
    training, meta = len(tensors[0]), len(tensors[2])
    through_gradients = ((training + meta) * places + training * meta) * outputs * inputs
    through_grams = training * meta * places**2 * (outputs + inputs)
    functions = partial(pairwise_gradient_dots, layer), partial(chunked_einsum, layer)
    flops = 2 * min(through_gradients, through_grams)
    moved = total_bytes(tensors)
    return Case("pairwise_gradient_dots", size, (tensors,), *functions, moved, flops=flops if places > 1 else None)


def pairwise_gradient_dots(layer: Linear | Convolution, tensors: list[Tensor]) -> Families:
    """The op."""
    return ([ops.pairwise_gradient_dots(*tensors, layer)],)


def chunked_einsum(layer: Linear | Convolution, tensors: list[Tensor]) -> Families:
    """Gradients of a few outputs at a time, of both batches, and their products."""
    x, slopes, x_meta, slopes_meta = (_places_last(layer, tensor, i % 2 == 0) for i, tensor in enumerate(tensors))
    step = max(1, CHUNK_ENTRIES // ((len(x) + len(x_meta)) * x.shape[1]))
    total = x.new_zeros(len(x), len(x_meta))
    for begin in range(0, slopes.shape[1], step):
        own, meta = (
            torch.einsum("nop,nkp->nok", y[:, begin : begin + step], seen).flatten(1)
            for y, seen in ((slopes, x), (slopes_meta, x_meta))
        )
        total = total + own @ meta.T
    return ([total],)


def _places_last(layer: Linear | Convolution, tensor: Tensor, is_input: bool) -> Tensor:
    """[N, entries, places]; of a convolution's input the windows."""
    if isinstance(layer, Linear):
        return tensor.unsqueeze(2)
    if is_input:
        return unfold(tensor, layer.kernel_size, layer.dilation, layer.padding, layer.stride)
    return tensor.flatten(2)
