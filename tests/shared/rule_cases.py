"""Functions by their last operation, the shapes of their inputs, and the comparison of their pushforward."""

import pytest
import torch
from torch.nn import functional as F

from famus_ext import pushforward

R = torch.randn


def case(function, *shapes):
    return function, shapes


# operation of the last node -> the function and the shapes of its inputs
HOT = {
    "Convolution": [
        case(lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1), (2, 3, 7, 7), (4, 3, 3, 3), (4,)),
        case(lambda x, w: F.conv2d(x, w, dilation=2, groups=2), (2, 4, 7, 7), (6, 2, 3, 3)),
        case(lambda x, w, b: F.conv1d(x, w, b, padding="same"), (2, 3, 9), (5, 3, 3), (5,)),
        case(lambda x, w: F.conv3d(x, w), (1, 2, 4, 4, 4), (3, 2, 2, 2, 2)),
        case(lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1, 1), (2, 3, 4, 4), (3, 5, 3, 3), (5,)),
    ],
    "Addmm": [case(lambda b, x, w: torch.addmm(b, x, w, beta=0.5, alpha=2), (4,), (3, 5), (5, 4))],
    "Mm": [case(lambda x, w: x @ w, (3, 5), (5, 4))],
    "Bmm": [case(torch.bmm, (2, 3, 5), (2, 5, 4))],
    "Mul": [
        case(lambda x, y: x * y, (3, 1, 5), (4, 1)),
        case(lambda x: x * 3, (3,)),
        case(lambda x: x * R(4, 1), (3,)),
    ],
    "Add": [case(lambda x, y: torch.add(x, y, alpha=3), (3, 1), (1, 4)), case(lambda x: x + 1, (3,))],
    "Sub": [case(lambda x, y: torch.sub(x, y, alpha=3), (3, 1), (4,)), case(lambda x: x - 1, (3,))],
    "Div": [case(lambda x, y: x / (y * y + 1), (3, 4), (3, 4))],
    "Pow": [case(lambda x: x**3, (4,)), case(lambda x, y: (x * x + 1) ** y, (4,), (4,))],
    "Where": [case(lambda x, y: torch.where(torch.arange(4) > 1, x, y), (3, 4), (3, 4))],
    "Maximum": [case(torch.maximum, (3, 4), (3, 4))],
    "Minimum": [case(torch.minimum, (3, 4), (3, 4))],
    "NativeBatchNorm": [
        case(lambda x, g, b: F.batch_norm(x, None, None, g, b, True), (4, 3, 5), (3,), (3,)),
        case(lambda x, g: F.batch_norm(x, None, None, g, None, True), (4, 3), (3,)),
        case(lambda x: F.batch_norm(x, None, None, None, None, True), (4, 3, 2, 2)),
        case(lambda x, g, b: F.batch_norm(x, torch.ones(3), torch.full((3,), 2.0), g, b), (4, 3, 2, 2), (3,), (3,)),
        case(lambda x: F.batch_norm(x, torch.ones(3), torch.full((3,), 2.0)), (4, 3, 5)),
        case(lambda x, g, b: F.batch_norm(x.movedim(-1, 1), None, None, g, b, True), (4, 2, 5, 3), (3,), (3,)),
    ],
    "NativeLayerNorm": [
        case(lambda x, g, b: F.layer_norm(x, (4, 5), g, b), (3, 4, 5), (4, 5), (4, 5)),
        case(lambda x: F.layer_norm(x, (5,)), (3, 5)),
    ],
    "NativeGroupNorm": [
        case(lambda x, g, b: F.group_norm(x, 2, g, b), (3, 6, 4, 4), (6,), (6,)),
        case(lambda x: F.group_norm(x, 3), (3, 6)),
    ],
    "Softmax": [case(lambda x: x.softmax(-1), (3, 5))],
    "MaxPool2DWithIndices": [case(lambda x: F.max_pool2d(x, 3, 2, 1), (2, 3, 7, 7))],
    "AvgPool2D": [case(lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False), (2, 3, 7, 7))],
    "AdaptiveAvgPool2D": [case(lambda x: F.adaptive_avg_pool2d(x, (2, 3)), (2, 3, 7, 7))],
    "Mean": [
        case(lambda x: x.mean((-1, 0)), (3, 4, 5)),
        case(torch.mean, (3, 4)),
        case(lambda x: x.mean(1, True), (3, 4)),
    ],
    "Sum": [case(lambda x: x.sum(-2), (3, 4, 5)), case(torch.sum, (3, 4))],
    "View": [case(lambda x: x.view(4, -1), (2, 6))],
    "Unsqueeze": [case(lambda x: x.unsqueeze(-1), (2, 3))],
    "Squeeze": [case(lambda x: x.squeeze(1), (2, 1, 3))],
    "T": [case(lambda x: x.t(), (2, 3))],
    "Transpose": [case(lambda x: x.transpose(-1, 0), (2, 3, 4))],
    "Permute": [case(lambda x: x.permute(-1, 0, 1), (2, 3, 4))],
    "Expand": [case(lambda x: x.expand(4, -1, 3), (2, 1))],
    "Select": [case(lambda x: x[:, -1], (2, 3, 4))],
    "Slice": [case(lambda x: x[:, 1:-1:2], (2, 7)), case(lambda x: x[-3:], (5, 2))],
    "Cat": [
        case(lambda x, y: torch.cat([x, y, x], -1), (2, 3), (2, 4)),
        case(lambda x, y: torch.cat([x * 2, y.sin()], 1), (2, 3), (2, 1)),
    ],
    "Stack": [case(lambda x, y: torch.stack([x, y * 2], -1), (3, 2), (3, 2))],
    "Split apart": [case(lambda x: sum(part**2 for part in x.split(2, -1)), (3, 6))],
    "SplitWithSizes apart": [case(lambda x: _multiplied(*x.split((2, 1, 3), 1)), (3, 6))],
    "UnsafeSplit apart": [case(lambda x: _multiplied(*x.unsafe_chunk(3, 1)), (3, 6))],
    "UnsafeSplitWithSizes apart": [case(lambda x: _multiplied(*x.unsafe_split_with_sizes((2, 1, 3), 1)), (3, 6))],
    "Unbind apart": [case(lambda x: _multiplied(*x.unbind(-1)), (3, 2))],
    "Index": [
        case(lambda x: x[torch.tensor([2, 0, 2])], (3, 4)),
        case(lambda x: x[:, torch.tensor([[1, 1], [3, 0]])], (3, 4, 2)),
        case(lambda x: x[torch.tensor([2, 0]), :, torch.tensor([1, 1])], (3, 4, 2)),
        case(lambda x: x[torch.arange(12).view(3, 4) % 3 == 0], (3, 4)),
    ],
    "IndexSelect": [case(lambda x: x.index_select(-1, torch.tensor([2, 0, 2])), (3, 4))],
    "Gather": [case(lambda x: x.gather(-1, torch.tensor([[0, 2], [1, 1]])), (2, 3))],
    "Max": [
        case(lambda x: x.max(1).values, (3, 4)),
        case(lambda x: x.max(-1, keepdim=True).values, (3, 4, 2)),
        case(lambda x: x.max(0).values, ()),
    ],
    "Min": [case(lambda x: x.min(0).values, (3, 4))],
    "Amax": [
        case(lambda x: x.amax((-1, 0)), (3, 4, 5)),
        case(lambda x: x.amax(1, keepdim=True), (3, 4)),
        case(lambda x: x.amax(), (3, 4)),
        case(lambda x: torch.stack([x, x, -x]).amax(0), (3, 4)),
    ],
    "Amin": [case(lambda x: x.amin(-1), (3, 4))],
    "Addcmul": [case(lambda c, a, b: torch.addcmul(c, a, b, value=3), (4,), (3, 1), (3, 4))],
    "Baddbmm": [
        case(lambda c, a, b: torch.baddbmm(c, a, b, beta=0.5, alpha=2), (4,), (2, 3, 5), (2, 5, 4)),
    ],
    "ConstantPadNd": [case(lambda x: F.pad(x, (1, 2, -1, 0)), (2, 3, 5))],
    "PixelShuffle": [case(lambda x: F.pixel_shuffle(x, 2), (2, 8, 3, 3))],
    "UpsampleBilinear2D": [
        case(lambda x: F.interpolate(x, scale_factor=1.7, mode="bilinear"), (2, 3, 4, 4)),
        case(lambda x: F.interpolate(x, size=(3, 9), mode="bilinear", align_corners=True), (2, 3, 4, 4)),
    ],
    "UpsampleNearest2D": [case(lambda x: F.interpolate(x, scale_factor=1.7), (2, 3, 4, 4))],
    "Repeat": [case(lambda x: x.repeat(2, 1, 3), (2, 3))],
    "Flip": [case(lambda x: x.flip(-1, 0), (2, 3, 4))],
    "Roll": [case(lambda x: x.roll((1, -2), (0, -1)), (2, 5)), case(lambda x: x.roll(2), (2, 5))],
    "IndexAdd": [case(lambda x, y: x.index_add(0, torch.tensor([2, 0, 2]), y, alpha=3), (4, 2), (3, 2))],
    "ScatterAdd": [case(lambda x, y: x.scatter_add(1, torch.tensor([[2, 0, 2]]), y), (2, 4), (1, 3))],
    "Embedding": [case(lambda w: F.embedding(torch.tensor([[1, 2, 1]]), w), (4, 3))],
    "MaskedFill": [case(lambda x: x.masked_fill(torch.arange(4) > 1, 2.0), (3, 4))],
}
for activation in (
    *(F.relu, F.leaky_relu, F.hardtanh, F.hardsigmoid, F.hardswish, F.hardshrink, F.softshrink, F.elu, F.celu),
    *(F.gelu, F.silu, F.mish, F.softplus, F.logsigmoid, torch.sigmoid, torch.tanh, torch.neg, torch.abs, torch.exp),
    *(torch.exp2, torch.expm1, torch.sin, torch.cos, torch.erf, torch.clone),
):
    HOT[f"elementwise {activation.__name__}"] = [case(activation, (3, 7))]
