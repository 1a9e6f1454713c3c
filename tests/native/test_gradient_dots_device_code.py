"""The kernels of gradient_dots, compiled for the CPU by g++, against the formula and under sanitizers."""

import itertools
import struct

import pytest
import torch
from native.device_code import CODES, data, driver_of, run, split
from shared import op_cases
from shared.gradient_dots_cases import PRODUCTS, ROWS, arguments, check, convolution, dtype_of_vectors

from famus_ext.ops.geometry import Embedding, Normalisation
from famus_ext.ops.gradient_dots import native_layers

PRODUCT, LOOK_UP, NORM = range(3)
# Those with entries; the last, whose parameters vary between its rows and its columns, has no kernel.
SMALL = [case for case in PRODUCTS if 0 not in case.x]
SMALL_ROWS = [case for case in ROWS[:-1] if 0 not in case.x]

driver = driver_of("gradient_dots")


def extent(tensor):
    """A strided tensor as the memory from its first to its last entry."""
    length = 1 + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.as_strided((length,), (1,))


def flat(row):
    """The numbers of a nested row."""
    return [row] if isinstance(row, int) else [number for part in row for number in flat(part)]


def native(layer, x, slopes, weight, bias):
    """What a case is for the driver: kind, numbers, tensors."""
    if isinstance(layer, Embedding):
        found = native_layers.look_up(layer, x, slopes, weight)
        return LOOK_UP, flat(found.row[1:]), found.tensors
    if isinstance(layer, Normalisation):
        found = native_layers.normalisation(layer, x, slopes, weight, bias)
        return NORM, flat(found.row[1:]), found.tensors
    found = native_layers.product(layer, x, slopes, weight, bias)
    return PRODUCT, flat((found.row[0], found.row[2:])), found.tensors


def packed(given, offset):
    """A case as the driver reads it."""
    kind, numbers, tensors = native(*given)
    slopes = given[2]
    parts = [
        struct.pack("4q", CODES[slopes.dtype], kind, len(slopes), offset),
        struct.pack(f"{len(numbers)}q", *numbers),
    ]
    for tensor in tensors:
        entries = b"" if tensor is None else data(extent(tensor))
        parts += [struct.pack("q", len(entries)), entries]
    return b"".join(parts)


def compare(driver, folder, cases, offset=0):
    """Each of the cases against the formula."""
    likes = [torch.empty(len(given[2]), dtype=dtype_of_vectors(given[2].dtype)) for given in cases]
    memory = run(driver, folder, [packed(given, offset) for given in cases])
    for found, given in zip(split(memory, likes), cases, strict=True):
        check(found, given)


@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
def test_products(driver, tmp_path, layout):
    """float16 and bfloat16 on the tensor cores that the shim stands in for."""
    cases = SMALL if layout == "contiguous" else [case for case in SMALL if len(case.x) == 4]
    dtypes = itertools.cycle(op_cases.DTYPES if layout == "contiguous" else op_cases.DTYPES[:0:-1])
    every = [arguments(case, next(dtypes), (layout, layout)) for case in cases]
    few = [arguments(case, dtype, (layout, layout)) for dtype in op_cases.DTYPES for case in cases[5:8]]
    compare(driver, tmp_path, every + few)


def test_several_tiles(driver, tmp_path):
    """Of positions and of outputs, with steps that are cut."""
    case = convolution((3, 3), (2, 5, 12, 12), 66, padding=1)
    compare(driver, tmp_path, [arguments(case, dtype) for dtype in (torch.float32, torch.bfloat16)])


@pytest.mark.parametrize("offset", [0, 1])
def test_rows(driver, tmp_path, offset):
    """With addresses that packs allow and that they do not."""
    compare(driver, tmp_path, [arguments(case, dtype) for dtype in op_cases.DTYPES for case in SMALL_ROWS], offset)


def test_what_is_there(driver, tmp_path):
    """No bias, no scale, no shift."""
    cases = []
    for case in (SMALL[3], SMALL[11], ROWS[8]):
        layer, x, slopes, weight, bias = arguments(case, torch.float32)
        cases.append((layer, x, slopes, weight, torch.zeros_like(bias)))
    layer, x, slopes, weight, bias = cases[-1]
    absent = [
        (*cases[0][:4], None),
        (*cases[1][:4], None),
        (layer, x, slopes, weight, None),
        (layer, x, slopes, None, bias),
    ]
    cases.append((layer, x, slopes, torch.zeros_like(weight), bias))
    likes = [torch.empty(len(given[2])) for given in cases]
    for found, given in zip(split(run(driver, tmp_path, [packed(a, 0) for a in absent]), likes), cases, strict=True):
        check(found, given)


def test_index_out_of_range(driver, tmp_path):
    """No memory is read for it: the product is NaN."""
    layer, x, slopes, weight, _ = arguments(ROWS[2], torch.float32)
    x[1, 3], x[4, 0] = 4, -1
    parts = [packed((each, x, slopes, weight, None), 0) for each in (layer, Embedding())]
    for found in split(run(driver, tmp_path, parts), [torch.empty(5)] * 2):
        assert found.isnan().tolist() == [False, True, False, False, True]
