import random

import pytest
import torch
from shared import norm_cases, op_cases
from shared.norm_cases import SHAPES, arguments, check
from torch.nn import functional

from famus_ext import _native
from famus_ext.ops import norm_pushforward


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layout", ["contiguous", "unaligned"])
def test_kernel(device, dtype, layout):
    for seed, shape in enumerate(SHAPES):
        given = arguments(shape, dtype, (layout, layout), seed=seed, device=device)
        before = {name: value.clone() for name, value in given.items()}
        check(norm_pushforward(**given, batch_statistics=True), given, True)
        assert all(torch.equal(value, before[name]) for name, value in given.items())


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layouts", op_cases.LAYOUT_PAIRS)
def test_layouts(device, dtype, layouts):
    for shape in [(2, 3, 5, 7), (8, 16, 8, 8), (9, 40, 3, 3), (7, 13), (0, 3, 2, 2)]:
        given = arguments(shape, dtype, layouts, device=device)
        check(norm_pushforward(**given, batch_statistics=True), given, True)


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
def test_definition(dtype):
    for seed, shape in enumerate(SHAPES):
        given = arguments(shape, dtype, seed=seed)
        with _native.use("reference"):
            check(norm_pushforward(**given, batch_statistics=True), given, True)


@pytest.mark.parametrize("batch_statistics", [False, True])
@pytest.mark.parametrize("shape", [(67, 24), (3, 3, 40)])
def test_what_is_there(device, shape, batch_statistics):
    for present in norm_cases.PRESENT:
        given = arguments(shape, torch.float64, present=present, device=device)
        check(norm_pushforward(**given, batch_statistics=batch_statistics), given, batch_statistics)
        with _native.use("reference"):
            check(norm_pushforward(**given, batch_statistics=batch_statistics), given, batch_statistics)


def test_random_cases(device):
    """Of any dtype, shape, layouts and choice of what is there."""
    draw = random.Random(0)
    for seed in range(150):
        shape = [draw.choice((1, 2, 5, 31, 64)), draw.choice((1, 3, 8, 33, 130))]
        shape += [draw.choice((1, 2, 7, 16, 65)) for _ in range(draw.randrange(3))]
        layouts = draw.choices(list(op_cases.LAYOUTS), k=2)
        given = arguments(shape, draw.choice(op_cases.DTYPES), layouts, draw.choice(norm_cases.PRESENT), seed, device)
        batch_statistics = draw.random() < 0.7
        check(norm_pushforward(**given, batch_statistics=batch_statistics), given, batch_statistics)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("shape", [(6, 3, 4, 5), (9, 4)])