for positive in (torch.log, torch.log1p, torch.log2, torch.log10, torch.sqrt, torch.rsqrt, torch.reciprocal):
    HOT[f"positive {positive.__name__}"] = [case(lambda x, f=positive: f(x * x + 0.5), (3, 7))]

GENERAL = {
    "reversed sub": case(lambda x: 1 - x, (3,)),
    "broadcast division": case(lambda x, y: x / (y * y + 1), (3, 1), (3, 4)),
    "log_softmax": case(lambda x: x.log_softmax(1), (3, 5)),
    "one part alone": case(lambda x: x.split(2, 1)[1], (3, 5)),
    "joined to what never moves": case(lambda x: torch.cat([x, torch.ones(2, 1)], 1), (2, 3)),
    "prelu": case(F.prelu, (3, 4), (4,)),
    "glu": case(F.glu, (3, 4)),
    "topk": case(lambda x: x.topk(2, 1).values, (3, 5)),
    "einsum": case(lambda x, y: torch.einsum("nij,nkj->nik", x, y), (2, 3, 4), (2, 5, 4)),
    "norm": case(lambda x: x / x.norm(dim=1, keepdim=True), (3, 4)),
    "cumsum": case(lambda x: x.cumsum(1), (3, 4)),
    "pad": case(lambda x: F.pad(x, (1, 2), mode="reflect"), (2, 3, 5)),
    "interpolate": case(lambda x: F.interpolate(x, scale_factor=2, mode="bicubic"), (2, 3, 4, 4)),
    "largest of all": case(lambda x: x.max(), (3, 4)),
    "logsumexp": case(lambda x: x.logsumexp(1), (3, 4)),
    "prod": case(lambda x: x.prod(1), (3, 4)),
    "round": case(lambda x: x.round() + x, (3, 4)),
    "in place on a slice": case(lambda x: _written(x), (3, 4)),
    "lerp": case(lambda x, y: torch.lerp(x, y, 0.3), (3, 4), (3, 4)),
    "inverse": case(lambda x: torch.linalg.inv(x + 4 * torch.eye(4)), (4, 4)),
}


