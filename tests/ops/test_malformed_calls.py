"""Whatever an op is called with, it raises or computes: other kinds of arguments and of tensors."""

import pytest
import torch
from shared import gate_cases

from famus_ext import ops
from famus_ext.ops.geometry import Linear

X, V = torch.ones(2, 3), torch.ones(3)

# A right call of every op.
CALLS = {
    "virtual_step": {"parameters": [X], "gradients": [X], "lr": 0.1},
    "layer_dots": {"a": [[X]], "b": [[X]]},
    "gumbel_gates": {
        "inputs": [torch.ones(2)],
        "eta": gate_cases.vector(gate_cases.gates(torch.float32, sizes=[2], hidden=4)),
        "noise": torch.zeros(1, 2),
        "temperature": 1.0,
    },
    "gradient_dots": {
        "layer": Linear(),
        "x": X,
        "slopes": torch.ones(2, 4),
        "weight_dot": torch.ones(4, 3),
        "bias_dot": torch.ones(4),
    },
    "pairwise_gradient_dots": {
        **dict.fromkeys(("x", "x_meta"), X),
        **{name: torch.ones(2, 4) for name in ("slopes", "slopes_meta")},
        "layer": Linear(),
        "layer_meta": Linear(),
        "weight": True,
        "bias": True,
    },
    "norm_pushforward": {
        **dict.fromkeys(("mean", "inverse_std", "weight", "weight_dot", "bias_dot"), V),
        **dict.fromkeys(("x", "x_dot", "relu"), X),
        "batch_statistics": True,
    },
}


TENSORS = {
    "int64": lambda t: t.long(),
    "bool": lambda t: t > 0,
    "complex": lambda t: t.to(torch.complex64),
    "float8": lambda t: t.to(torch.float8_e4m3fn),
    "sparse": lambda t: t.to_sparse(),
    "mkldnn": lambda t: t.to_mkldnn(),
    "meta": lambda t: t.to("meta"),
    "negated": lambda t: t.to(torch.complex64).conj().imag,
    "one more dimension": lambda t: t[None],
    "one dimension less": lambda t: t[0],
    "longer": lambda t: torch.cat([t, t]),
    "empty": lambda t: t[:0],
}
# An argument that is named where another does not fit it.
FITS = {
    ("gumbel_gates", "inputs"): "inputs|eta",
    ("gradient_dots", "x"): "x|slopes|weight_dot",
    ("pairwise_gradient_dots", "x_meta"): "x_meta|slopes_meta",
}
# Values of other kinds, in place of a tensor, a list or a number.
VALUES = [object(), "text", 1 + 1j, {}, {X}, iter([X]), [None], [[]], [[[X]]], [1.0], b"bytes", lambda: X]


def replaced(value, change):
    """The argument with its tensor changed, wherever it is."""
    return [replaced(entry, change) for entry in value] if isinstance(value, list) else change(value)


def arguments_with(kind):
    return [(op, name) for op, given in CALLS.items() for name, value in given.items() if kind(value)]


def is_tensor(value):
    return is_tensor(value[0]) if isinstance(value, list) else isinstance(value, torch.Tensor)


def test_every_op_is_called():
    assert CALLS.keys() == set(ops.__all__)


@pytest.mark.parametrize("op", CALLS)
def test_right_call(mode, op):
    getattr(ops, op)(**CALLS[op])


@pytest.mark.parametrize("kind", TENSORS)
@pytest.mark.parametrize(("op", "name"), arguments_with(is_tensor))
def test_other_tensors(mode, op, name, kind):
    wrong = replaced(CALLS[op][name], TENSORS[kind])
    with pytest.raises((TypeError, ValueError), match=FITS.get((op, name), name)):
        getattr(ops, op)(**(CALLS[op] | {name: wrong}))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(("op", "name"), arguments_with(lambda value: True))
def test_other_values(mode, op, name, value):
    if [name, value] in (["gradients", [None]], ["lr", [1.0]]):
        pytest.skip("a right call")
    with pytest.raises((TypeError, ValueError), match=name):
        getattr(ops, op)(**(CALLS[op] | {name: value}))
