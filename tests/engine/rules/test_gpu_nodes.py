"""The rules on the nodes that autograd makes on a GPU: the nodes are real, their kernels stand-ins on the CPU."""

import pytest
import torch
from shared.cuda_kernels import SEED, attention_weights, dropout_mask, on_the_cpu
from torch import nn
from torch.nn import functional as F

from famus_ext import pushforward
from famus_ext.engine import rules
from famus_ext.engine.rules import operation
from famus_ext.errors import PushforwardError

aten = torch.ops.aten


@pytest.fixture(autouse=True)
def _kernels():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    with on_the_cpu():
        yield
    torch.set_default_dtype(torch.float32)


def leaves(*shapes):
    return [torch.randn(shape, requires_grad=True) for shape in shapes]


def compare(name, inputs, function, plain):
    """The tangents of `function`, whose node is `name`, and of `plain`, with every input moving, and each alone."""
    tangents = [torch.randn_like(x) for x in inputs]
    for moving in (range(len(inputs)), *([k] for k in range(len(inputs)))):
        found, expected = (
            pushforward(out, {inputs[k]: tangents[k] for k in moving}) for out in (function(*inputs), plain(*inputs))
        )
        assert expected.any()
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    assert operation(function(*inputs).grad_fn) == name


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm(training):
    def normalised(function):
        kind = None if training else torch.ones(3), None if training else torch.full((3,), 2.0), training, 0.1, 1e-5
        return lambda x, g, b: function(x, g, b, *kind)[0]

    inputs = leaves((4, 3, 2, 2), (3,), (3,))
    compare("CudnnBatchNorm", inputs, normalised(aten.cudnn_batch_norm), normalised(aten.native_batch_norm))