def _multiplied(*parts):
    """An own use of each."""
    return torch.cat([part.sin() * index for index, part in enumerate(parts, 1)], -1)


def _written(x):
    y = x.clone()
    y[:, 0] = x[:, 1] * 2
    y[1:].mul_(3)
    return y


@pytest.fixture(autouse=True)
def float64():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def compare(function, shapes, *, moving=None):
    """The pushforward over the recorded graph, and forward mode over a recomputation."""
    inputs = [R(shape).requires_grad_() for shape in shapes]
    moving = range(len(inputs)) if moving is None else moving
    tangents = [R(shape) if i in moving else torch.zeros(shape) for i, shape in enumerate(shapes)]
    outputs = function(*inputs)
    found = pushforward(outputs, {inputs[i]: tangents[i] for i in moving})
    torch.manual_seed(1)
    expected = torch.func.jvp(function, tuple(x.detach() for x in inputs), tuple(tangents))[1]
    assert expected.abs().max() > 0
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-12)
    return outputs


def tripling(name):
    """A user's autograd Function of that name; it gives three times its input."""
    methods = {"forward": staticmethod(lambda ctx, x: 3 * x), "backward": staticmethod(lambda ctx, grad: 3 * grad)}
    return type(name, (torch.autograd.Function,), methods)
