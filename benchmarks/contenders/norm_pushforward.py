"""The tangent of a batch normalisation in training mode with a ReLU, beside PyTorch's own backward functions."""

from collections.abc import Iterator

import torch
from torch import Tensor

from contenders.case import Case, Families, total_bytes
from contenders.network import Network
from famus_ext import ops


def cases(network: Network) -> Iterator[Case]:
    """The activation of the first group, contiguous and with the channels innermost."""
    shape = (network.batch, 16 * network.width, 32, 32)
    x, x_dot = network.randn(*shape), network.randn(*shape)
    wide = torch.promote_types(network.dtype, torch.float32)  # of statistics and parameters
    weight, bias, weight_dot, bias_dot = torch.randn(4, shape[1]).to(network.device, wide)
    y, mean, inverse_std = torch.native_batch_norm(x.to(wide), weight, bias, None, None, True, 0.0, 1e-5)
    vectors = [mean, inverse_std, weight, weight_dot, bias_dot]
    contiguous = [x, x_dot, y.relu().to(network.dtype)]
    innermost = [tensor.to(memory_format=torch.channels_last) for tensor in contiguous]
    for tensors, layout in ((contiguous, "contiguous"), (innermost, "channels last")):
        # x and ẋ read twice, the ReLU's output once, ẏ written.
        moved = 6 * total_bytes([x])
        size = f"{'x'.join(map(str, shape))}, {layout}"
        yield Case("norm_pushforward", size, (tensors, vectors), norm_pushforward, by_backward, bytes=moved)


def norm_pushforward(tensors: list[Tensor], vectors: list[Tensor]) -> Families:
    """The op."""
    x, x_dot, relu = tensors
    mean, inverse_std, weight, weight_dot, bias_dot = vectors
    moved = {"x_dot": x_dot, "weight_dot": weight_dot, "bias_dot": bias_dot}
    return ([ops.norm_pushforward(x, mean, inverse_std, weight, **moved, relu=relu, batch_statistics=True)],)


def by_backward(tensors: list[Tensor], vectors: list[Tensor]) -> Families:
    """PyTorch's backward, which is symmetric in x, x̂ t_γ + t_β in one pass, their sum, and the ReLU's backward."""
    x, x_dot, relu = tensors
    mean, inverse_std, weight, weight_dot, bias_dot = vectors
    arguments = x_dot, x, weight, None, None, mean, inverse_std, True, 1e-5
    moved = torch.ops.aten.native_batch_norm_backward(*arguments, [True, False, False])[0]
    scale = inverse_std * weight_dot
    offset, scale = (v[:, None, None] for v in (bias_dot - mean * scale, scale))
    total = moved + torch.addcmul(offset, x, scale).to(x.dtype)
    return ([torch.ops.aten.threshold_backward(total, relu, 0)],)
