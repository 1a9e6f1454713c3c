"""Inside torch.compile an op is its definition, which is compiled with what surrounds it."""

import itertools

import pytest
import torch
from shared import gate_cases, gradient_dots_cases, norm_cases, op_cases, pairwise_cases

from famus_ext import _native, ops


def tensors(seed):
    return op_cases.tensors(torch.float64, seed=seed, shapes=[(5, 300), (7,), ()])


CASE = pairwise_cases.CONVOLUTION["stride and dilation"]
CALLS = {
    "virtual_step": lambda w, g: [*itertools.chain(*ops.virtual_step(w, g, 0.5))],
    "layer_dots": lambda a, b: [ops.layer_dots([a], [b])],
    "gumbel_gates": lambda inputs, rest: [ops.gumbel_gates(inputs, *rest, gate_cases.TEMPERATURE)],
    "gradient_dots": lambda given, layer: [ops.gradient_dots(layer, *given)],
    "norm_pushforward": lambda given, _: [ops.norm_pushforward(*given, batch_statistics=True)],
    "pairwise_gradient_dots": lambda four, _: [ops.pairwise_gradient_dots(*four, CASE.layer, bias=True)],
}


def arguments(op):
    if op == "gumbel_gates":
        gates = gate_cases.gates(torch.float64)
        return [x for x, *_ in gates], [gate_cases.vector(gates), gate_cases.noise(len(gates))]
    if op == "gradient_dots":
        case = gradient_dots_cases.convolution((3, 3), (4, 6, 8, 8), 8, groups=2)
        layer, *given = gradient_dots_cases.arguments(case, torch.float64)
        return given, layer
    if op == "norm_pushforward":
        given = norm_cases.arguments((8, 16, 4, 4), torch.float64)
        return [given[name] for name in ("x", "mean", "inverse_std", "weight")], []
    if op == "pairwise_gradient_dots":
        return pairwise_cases.arguments(CASE, torch.float64), []
    return tensors(0), tensors(1)


def test_every_op_is_compiled():
    assert CALLS.keys() == set(ops.__all__)


@pytest.mark.skipif(_native.C is None, reason=str(_native.missing()))
@pytest.mark.parametrize("op", CALLS)
def test_compiled_as_a_whole(op):
    """Without a break in the graph, in which a kernel might run on memory that is free again."""
    call, given = CALLS[op], arguments(op)
    compiled = torch.compile(call, backend="eager", fullgraph=True)
    with _native.use("auto"):
        for found, expected in zip(compiled(*given), call(*given), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
        assert _native.runs_native(op, torch.device("cpu"))
