"""The kernels of virtual_step, compiled for the CPU by g++, against the definition and under sanitizers."""

import itertools
import struct

import pytest
import torch
from native.device_code import CODES, data, driver_of, run, split
from shared import op_cases, tolerances

from famus_ext import _native
from famus_ext.ops import virtual_step

LR = 0.37

driver = driver_of("virtual_step")


def case(w, g, lr, offset):
    """A case as the driver reads it."""
    parts = [struct.pack("3q", CODES[w[0].dtype], len(w), offset)]
    for x, y, alpha in zip(w, g, lr, strict=True):
        parts += [struct.pack("2qd", *op_cases.matrix(x).shape, alpha), data(x), data(y)]
    return b"".join(parts)


@pytest.mark.parametrize("offset", [0, 1])
def test_tensors(driver, tmp_path, offset):
    cases, expected = [], []
    for dtype in op_cases.DTYPES:
        w, g = op_cases.many(dtype), op_cases.many(dtype, seed=1)
        lr = [LR + 0.01 * t for t in range(len(w))]
        cases.append(case(w, g, lr, offset))
        with _native.use("reference"):
            w_hat, g_bar = virtual_step(w, g, lr)
        bounds = [tolerances.SUM[dtype] * op_cases.matrix(x).abs().mean(1) for x in g]
        expected += itertools.chain.from_iterable(zip(w_hat, g_bar, zip(w, bounds, strict=True), strict=True))
    tensors = [x for i, x in enumerate(expected) if i % 3 < 2]
    results = split(run(driver, tmp_path, cases), tensors)
    for i, (w, bound) in enumerate(expected[2::3]):
        rounding = tolerances.ROUNDING[w.dtype]
        torch.testing.assert_close(results[2 * i], tensors[2 * i], rtol=rounding, atol=4 * rounding)
        assert ((results[2 * i + 1].double() - tensors[2 * i + 1].double()).abs() <= 2 * bound).all()
