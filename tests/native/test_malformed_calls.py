"""Calls of the native module that famus_ext.ops never makes: each is refused before a kernel touches memory."""

import re

import pytest
import torch
from native.native_calls import CALLS, FLOAT32, THREADS, Operand, call, changed, operands, output

from famus_ext import _native

C = _native.C
pytestmark = pytest.mark.skipif(C is None, reason=str(_native.missing()))
EVERY = [(name, o) for name, arguments in CALLS.items() for o in operands(arguments)]
IDS = [f"{name}-{o.name}" for name, o in EVERY]


def test_every_kernel_has_a_call():
    assert set(CALLS) == {name for name in vars(C) if name.endswith("_cpu")}


@pytest.mark.parametrize("name", CALLS)
def test_right_call(name):
    """What the others vary runs, and fills its outputs with numbers."""
    outputs = {o.name for o in operands(CALLS[name]) if o.output}
    assert all(tensor.isfinite().all() for key, tensor in call(name).items() if key in outputs)


@pytest.mark.parametrize(("name", "operand"), EVERY, ids=IDS)
def test_null(name, operand):
    if operand.optional:
        call(name, **{operand.name: 0})
    else:
        with pytest.raises(ValueError, match=rf"^{operand.name}: expected an address, got null"):
            call(name, **{operand.name: 0})


@pytest.mark.parametrize(("name", "operand"), EVERY, ids=IDS)
def test_misaligned(name, operand):
    expected = rf"^{operand.name}: expected an address that is a multiple of {operand.dtype.itemsize}, got "
    with pytest.raises(ValueError, match=expected):
        call(name, **{operand.name: lambda right: right[operand.name] + 1})


@pytest.mark.parametrize(("name", "operand"), EVERY, ids=IDS)
@pytest.mark.parametrize("wrong", [-4, None, 1.5, "0", 1 << 64], ids=str)
def test_no_address(name, operand, wrong):
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call(name, **{operand.name: wrong})


@pytest.mark.parametrize(("name", "operand"), [case for case in EVERY if case[1].entries > 1])
def test_memory_beyond_the_last_address(name, operand):
    with pytest.raises(ValueError, match=rf"^{operand.name}: expected memory that ends"):
        call(name, **{operand.name: (1 << 64) - operand.dtype.itemsize})


PAIRS = [
    (name, one, other)
    for name, arguments in CALLS.items()
    for one in operands(arguments)
    for other in operands(arguments)
    if one.output and one is not other
]


@pytest.mark.parametrize(("name", "one", "other"), PAIRS, ids=lambda value: getattr(value, "name", value))
def test_output_that_overlaps(name, one, other):
    """By its first entry and by its last, whichever of the two lies first."""
    width = max(one.dtype.itemsize, other.dtype.itemsize)
    last = (other.entries * other.dtype.itemsize - 1) // width * width
    for offset in {0, last}:
        with pytest.raises(ValueError, match=rf"({one.name}|{other.name}): expected memory of its own, got some that"):
            call(name, **{one.name: lambda right, offset=offset: right[other.name] + offset})


def test_neighbours_do_not_overlap():
    """ḡ of all tensors is one stretch of memory."""
    arguments = [FLOAT32, [*CALLS["virtual_step_cpu"][1]], THREADS]
    second = (Operand("w2", 6), Operand("g2", 6), output("w_hat2", 6), output("g_bar2", 2), 2, 3, 0.1)
    arguments[1].append(second)
    whole = torch.zeros(4)
    call("virtual_step_cpu", arguments, g_bar=whole.data_ptr(), g_bar2=whole.data_ptr() + 8)
    assert whole.tolist() == [1.0] * 4


