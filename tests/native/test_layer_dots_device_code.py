"""The kernels of layer_dots, compiled for the CPU by g++, against the definition and under sanitizers."""

import struct

import pytest
import torch
from native.device_code import CODES, data, driver_of, run, split
from shared import op_cases, tolerances

from famus_ext import _native
from famus_ext.ops import layer_dots

driver = driver_of("layer_dots")


def case(a, b, layer, layers, offset):
    """A case as the driver reads it."""
    parts = [struct.pack("4q", CODES[a[0].dtype], layers, len(a), offset)]
    for x, y, at in zip(a, b, layer, strict=True):
        parts += [struct.pack("2q", at, x.numel()), data(x), data(y)]
    return b"".join(parts)


@pytest.mark.parametrize("offset", [0, 1])
def test_pairs(driver, tmp_path, offset):
    cases, expected, bounds = [], [], []
    for dtype in op_cases.DTYPES:
        a, b = op_cases.many(dtype), op_cases.many(dtype, seed=1)
        layers = 300 if dtype == torch.float32 else 20  # more than one launch takes; few
        layer = [min(max(t - 5, 0), layers - 2) for t in range(len(a))]
        cases.append(case(a, b, layer, layers, offset))
        grouped = [
            [[x for x, at in zip(family, layer, strict=True) if at == index] for index in range(layers)]
            for family in (a, b)
        ]
        absolute = (
            [[x.double().abs() for x in tensors] for tensors in grouped[0]],
            [[x.double().abs() for x in tensors] for tensors in grouped[1]],
        )
        with _native.use("reference"):
            expected.append(layer_dots(*grouped))
            bounds.append(2 * tolerances.SUM[dtype] * layer_dots(*absolute))
    results = split(run(driver, tmp_path, cases), expected)
    for result, exact, bound in zip(results, expected, bounds, strict=True):
        assert ((result.double() - exact.double()).abs() <= bound).all()
