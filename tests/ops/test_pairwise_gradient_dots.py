import importlib

import pytest
import torch
from shared import op_cases, pairwise_cases
from shared.pairwise_cases import CONVOLUTION, EMBEDDING, LINEAR, arguments, check

from famus_ext import _native
from famus_ext.ops import pairwise_gradient_dots
from famus_ext.ops.pairwise_gradient_dots.convolution import as_convolution

PARAMETRIC = LINEAR | CONVOLUTION
CASES = PARAMETRIC | EMBEDDING


def dots(case, tensors, **wanted):
    return pairwise_gradient_dots(*tensors, case.layer, **({"bias": case.bias} | wanted))


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_kernel(device, dtype, name):
    case = CASES[name]
    tensors = arguments(case, dtype, device=device)
    before = [t.clone() for t in tensors]
    check(dots(case, tensors), case, tensors, bias=case.bias)
    assert all(map(torch.equal, tensors, before))


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_definition(dtype, name):
    case = CASES[name]
    tensors = arguments(case, dtype)
    with _native.use("reference"):
        check(dots(case, tensors), case, tensors, bias=case.bias)


@pytest.mark.parametrize("layouts", op_cases.LAYOUT_PAIRS)
@pytest.mark.parametrize("name", ["two rows", "rows of two dimensions", "stride and dilation", "groups"])
def test_layouts(device, name, layouts):
    case = PARAMETRIC[name]
    tensors = arguments(case, torch.float32, layouts, device=device)
    check(dots(case, tensors), case, tensors)


def test_autocast_changes_nothing(mode):
    case = CONVOLUTION["groups"]
    tensors = arguments(case, torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        check(dots(case, tensors), case, tensors)


@pytest.mark.parametrize("wanted", [{"weight": True, "bias": False}, {"weight": False, "bias": True}])
@pytest.mark.parametrize("name", PARAMETRIC)
def test_one_of_the_parameters(mode, name, wanted):
    case = PARAMETRIC[name]
    tensors = arguments(case, torch.float64)
    check(dots(case, tensors, **wanted), case, tensors, **wanted)


def test_the_definition_cuts_channels(monkeypatch):
    """With room for few entries it takes a channel at a time, and gives the same."""
    case = CONVOLUTION["groups"]
    tensors = arguments(case, torch.float64)
    module = importlib.import_module("famus_ext.ops.pairwise_gradient_dots.convolution")
    with _native.use("reference"):
        whole = dots(case, tensors)
        monkeypatch.setattr(module, "ENTRIES", 1)
        torch.testing.assert_close(dots(case, tensors), whole, rtol=1e-13, atol=1e-13)


WAYS = {"classifier": "Gram", "rows by Gram": "Gram", "3 x 3": "gradients", "rows by gradients": "gradients"}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.skipif(_native.C is None, reason=str(_native.missing()))
def test_both_ways_are_tested(name):
    """The way with fewer multiply-adds, counted by hand for the case's sizes."""
    case = PARAMETRIC[name]
    layer, (x, y, x_meta, y_meta) = as_convolution(case.layer, arguments(case, torch.float32))
    rows, meta_rows = (len(t) * t.shape[2:].numel() for t in (y, y_meta))
    inputs = x.shape[1] * torch.Size(layer.kernel_size).numel() + 1
    gradients = (rows + meta_rows + len(x) * len(x_meta)) * y.shape[1] * inputs
    assert ("Gram" if rows * meta_rows * (inputs + y.shape[1]) < gradients else "gradients") == WAYS[name]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("name", ["more examples than a block", "classifier"])
def test_same_bits_for_any_number_of_threads(threads, count, name):
    tensors = arguments(PARAMETRIC[name], torch.float32)
    with _native.use("native"):
        threads(1)
        out = dots(PARAMETRIC[name], tensors)
        threads(count)
        assert all(torch.equal(out, dots(PARAMETRIC[name], tensors)) for _ in range(5))


def test_error_of_long_sums_does_not_grow(mode):
    """Of gradients that are sums of 10,000 terms near 1; a naive float32 sum is off by 1e-4 and more."""
    generator = torch.Generator().manual_seed(0)
    x, y = (1 + 0.1 * torch.rand(2, 10_000, 3, generator=generator) for _ in range(2))
    case = pairwise_cases.linear((2, 2), 3, 3, (10_000,))
    exact, _ = pairwise_cases.exact(case, (x, y, x, y))
    assert ((dots(case, (x, y, x, y)) / exact - 1).abs() < 2e-6).all()


def test_takes_memory_of_the_result_only():
    """Workspace on the CPU: sums, and one tile of a bounded size, where all gradients would take 300 MB."""
    case = pairwise_cases.convolution((32, 32), 512, 256, (4, 4), 3, padding=1)
    with _native.use("native"), torch.no_grad():
        tensors = arguments(case, torch.float32)
        with torch.profiler.profile(profile_memory=True) as profile:
            dots(case, tensors)
    allocated = max(event.cpu_memory_usage for event in profile.events())
    assert 0 < allocated < 20 << 20