HUGE = 1 << 62
WRONG = [
    ("virtual_step_cpu", (0,), 4, "dtype: expected 0 to 3, as DType numbers them"),
    ("virtual_step_cpu", (0,), -1, "dtype: expected 0 to 3, as DType numbers them"),
    ("virtual_step_cpu", (1, 0, 4), -1, "w: expected at least 0, got -1"),
    ("virtual_step_cpu", (1, 0, 5), 0, "inner: expected at least 1, got 0"),
    ("virtual_step_cpu", (1, 0, 5), -3, "inner: expected at least 1, got -3"),
    ("virtual_step_cpu", (1, 0, 4), HUGE, "w: expected fewer than 2^63 bytes, got more"),
    ("virtual_step_cpu", (2,), 0, "threads: expected 1 to 4096, got 0"),
    ("virtual_step_cpu", (2,), 1 << 30, "threads: expected 1 to 4096, got 1073741824"),
    ("layer_dots_cpu", (0,), 9, "dtype: expected 0 to 3, as DType numbers them"),
    ("layer_dots_cpu", (1, 0, 2), 0, "size: expected at least 1, got 0"),
    ("layer_dots_cpu", (1, 0, 2), HUGE, "a: expected fewer than 2^63 bytes, got more"),
    ("layer_dots_cpu", (1, 0, 3), -1, "layer: expected at least 0, got -1"),
    ("layer_dots_cpu", (1, 0, 3), 1, "layers: expected at least 2, got 1"),
    ("layer_dots_cpu", (2,), -1, "layers: expected at least 1, got -1"),
    ("layer_dots_cpu", (5,), -1, "threads: expected 1 to 4096, got -1"),
    ("gumbel_gates_cpu", (0,), 9, "dtype: expected 0 to 3, as DType numbers them"),
    ("gumbel_gates_cpu", (1, 0, 6), -1, "x: expected at least 0, got -1"),
    ("gumbel_gates_cpu", (2,), -1, "W: expected at least 0, got -1"),
    ("gumbel_gates_cpu", (2,), HUGE, "W: expected fewer than 2^63 bytes, got more"),
    ("gumbel_gates_cpu", (3,), 0.0, "temperature: expected more than 0, got 0.000000"),
    ("gumbel_gates_cpu", (3,), float("nan"), "temperature: expected more than 0, got nan"),
    ("gumbel_gates_cpu", (8,), 0, "threads: expected 1 to 4096, got 0"),
    ("grad_gumbel_gates_cpu", (0,), 9, "dtype: expected 0 to 3, as DType numbers them"),
    ("grad_gumbel_gates_cpu", (1, 0, 6), -1, "x: expected at least 0, got -1"),
    ("grad_gumbel_gates_cpu", (2,), -1, "W: expected at least 0, got -1"),
    ("grad_gumbel_gates_cpu", (7,), 0, "threads: expected 1 to 4096, got 0"),
    ("gradient_dots_cpu", (0,), 9, "dtype: expected 0 to 3, as DType numbers them"),
    ("gradient_dots_cpu", (1,), 0, "N: expected at least 1, got 0"),
    ("gradient_dots_cpu", (2, 0, 1), 0, "C: expected at least 1, got 0"),
    ("gradient_dots_cpu", (2, 0, 2), -1, "O: expected at least 1, got -1"),
    ("gradient_dots_cpu", (2, 0, 3), 0, "groups: expected at least 1, got 0"),
    ("gradient_dots_cpu", (2, 0, 3), 2, "C: expected a multiple of the groups, got 3"),
    ("gradient_dots_cpu", (2, 0, 0, 2), (0, 4, 1, 1, 0, 1), "input: expected at least 1, got 0"),
    ("gradient_dots_cpu", (2, 0, 0, 2), (4, 4, 1, 0, 0, 1), "stride: expected at least 1, got 0"),
    ("gradient_dots_cpu", (2, 2), (12, -4, 1), "stride: expected at least 0, got -4"),
    ("gradient_dots_cpu", (5,), 0, "threads: expected 1 to 4096, got 0"),
    ("norm_pushforward_cpu", (0,), 9, "dtype: expected 0 to 3, as DType numbers them"),
    ("norm_pushforward_cpu", (1,), (0, 3, 4), "N: expected at least 1, got 0"),
    ("norm_pushforward_cpu", (1,), (2, 0, 4), "C: expected at least 1, got 0"),
    ("norm_pushforward_cpu", (1,), (2, 3, -1), "inner: expected at least 1, got -1"),
    ("norm_pushforward_cpu", (1,), (HUGE, HUGE, 2), "x: expected fewer than 2^63 bytes, got more"),
    ("norm_pushforward_cpu", (6,), 0, "threads: expected 1 to 4096, got 0"),
    ("pairwise_gradient_dots_cpu", (0,), 9, "dtype: expected 0 to 3, as DType numbers them"),
    ("pairwise_gradient_dots_cpu", (1, 2), 0, "examples: expected at least 1, got 0"),
    ("pairwise_gradient_dots_cpu", (2, 2), -1, "examples: expected at least 1, got -1"),
    ("pairwise_gradient_dots_cpu", (1, 3, 2, 1), 0, "axes: expected at least 1, got 0"),
    ("pairwise_gradient_dots_cpu", (1, 3, 2, 2), 2, "axes: expected one kernel in both batches, got 1"),
    ("pairwise_gradient_dots_cpu", (2, 3, 2, 4), -1, "padding: expected at least 0, got -1"),
    ("pairwise_gradient_dots_cpu", (1, 4, 0), -4, "x: expected at least 0, got -4"),
    ("pairwise_gradient_dots_cpu", (2, 5, 0), HUGE, "slopes_meta: expected fewer than 2^63 bytes, got more"),
    ("pairwise_gradient_dots_cpu", (2, 5, 0), (1 << 63) - 1, "slopes_meta: expected fewer than 2^63 entries, got more"),
    ("pairwise_gradient_dots_cpu", (3, 0), -1, "channels: expected at least 0, got -1"),
    ("pairwise_gradient_dots_cpu", (3, 1), 0, "outputs: expected at least 1, got 0"),
    ("pairwise_gradient_dots_cpu", (3, 2), 0, "groups: expected at least 1, got 0"),
    ("pairwise_gradient_dots_cpu", (3, 2), 2, "channels: expected a multiple of groups, got 1"),
    ("pairwise_gradient_dots_cpu", (6,), 0, "threads: expected 1 to 4096, got 0"),
]


