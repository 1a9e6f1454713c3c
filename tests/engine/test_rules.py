"""Every rule against torch.func.jvp, one operation at a time, in float64; the rule meant is the one that ran."""

import pytest
import tolerances
import torch
from torch import nn
from torch.nn import functional as F

from famus_ext import _native, pushforward
from famus_ext.engine import rules
from famus_ext.engine.rules import RULES, elementwise, norms, operation
from famus_ext.network.graph import topological_order
from famus_ext.ops import norm_pushforward

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
    "split": case(lambda x: torch.cat([p * i for i, p in enumerate(x.split((2, 3), 1), 1)], 1), (3, 5)),
    "unbind": case(lambda x: x.unbind(1)[1] + x.unbind(1)[0] ** 2, (3, 2)),
    "stack": case(lambda x, y: torch.stack([x, y * 2], 1), (3, 2), (3, 2)),
    "prelu": case(F.prelu, (3, 4), (4,)),
    "glu": case(F.glu, (3, 4)),
    "topk": case(lambda x: x.topk(2, 1).values, (3, 5)),
    "einsum": case(lambda x, y: torch.einsum("nij,nkj->nik", x, y), (2, 3, 4), (2, 5, 4)),
    "norm": case(lambda x: x / x.norm(dim=1, keepdim=True), (3, 4)),
    "cumsum": case(lambda x: x.cumsum(1), (3, 4)),
    "pad": case(lambda x: F.pad(x, (1, 2), mode="reflect"), (2, 3, 5)),
    "interpolate": case(lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), (2, 3, 4, 4)),
    "pixel shuffle": case(lambda x: F.pixel_shuffle(x, 2), (2, 4, 3, 3)),
    "gather": case(lambda x: x.gather(1, torch.tensor([[0, 2], [1, 1]])), (2, 3)),
    "index": case(lambda x: x[torch.tensor([2, 0, 2])], (3, 4)),
    "logsumexp": case(lambda x: x.logsumexp(1), (3, 4)),
    "prod": case(lambda x: x.prod(1), (3, 4)),
    "round": case(lambda x: x.round() + x, (3, 4)),
    "in place on a slice": case(lambda x: _written(x), (3, 4)),
    "lerp": case(lambda x, y: torch.lerp(x, y, 0.3), (3, 4), (3, 4)),
    "inverse": case(lambda x: torch.linalg.inv(x + 4 * torch.eye(4)), (4, 4)),
}


def _written(x):
    y = x.clone()
    y[:, 0] = x[:, 1] * 2
    y[1:].mul_(3)
    return y


@pytest.fixture(autouse=True)
def _float64():
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


def _refused(node, tangents):
    pytest.fail(f"{node.name()} took the general rule, which is slower")


HOT_CASES = [pytest.param(name, *c, id=f"{name}-{i}") for name, cs in HOT.items() for i, c in enumerate(cs)]


@pytest.mark.parametrize(("name", "function", "shapes"), HOT_CASES)
def test_rule(name, function, shapes, monkeypatch):
    state = torch.get_rng_state()
    monkeypatch.setattr(elementwise, "general", _refused)
    monkeypatch.setattr(rules, "general", _refused)

    def seeded(*inputs):
        torch.set_rng_state(state)
        return function(*inputs)

    outputs = compare(seeded, shapes)
    last = operation(outputs.grad_fn)
    assert last in RULES
    if " " not in name:
        assert any(operation(node) == name for node in topological_order(outputs)), f"ran {last} instead"
    for alone in range(len(shapes)):
        compare(seeded, shapes, moving=[alone])


@pytest.mark.parametrize("name", GENERAL)
def test_general_rule(name):
    function, shapes = GENERAL[name]
    compare(function, shapes)


@pytest.mark.parametrize("implementation", ["native", "reference"])
@pytest.mark.parametrize(("function", "shapes"), HOT["NativeBatchNorm"])
def test_batch_norm_by_either_implementation(implementation, function, shapes):
    if implementation == "native" and _native.missing():
        pytest.skip(_native.missing())
    with _native.use(implementation):
        compare(function, shapes)
        for alone in range(len(shapes)):
            compare(function, shapes, moving=[alone])


