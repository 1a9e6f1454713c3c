"""The kernels of gumbel_gates, compiled for the CPU by g++, against the formula and under sanitizers."""

import struct

import pytest
import torch
from native.device_code import CODES, data, driver_of, run, split
from shared import gate_cases, op_cases

from famus_ext.ops._layout import ACCUMULATE

# Of a gradient, relative to the largest entry of its tensor, and of the entry: its rounding to the dtype.
TOLERANCE = {
    torch.float16: (1e-5, 2**-10),
    torch.bfloat16: (1e-5, 2**-7),
    torch.float32: (1e-5, 1e-6),
    torch.float64: (1e-13, 1e-13),
}


driver = driver_of("gumbel_gates")


def case(gates, noise, cotangent, hidden, wants_x):
    """A case as the driver reads it."""
    dtype = gates[0][1].dtype
    header = struct.pack("4qd", CODES[dtype], hidden, len(gates), wants_x, gate_cases.TEMPERATURE)
    parts = [header, data(noise), data(cotangent)]
    for x, *eta in gates:
        parts += [struct.pack("q", len(x)), data(x.to(ACCUMULATE[dtype])), *map(data, eta)]
    return b"".join(parts)


def check(driver, folder, cases, wants_x):
    """Run layers of (dtype, sizes, H), and compare gates and gradients with those in float64."""
    parts, likes, expected = [], [], []
    for dtype, sizes, hidden in cases:
        gates, width = gate_cases.gates(dtype, sizes=sizes, hidden=hidden), ACCUMULATE[dtype]
        noise, cotangent = gate_cases.noise(len(sizes), width), gate_cases.cotangent(len(sizes)).to(width)
        parts.append(case(gates, noise, cotangent, hidden, wants_x))
        differences, _ = gate_cases.exact(gates, noise)
        grads = iter(gate_cases.exact_gradients(gates, noise, cotangent.double()))
        likes.append(torch.empty(len(sizes), dtype=width))
        expected.append((differences > 0).double())
        for x, *eta in gates:
            grad_x, *grad_eta = (next(grads) for _ in range(6))
            likes += [*eta, x.to(width)] if wants_x else eta
            expected += [*grad_eta, grad_x] if wants_x else grad_eta
    likes, expected = ([t for t in tensors if t.numel()] for tensors in (likes, expected))
    for found, exact in zip(split(run(driver, folder, parts), likes), expected, strict=True):
        atol, rtol = TOLERANCE[found.dtype]
        atol = atol * exact.abs().max().item() + torch.finfo(found.dtype).smallest_normal
        torch.testing.assert_close(found.double(), exact, rtol=rtol, atol=atol)


@pytest.mark.parametrize("wants_x", [False, True])
def test_gates(driver, tmp_path, wants_x):
    """Every length of x; H that a warp, a block in one go, and a block in several takes."""
    cases = [(dtype, gate_cases.SIZES[:-1], 5) for dtype in op_cases.DTYPES]
    check(driver, tmp_path, [*cases, (torch.float32, (3, 257), 33), (torch.bfloat16, (1,), 300)], wants_x)


# Thousands of threads take the sanitizer of threads a minute.
@pytest.mark.parametrize("driver", ["plain", "address"], indirect=True)
def test_more_layers_than_a_launch_takes(driver, tmp_path):
    check(driver, tmp_path, [(torch.float32, [2] * 70, 4)], wants_x=True)