@pytest.mark.parametrize(("name", "path", "value", "message"), WRONG)
def test_wrong_number(name, path, value, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call(name, changed(name, path, value))


def test_falling_layers():
    arguments = changed("layer_dots_cpu", (2,), 2)
    arguments[1] = [(Operand("a", 5), Operand("b", 5), 5, 1), (Operand("a2", 5), Operand("b2", 5), 5, 0)]
    with pytest.raises(ValueError, match=r"^layer: expected at least 1, got 0"):
        call("layer_dots_cpu", arguments)


@pytest.mark.parametrize("shape", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 1, 1)])
def test_workspace_of_nothing(shape):
    with pytest.raises(ValueError, match="expected at least 1"):
        C.norm_pushforward_workspace(shape)


AXIS = (1, 1, 1, 1, 0, 1)


@pytest.mark.parametrize(
    "layer",
    [
        (((AXIS, AXIS, (4, 0, 1, 1, 0, 1)), 3, 5, 1), (0,) * 4, (1,) * 3, (1,) * 3),
        (((AXIS, AXIS, AXIS), 3, 5, 0), (0,) * 4, (1,) * 3, (1,) * 3),
        ((0,) * 3, 0, 1, 1, -1),
        ((0,) * 3, 1, 0, 1, -1),
        ((0,) * 6, 1, 0, (0,) * 3, (0,) * 2),
    ],
)
def test_workspace_of_an_empty_layer(layer):
    with pytest.raises(ValueError, match="expected at least 1, got 0"):
        C.gradient_dots_workspace(1, layer)


@pytest.mark.parametrize("name", CALLS)
def test_wrong_count(name):
    with pytest.raises(TypeError, match="incompatible function arguments"):
        getattr(C, name)()