def _normalised(x):
    return F.batch_norm(x, None, None, None, None, True)


def _read_twice(x):
    y = _normalised(x)
    return F.relu(y) * torch.sigmoid(y)


def _relu_twice(x):
    y = _normalised(x)
    return F.relu(y) + 2 * F.relu(y)


# Function of x, γ, β [4, 3, 5], and how many normalisations are passed together with their ReLU.
NORM_RELU = {
    "relu": (lambda x, g, b: F.relu(F.batch_norm(x, None, None, g, b, True)), 1),
    "in place": (lambda x, g, b: F.relu_(F.batch_norm(x, torch.ones(3), torch.full((3,), 2.0), g, b)), 1),
    "in the middle": (lambda x, g, b: F.relu(F.batch_norm(x * x, None, None, g, b, True)) * b[:, None], 1),
    "two of them": (lambda x, g, b: F.relu(_normalised(F.relu(_normalised(x)))) * g[:, None] + b[:, None], 2),
    "read by another": (lambda x, g, b: _read_twice(x) * g[:, None] + b[:, None], 0),
    "two readers": (lambda x, g, b: _relu_twice(x) * g[:, None] + b[:, None], 0),
    "a view between": (lambda x, g, b: F.relu(F.batch_norm(x, None, None, g, b, True).movedim(1, 2)), 0),
    "another activation": (lambda x, g, b: F.silu(F.batch_norm(x, None, None, g, b, True)), 0),
}


@pytest.mark.parametrize("implementation", ["native", "reference"])
@pytest.mark.parametrize("name", NORM_RELU)
def test_batch_norm_with_its_relu(implementation, name, monkeypatch):
    """One pass for the two where no one else reads the normalised tensor."""
    if implementation == "native" and _native.missing():
        pytest.skip(_native.missing())
    function, pairs = NORM_RELU[name]
    masks = []

    def spied(*arguments, **options):
        masks.append(options["relu"])
        return norm_pushforward(*arguments, **options)

    monkeypatch.setattr(norms, "norm_pushforward", spied)
    shapes = (4, 3, 5), (3,), (3,)
    with _native.use(implementation):
        compare(function, shapes)
        assert sum(mask is not None for mask in masks) == pairs
        for alone in range(3):
            compare(function, shapes, moving=[alone])


def test_functions_of_the_names_of_a_pair():
    """A user's Function that is called ReLU is not torch's."""

    class Relu(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 3 * x

        @staticmethod
        def backward(ctx, grad):
            return 3 * grad

    x = R(4, 3, requires_grad=True)
    tangent = R(4, 3)
    outputs = Relu.apply(_normalised(x))
    assert operation(outputs.grad_fn) == "Relu"
    torch.testing.assert_close(pushforward(outputs, {x: tangent}), 3 * pushforward(_normalised(x), {x: tangent}))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("training", [False, True])
def test_batch_norm_in_mixed_precision(dtype, training):
    """Half-precision activations with statistics and parameters in float32, as autocast makes them."""
    x, gamma, beta = R(8, 3, 4, 4).to(dtype), R(3).float(), R(3).float()
    tangents = R(8, 3, 4, 4).to(dtype), R(3).float(), R(3).float()
    statistics = (None, None) if training else (torch.ones(3), torch.full((3,), 2.0))

    def function(x, gamma, beta):
        running = [None if s is None else s.to(gamma.dtype) for s in statistics]
        return F.batch_norm(x, *running, gamma, beta, training)

    leaves = [t.requires_grad_() for t in (x, gamma, beta)]
    found = pushforward(function(*leaves), dict(zip(leaves, tangents, strict=True)))
    exact = torch.func.jvp(function, tuple(t.detach().double() for t in leaves), tuple(t.double() for t in tangents))[1]
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), exact, rtol=2 * tolerances.ROUNDING[dtype], atol=2e-5)


