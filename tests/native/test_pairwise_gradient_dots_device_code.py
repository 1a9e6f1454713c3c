"""The kernels of pairwise_gradient_dots, compiled for the CPU by g++, against the formula and under sanitizers."""

import struct

import pytest
import torch
from native.device_code import CODES, data, driver_of, run, split
from shared import op_cases, pairwise_cases

from famus_ext.ops.geometry import SPATIAL
from famus_ext.ops.pairwise_gradient_dots.convolution import as_convolution

driver = driver_of("pairwise_gradient_dots")


def has_entries(case):
    return all(all(shape) for shape in case.shapes)


CASES = {
    name: case
    for name, case in (pairwise_cases.LINEAR | pairwise_cases.CONVOLUTION).items()
    if has_entries(case) and name not in ("more examples than a block", "large window")
}


def batch_bytes(x, slopes, layer):
    """A batch as the driver reads it."""
    parts = [struct.pack("q", len(x))]
    parts += [struct.pack("6q", *axis) for axis in layer.axes(tuple(x.shape[2:]))]
    for tensor in (x, slopes):
        strides = (*tensor.stride()[:2], *(0,) * (SPATIAL + 2 - tensor.dim()), *tensor.stride()[2:])
        entries = 1 + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
        parts += [struct.pack("6q", *strides, entries), data(tensor.as_strided((entries,), (1,)))]
    return b"".join(parts)


def case_bytes(case, tensors):
    layer, (x, slopes, x_meta, slopes_meta) = as_convolution(case.layer, tensors)
    header = struct.pack("5q", CODES[x.dtype], x.shape[1], slopes.shape[1], layer.groups, case.bias)
    return header + batch_bytes(x, slopes, layer) + batch_bytes(x_meta, slopes_meta, layer)


def compare(driver, folder, cases):
    """Each of the cases, with its tensors, against gradients of one example at a time."""
    memory = run(driver, folder, [case_bytes(case, tensors) for case, tensors in cases])
    kinds = [torch.float64 if tensors[1].dtype == torch.float64 else torch.float32 for _, tensors in cases]
    likes = [torch.empty(len(t[0]), len(t[2]), dtype=kind) for (_, t), kind in zip(cases, kinds, strict=True)]
    for found, (case, tensors) in zip(split(memory, likes), cases, strict=True):
        pairwise_cases.check(found, case, tensors)


@pytest.mark.parametrize("name", CASES)
def test_cases(driver, tmp_path, name):
    case = CASES[name]
    compare(driver, tmp_path, [(case, pairwise_cases.arguments(case, torch.float32))])


def test_dtypes(driver, tmp_path):
    cases = [CASES["classifier"], CASES["3 x 3"]]
    compare(
        driver, tmp_path, [(case, pairwise_cases.arguments(case, dtype)) for case in cases for dtype in op_cases.DTYPES]
    )


def test_layouts(driver, tmp_path):
    case = CASES["stride and dilation"]
    layouts = [("channels_last", "channels_last"), ("sliced", "expanded"), ("expanded", "transposed")]
    compare(driver, tmp_path, [(case, pairwise_cases.arguments(case, torch.float32, pair)) for pair in layouts])