def test_against_forward_mode(mode, training, shape):
    """The tangent of torch's own batch normalisation and ReLU."""
    given = arguments(shape, torch.float64)
    x, x_dot = given["x"], given["x_dot"]
    vectors = [given[name] for name in ("weight", "bias_dot", "weight_dot")]  # γ, any β, t_γ
    bias_dot = torch.linspace(-1, 1, shape[1], dtype=torch.float64)
    running = torch.linspace(-1, 1, shape[1], dtype=torch.float64), torch.linspace(1, 2, shape[1], dtype=torch.float64)

    def function(x, weight, bias):
        statistics = (None, None) if training else running
        return functional.batch_norm(x, *statistics, weight, bias, training).relu()

    y, expected = torch.func.jvp(function, (x, *vectors[:2]), (x_dot, vectors[2], bias_dot))
    others = [dim for dim in range(x.dim()) if dim != 1]
    mean, variance = (x.mean(others), x.var(others, correction=0)) if training else running
    given |= {"mean": mean, "inverse_std": (variance + 1e-5).rsqrt(), "bias_dot": bias_dot, "relu": y}
    assert (y == 0).any()
    torch.testing.assert_close(norm_pushforward(**given, batch_statistics=training), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("layout", op_cases.LAYOUTS)
def test_layout_of_the_result(mode, layout):
    """That of x, where it is contiguous or has the channels innermost; a copy's, where x had to be copied."""
    x = arguments((2, 3, 5, 7), torch.float32, (layout, layout))["x"]
    dense = x if layout in ("contiguous", "channels_last", "unaligned") else x.contiguous()
    channel = torch.ones(3)
    out = norm_pushforward(x, channel, channel, None, x_dot=x, batch_statistics=True)
    if mode == "native" or layout in ("contiguous", "channels_last"):
        assert op_cases.strides(out) == op_cases.strides(dense)


def test_vectors_of_other_dtypes(mode):
    """As a network that was cast as a whole has them, and one under autocast."""
    given = arguments((8, 16, 4, 4), torch.bfloat16)
    narrow = {name: value.bfloat16() for name, value in given.items()}
    check(norm_pushforward(**narrow, batch_statistics=True), narrow, True)
    wide = {name: value.double() if value.dim() == 1 else value for name, value in given.items()}
    check(norm_pushforward(**wide, batch_statistics=True), given, True)


def test_mean_far_from_zero(mode):
    """Of x next to a mean that is a thousand standard deviations away nothing cancels but the mean itself."""
    given = arguments((16, 4, 9, 9), torch.float32)
    given["mean"] = torch.full((4,), 1000.0)
    given["x"] = given["x"] + 1000
    check(norm_pushforward(**given, batch_statistics=True), given, True)


def test_error_of_long_sums_does_not_grow(mode):
    """A constant tangent moves nothing; a naive float32 sum of five million terms near 1 would leave 1e-2 of it."""
    x = torch.randn(5, 1, 10**6, generator=torch.Generator().manual_seed(0))
    one = torch.ones(1)
    out = norm_pushforward(x, 0 * one, one, None, x_dot=torch.ones_like(x), batch_statistics=True)
    assert (out + x * x.double().mean()).abs().max() < 2e-6


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
def test_same_bits_for_any_number_of_threads(threads, count, layout):
    given = arguments((16, 20, 31, 33), torch.float32, (layout, layout))
    with _native.use("native"):
        threads(1)
        out = norm_pushforward(**given, batch_statistics=True)
        threads(count)
        assert all(torch.equal(out, norm_pushforward(**given, batch_statistics=True)) for _ in range(5))


@pytest.mark.gpu
@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
def test_same_bits_on_a_gpu(device, layout):
    given = arguments((64, 48, 31, 33), torch.float32, (layout, layout), device=device)
    out = norm_pushforward(**given, batch_statistics=True)
    assert all(torch.equal(out, norm_pushforward(**given, batch_statistics=True)) for _ in range(20))


@pytest.mark.parametrize("name", ["x", "mean", "inverse_std", *norm_cases.VECTORS, *norm_cases.TENSORS])
def test_is_not_recorded(mode, name):
    """Rather than be differentiated wrongly it raises, whatever runs; without recording it does not."""
    given = arguments((4, 3), torch.float64)
    given[name] = given[name].requires_grad_()
    with pytest.raises(RuntimeError, match=f"norm_pushforward has no derivative, and {name} requires grad"):
        norm_pushforward(**given, batch_statistics=True)
    with torch.no_grad():
        check(norm_pushforward(**given, batch_statistics=True), given, True)


def test_rounds_to_nearest():
    """float16 and bfloat16 as PyTorch rounds a float32."""
    x = torch.zeros(1, 4001, 2)
    shift = torch.linspace(-3, 3, 4001)
    one = torch.ones(4001)
    for dtype in (torch.float16, torch.bfloat16):
        with _native.use("native"):
            out = norm_pushforward(x.to(dtype), one, one, None, bias_dot=shift, batch_statistics=False)
        assert torch.equal(out, shift.to(dtype)[None, :, None].expand_as(out))


X, V = torch.ones(4, 2), torch.ones(2)
WRONG = [
    (TypeError, r"x: expected a tensor, got list", {"x": [1.0]}),
    (TypeError, r"x: expected float16.*int64", {"x": X.long()}),
    (TypeError, r"x: expected a strided tensor", {"x": X.to_sparse()}),
    (ValueError, r"x: .* meta device", {"x": X.to("meta")}),
    (ValueError, r"x: expected shape \(N, C, \.\.\.\), got \(2,\)", {"x": V}),
    (TypeError, r"mean: expected a tensor, got NoneType", {"mean": None}),
    (TypeError, r"inverse_std: expected a tensor, got float", {"inverse_std": 1.0}),
    (ValueError, r"mean: expected shape \(2,\), an entry a channel of x, got \(4,\)", {"mean": torch.ones(4)}),
    (ValueError, r"weight: expected shape \(2,\), .* got \(1, 2\)", {"weight": V[None]}),
    (TypeError, r"weight_dot: expected float16.*complex64", {"weight_dot": V.to(torch.complex64)}),
    (ValueError, r"bias_dot: expected a tensor with data", {"bias_dot": V.to("meta")}),
    (TypeError, r"x_dot: expected a tensor, got int", {"x_dot": 0}),
    (ValueError, r"x_dot: expected shape \(4, 2\), as x has, got \(2,\)", {"x_dot": V}),
    (ValueError, r"x_dot: .* resolve_neg", {"x_dot": X.to(torch.complex64).conj().imag}),
    (TypeError, r"relu: expected torch.float32, as x has, got torch.float64", {"relu": X.double()}),
    (TypeError, r"batch_statistics: expected a bool, got NoneType", {"batch_statistics": None}),
]


@pytest.mark.parametrize(("error", "message", "wrong"), WRONG)
def test_refusals(error, message, wrong):
    right = {"x": X, "mean": V, "inverse_std": V, "weight": None, "batch_statistics": True}
    with pytest.raises(error, match=message):
        norm_pushforward(**(right | wrong))


@pytest.mark.gpu
def test_refuses_two_devices(device):
    if device.type == "cpu":
        pytest.skip("takes a GPU")
    x, v = X.to(device), V.to(device)
    with pytest.raises(ValueError, match=r"mean: expected a tensor on cuda.*got one on cpu"):
        norm_pushforward(x, V, v, None, batch_statistics=True)
    with pytest.raises(ValueError, match=r"x_dot: expected a tensor on cuda.*got one on cpu"):
        norm_pushforward(x, v, v, None, x_dot=X, batch_statistics=True)