def test_embedding_rows_and_padding():
    weight = R(7, 3, requires_grad=True)
    tokens = torch.tensor([[0, 2, 2], [6, 0, 1]])
    tangent = R(7, 3)
    found = pushforward(F.embedding(tokens, weight, padding_idx=0), {weight: tangent})
    # The padding row has no gradient, so it does not move.
    tangent[0] = 0
    torch.testing.assert_close(found, tangent[tokens])


@pytest.mark.parametrize("kind", ["plain", "causal", "masked"])
def test_fused_attention(kind):
    causal, mask = kind == "causal", R(2, 1, 600, 5) if kind == "masked" else None
    q, k, v = (R(2, 3, length, 4, requires_grad=True) for length in (600, 5, 5))
    out = F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal)
    assert "ScaledDotProduct" in out.grad_fn.name(), "attention was not fused: nothing is tested"
    tangents = {t: R(t.shape) for t in (q, k, v)}

    def plain(q, k, v):
        scores = q @ k.transpose(-2, -1) / 2
        scores = scores if mask is None else scores + mask
        if causal:
            scores = scores.masked_fill(torch.ones(600, 5).tril().logical_not(), -torch.inf)
        return scores.softmax(-1) @ v

    expected = torch.func.jvp(plain, tuple(t.detach() for t in tangents), tuple(tangents.values()))[1]
    torch.testing.assert_close(pushforward(out, tangents), expected, rtol=1e-10, atol=1e-10)
    for alone in tangents:
        expected = torch.func.jvp(
            plain,
            tuple(t.detach() for t in tangents),
            tuple(d if t is alone else torch.zeros_like(d) for t, d in tangents.items()),
        )[1]
        torch.testing.assert_close(pushforward(out, {alone: tangents[alone]}), expected, rtol=1e-10, atol=1e-10)


def test_own_function():
    """A user's autograd Function with a differentiable backward, and arguments that are no tensors."""

    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, factor, x, name, w):
            ctx.save_for_backward(x, w)
            ctx.factor = factor
            return factor * x * w

        @staticmethod
        def backward(ctx, grad):
            x, w = ctx.saved_tensors
            return None, ctx.factor * grad * w, None, ctx.factor * grad * x

    x, w = R(3, 4, requires_grad=True), R(3, 4, requires_grad=True)
    x_dot, w_dot = R(3, 4), R(3, 4)
    found = pushforward(Scaled.apply(2.0, x, "name", w).sum(1), {x: x_dot, w: w_dot})
    torch.testing.assert_close(found, (2 * (x_dot * w + x * w_dot)).sum(1))


@pytest.mark.parametrize("module", [nn.Linear(4, 3), nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3))])
def test_transpose_of_backward(module):
    """⟨v, J t⟩ = ⟨Jᵀ v, t⟩: the sweep is the transpose of autograd's own."""
    module = module.double()
    outputs = module(R(5, 4))
    tangents = {p: R(p.shape) for p in module.parameters()}
    v = R(outputs.shape)
    found = (pushforward(outputs, tangents) * v).sum()
    pulled = torch.autograd.grad(outputs, list(tangents), v)
    torch.testing.assert_close(found, sum((p * t).sum() for p, t in zip(pulled, tangents.values(), strict=True)))


def test_leaves_outside_the_graph_contribute_nothing():
    x, idle = R(3, requires_grad=True), R(2, requires_grad=True)
    assert torch.equal(pushforward(2 * x, {idle: R(2)}), torch.zeros(3))
    assert torch.equal(pushforward(x, {x: torch.ones(3)}), torch.ones(3))
    assert torch.equal(pushforward(2 * x, {}), torch.zeros(3))


def test_nodes_below_the_lowest_tangent_are_not_passed(monkeypatch):
    """The cost starts at the lowest layer that has a tangent."""
    net = nn.Sequential(*[nn.Linear(4, 4) for _ in range(6)])
    outputs = net(R(3, 4))
    passed = []

    def spy(node, tangents, rule=RULES["Addmm"]):
        passed.append(node)
        return rule(node, tangents)

    monkeypatch.setitem(RULES, "Addmm", spy)
    pushforward(outputs, {net[4].weight: R(4, 4)})
    assert len(passed) == 2