@pytest.mark.skipif(not hasattr(aten, "_fused_rms_norm"), reason="this PyTorch has no fused kernel")
@pytest.mark.parametrize("shape", [(5,), (4, 5)])
@pytest.mark.parametrize("scaled", [True, False])
def test_rms_norm(shape, scaled, monkeypatch):
    monkeypatch.setattr(rules, "general", lambda node, _: pytest.fail(f"{node.name()} has a rule of its own"))
    inputs = leaves((3, 4, 5), *([shape] if scaled else []))
    rows = tuple(range(-len(shape), 0))

    def plain(x, weight=1.0):
        return x * (x * x).mean(rows, keepdim=True).add(1e-5).rsqrt() * weight

    compare("FusedRmsNorm", inputs, lambda x, w=None: aten._fused_rms_norm(x, shape, w, 1e-5)[0], plain)


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_cells(kind, biased):
    gates = {"lstm": 4, "gru": 3}[kind] * 5
    inputs = leaves((3, gates), (3, gates), (3, 5), *([(gates,), (gates,)] if biased else []))
    fused = getattr(aten, f"_thnn_fused_{kind}_cell")
    one = torch.eye(gates)

    def plain(from_input, from_hidden, state, *biases):
        weights = [F.linear(from_input, one), F.linear(from_hidden, one)]
        if biases:
            weights = [w + b for w, b in zip(weights, biases, strict=True)]
        left, right = (w.chunk(gates // 5, 1) for w in weights)
        if kind == "lstm":
            i, f, g, o = (a + b for a, b in zip(left, right, strict=True))
            return o.sigmoid() * (f.sigmoid() * state + i.sigmoid() * g.tanh()).tanh()
        r, z = (left[0] + right[0]).sigmoid(), (left[1] + right[1]).sigmoid()
        n = (left[2] + r * right[2]).tanh()
        return n + z * (state - n)

    compare(f"ThnnFused{kind.capitalize()}Cell", inputs, lambda *t: fused(*t)[0], plain)


RECURRENT = {
    "relu": (0, lambda **kind: nn.RNN(4, 3, nonlinearity="relu", **kind)),
    "tanh": (1, lambda **kind: nn.RNN(4, 3, **kind)),
    "LSTM": (2, lambda **kind: nn.LSTM(4, 3, **kind)),
    "LSTM projected": (2, lambda **kind: nn.LSTM(4, 3, proj_size=2, **kind)),
    "GRU": (3, lambda **kind: nn.GRU(4, 3, **kind)),
}


@pytest.mark.parametrize(
    "kind",
    [{"num_layers": 2}, {"bidirectional": True, "batch_first": True}, {"bias": False}],
    ids=lambda kind: " ".join(kind),
)
@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("packed", [False, True])
def test_recurrent(name, kind, packed):
    mode, build = RECURRENT[name]
    net = build(**kind)
    width, layers = net.proj_size or 3, net.num_layers * (1 + net.bidirectional)
    start = [(layers, 2, width), *([(layers, 2, 3)] if mode == 2 else [])]
    x, *state = leaves((2, 5, 4) if net.batch_first else (5, 2, 4), *start)
    batch_sizes = [2, 2, 2, 1] if packed else []
    weights = [p.requires_grad_() for p in net._flat_weights]

    def given(x):
        return x.reshape(-1, 4)[: sum(batch_sizes)] if packed else x

    def fused(x, *rest):
        h, c = (*rest[len(weights) :], None)[:2]
        stride, sizes = len(weights) // layers, (3, net.proj_size, net.num_layers)
        flags = (net.batch_first, 0.0, True, net.bidirectional, batch_sizes, None)
        return aten._cudnn_rnn(given(x), list(rest[: len(weights)]), stride, None, h, c, mode, *sizes, *flags)[0]

    def plain(x, *rest):
        state = rest[len(weights) :]
        function = (torch.rnn_relu, torch.rnn_tanh, torch.lstm, torch.gru)[mode]
        last = (net.bias, net.num_layers, 0.0, False, net.bidirectional)
        start, parts = state if mode == 2 else state[0], list(rest[: len(weights)])
        if packed:
            return function(given(x), torch.tensor(batch_sizes), start, parts, *last)[0]
        return function(given(x), start, parts, *last, net.batch_first)[0]

    compare("CudnnRnn", [x, *weights, *state], fused, plain)


def test_dropout_between_recurrent_layers():
    net = nn.GRU(4, 3, 2)
    x, h = leaves((5, 2, 4), (2, 2, 3))
    out = aten._cudnn_rnn(x, net._flat_weights, 4, None, h, None, 3, 3, 0, 2, False, 0.5, True, False, [], None)[0]
    with pytest.raises(PushforwardError, match=r"torch\.backends\.cudnn\.enabled"):
        pushforward(out, {x: x.detach()})
    assert torch.backends.cudnn.enabled


def test_grid_sampler():
    inputs = leaves((2, 3, 6, 6), (2, 4, 4, 2))
    with torch.no_grad():
        inputs[1].clamp_(-0.9, 0.9)
    try:
        compare("CudnnGridSampler", inputs, aten.cudnn_grid_sampler, _sampled)
    except PushforwardError as error:
        if "grid_sampler_2d_backward is not implemented" not in str(error):
            raise
        pytest.skip("this PyTorch cannot differentiate grid_sample twice")


def _sampled(image, grid):
    """Bilinear samples inside the image, from its four corners."""
    place = (grid + 1) / 2 * torch.tensor([image.shape[3] - 1.0, image.shape[2] - 1.0])
    base = place.detach().floor().long()
    share, total = place - base, 0
    for dx, dy in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weight = (share[..., 0] if dx else 1 - share[..., 0]) * (share[..., 1] if dy else 1 - share[..., 1])
        corner = torch.stack([i[:, y, x] for i, y, x in zip(image, base[..., 1] + dy, base[..., 0] + dx, strict=True)])
        total = total + corner * weight.unsqueeze(1)
    return total


ATTENTION = {
    "Flash": lambda q, k, v, p, causal: aten._scaled_dot_product_flash_attention(q, k, v, p, causal),
    "Efficient": lambda q, k, v, p, causal: aten._scaled_dot_product_efficient_attention(
        q, k, v, None, True, p, causal, scale=0.3
    ),
    "Cudnn": lambda q, k, v, p, causal: aten._scaled_dot_product_cudnn_attention(q, k, v, None, True, p, causal),
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("p", [0.0, 0.4])
@pytest.mark.parametrize("kind", ATTENTION)
def test_attention(kind, p, causal):
    """With dropout the queries, of which there are more than entries of a value, come in parts."""
    scale = 0.3 if kind == "Efficient" else None

    def plain(q, k, v):
        weights = attention_weights(q, k, None, causal, scale)
        return (weights * dropout_mask(weights.shape, p, SEED, q.dtype)) @ v

    inputs = leaves((2, 3, 7, 4), (2, 3, 7, 4), (2, 3, 7, 4))
    name = f"ScaledDotProduct{kind}Attention"
    compare(name, inputs, lambda *t: ATTENTION[kind](*t, p, causal)[0], plain)


def test_a_mask_of_attention():
    bias, *inputs = leaves((2, 3, 7, 7), *[(2, 3, 7, 4)] * 3)
    compare(
        "ScaledDotProductEfficientAttention",
        inputs,
        lambda q, k, v: aten._scaled_dot_product_efficient_attention(q, k, v, bias.detach(), True)[0],
        lambda q, k, v: attention_weights(q, k, bias.detach(), False, None) @ v,
    )


@pytest.mark.parametrize("own", [False, True])
def test_dropout_of_values_without_a_gradient(own):
    """Or values that heads share."""
    q, k, v = leaves((1, 2, 3, 4), (1, 2, 3, 4), (1, 2 if own else 1, 3, 4))
    out = ATTENTION["Flash"](q, k, v.detach() if own else v, 0.4, False)[0]
    with pytest.raises(PushforwardError, match=r"SDPBackend\.MATH"):
        pushforward(out, {q: q.detach()})
