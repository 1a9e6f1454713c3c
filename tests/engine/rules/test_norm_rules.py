"""Batch normalisation's rule, by either implementation, with its ReLU, and in mixed precision."""

import pytest
import torch
from shared import tolerances
from shared.rule_cases import HOT, R, compare, float64, tripling  # noqa: F401
from torch.nn import functional as F

from famus_ext import _native, pushforward
from famus_ext.engine.rules import norms, operation
from famus_ext.ops import norm_pushforward


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
    x = R(4, 3, requires_grad=True)
    tangent = R(4, 3)
    outputs = tripling("Relu").apply(_normalised(x))
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
