"""Products of every example's gradient with a direction, beside the layer's output for it and a dot product each."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import conv2d, linear

from contenders.case import Case, Families, total_bytes
from contenders.network import Network
from famus_ext import ops
from famus_ext.ops.geometry import Convolution, Linear, Normalisation


def cases(network: Network) -> Iterator[Case]:
    """A convolution of the first group, a shortcut, a normalisation of the first group, and the classifier."""
    channels, size = 16 * network.width, 32
    x = network.randn(network.batch, channels, size, size)
    for outputs, kernel, stride in ((channels, 3, 1), (2 * channels, 1, 2)):
        layer = Convolution((kernel,) * 2, (stride,) * 2, (kernel // 2,) * 2, (1, 1))
        slopes = network.randn(network.batch, outputs, *layer.output_size((size, size)))
        weight, bias = network.randn(outputs, channels, kernel, kernel), network.randn(outputs)
        name = f"{kernel}x{kernel} conv, {channels} to {outputs}, {size}x{size}"
        flops = 2 * slopes.numel() * channels * kernel**2
        yield _case(name, layer, [x, slopes], [weight, bias], flops if kernel > 1 else None)
    ones = [torch.ones(1, channels, 1, 1, device=network.device, dtype=_wide(network.dtype)) for _ in range(2)]
    directions = [network.randn(channels, 1, 1) for _ in range(2)]
    name = f"norm, {channels}, {size}x{size}"
    yield _case(name, Normalisation(*ones, (channels, 1, 1)), [x, torch.randn_like(x)], directions, None)
    features = network.randn(network.batch, 4 * channels)
    directions = [network.randn(10, 4 * channels), network.randn(10)]
    yield _case(
        f"linear, {4 * channels} to 10", Linear(), [features, network.randn(network.batch, 10)], directions, None
    )


def _wide(dtype: torch.dtype) -> torch.dtype:
    """That of statistics."""
    return torch.promote_types(dtype, torch.float32)


def _case(
    size: str,
    layer: Linear | Convolution | Normalisation,
    seen: list[Tensor],
    directions: list[Tensor],
    flops: int | None,
) -> Case:
    """Of one layer."""
    functions = partial(gradient_dots, layer), partial(output_and_dots, layer)
    return Case("gradient_dots", size, (seen, directions), *functions, total_bytes(seen, directions), flops=flops)


def gradient_dots(
    layer: Linear | Convolution | Normalisation, seen: list[Tensor], directions: list[Tensor]
) -> Families:
    """The op."""
    return ([ops.gradient_dots(layer, *seen, *directions)],)


def output_and_dots(
    layer: Linear | Convolution | Normalisation, seen: list[Tensor], directions: list[Tensor]
) -> Families:
    """The whole output that the layer has for the direction, and its products with the slopes."""
    (x, slopes), (weight, bias) = seen, directions
    if isinstance(layer, Linear):
        moved = linear(x, weight, bias)
    elif isinstance(layer, Convolution):
        moved = conv2d(x, weight, bias, layer.stride, layer.padding)
    else:
        mean, inverse_std = (statistic.to(weight.dtype) for statistic in (layer.mean, layer.inverse_std))
        moved = torch.addcmul(bias, (x - mean) * inverse_std, weight)
    return ([torch.linalg.vecdot(slopes.flatten(1), moved.flatten(1))],)
