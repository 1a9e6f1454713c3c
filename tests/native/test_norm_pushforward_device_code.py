"""The kernels of norm_pushforward, compiled for the CPU by g++, against the formula and under sanitizers."""

import struct

import pytest
import torch
from native.device_code import CODES, data, driver_of, run, split
from shared import norm_cases, op_cases

# Those with entries, and few enough channels for the number of blocks to stay small.
SHAPES = [shape for shape in norm_cases.SHAPES if 0 not in shape and (shape[1] < 16 or len(shape) == 2)]


driver = driver_of("norm_pushforward")


def case(arguments, batch_statistics, offset):
    """A case as the driver reads it."""
    x = arguments["x"]
    header = struct.pack("6q", CODES[x.dtype], len(x), x.shape[1], x[0, 0].numel(), offset, batch_statistics)
    parts = [header, data(x), data(arguments["mean"]), data(arguments["inverse_std"])]
    for name in ("x_dot", "relu", "weight", "weight_dot", "bias_dot"):
        value = arguments[name]
        parts.append(struct.pack("q", value is not None) + (b"" if value is None else data(value)))
    return b"".join(parts)


def compare(driver, folder, cases, offset=0):
    """Each of the cases, (arguments, batch_statistics), against the formula."""
    memory = run(driver, folder, [case(*c, offset) for c in cases])
    for found, c in zip(split(memory, [arguments["x"] for arguments, _ in cases]), cases, strict=True):
        norm_cases.check(found, *c)


def test_shapes(driver, tmp_path):
    arguments = [norm_cases.arguments(shape, dtype) for dtype in op_cases.DTYPES for shape in SHAPES]
    compare(driver, tmp_path, [(a, True) for a in arguments])


@pytest.mark.parametrize("offset", [0, 1])
def test_packs(driver, tmp_path, offset):
    """Sizes that packs divide, with addresses that allow them and that do not."""
    shapes = [(67, 24), (600, 40), (5, 2, 512), (1, 1, 8200)]
    arguments = [norm_cases.arguments(shape, dtype) for dtype in op_cases.DTYPES for shape in shapes]
    compare(driver, tmp_path, [(a, True) for a in arguments], offset)


def test_what_is_there(driver, tmp_path):
    cases = [
        (norm_cases.arguments((35, 16), torch.float32, present=present), batch_statistics)
        for present in norm_cases.PRESENT
        for batch_statistics in (False, True)
    ]
    compare(driver, tmp_path, cases)
