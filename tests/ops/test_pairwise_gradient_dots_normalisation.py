"""Pairwise products of a normalisation's scale and shift: each kind of statistics and of scale."""

import importlib

import pytest
import torch
from shared import op_cases
from shared.pairwise_cases import Case, arguments

from famus_ext.ops import pairwise_gradient_dots
from famus_ext.ops.geometry import Normalisation


def statistics(*shape):
    generator = torch.Generator().manual_seed(5)
    mean, spread = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
    return mean, spread.abs() + 0.5


# Name: shapes of the statistics and of the scale, and of x.
KINDS = {
    "batch": ((4, 1, 1), (4, 1, 1), (3, 4, 5, 6)),
    "batch, one dimension": ((4,), (4,), (7, 4)),
    "layer": ((3, 5, 1), (6,), (3, 5, 6)),
    "layer, two dimensions": ((3, 1, 1), (5, 6), (3, 5, 6)),
    "group": ((3, 4, 1, 1), (4, 1, 1), (3, 4, 5, 6)),
    "no examples": ((4, 1), (4, 1), (0, 4, 5)),
}


def case_of(kind, dtype=torch.float64):
    mean_shape, scale_shape, x_shape = KINDS[kind]
    mean, inverse_std = statistics(*mean_shape)
    layer = Normalisation(mean.to(dtype), inverse_std.to(dtype), scale_shape)
    return Case(layer, (x_shape,) * 4)


def by_hand(case, tensors, *, weight=True, bias=True):
    """G in float64 from gradients written out."""
    layer, shape = case.layer, case.layer.weight_shape
    rows = []
    for x, slopes in (tensors[:2], tensors[2:]):
        x, slopes = x.double(), slopes.double()
        x_hat = (x - layer.mean.double()) * layer.inverse_std.double()
        parts = [slopes * x_hat] * weight + [slopes] * bias
        ahead = (1,) * (x.dim() - 1 - len(shape))
        rows.append(torch.cat([part.sum_to_size(len(x), *ahead, *shape).flatten(1) for part in parts], 1))
    return rows[0] @ rows[1].T


@pytest.mark.parametrize("wanted", [{}, {"weight": False}, {"bias": False}])
@pytest.mark.parametrize("kind", KINDS)
def test_kinds(mode, kind, wanted):
    case = case_of(kind)
    tensors = arguments(case, torch.float64)
    found = pairwise_gradient_dots(*tensors, case.layer, **({"bias": True} | wanted))
    torch.testing.assert_close(found, by_hand(case, tensors, **wanted), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
def test_dtypes(mode, dtype):
    """Statistics are of the dtype in which sums over x are formed."""
    case = case_of("batch", torch.float64 if dtype == torch.float64 else torch.float32)
    tensors = arguments(case, dtype)
    found = pairwise_gradient_dots(*tensors, case.layer, bias=True)
    expected = by_hand(case, tensors)
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    assert found.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    torch.testing.assert_close(found.double(), expected, rtol=tolerance, atol=tolerance * float(expected.abs().max()))


def test_statistics_of_each_batch(mode):
    case = case_of("group")
    other = Normalisation(case.layer.mean + 1, case.layer.inverse_std * 2, case.layer.weight_shape)
    x, slopes, x_meta, slopes_meta = arguments(case, torch.float64)
    found = pairwise_gradient_dots(x, slopes, x_meta, slopes_meta, case.layer, layer_meta=other)
    same = pairwise_gradient_dots(
        x,
        slopes,
        2 * (x_meta - 1),
        slopes_meta,
        Normalisation(case.layer.mean, case.layer.inverse_std, case.layer.weight_shape),
        layer_meta=Normalisation(2 * case.layer.mean, case.layer.inverse_std, case.layer.weight_shape),
    )
    torch.testing.assert_close(found, same, rtol=1e-12, atol=1e-12)


def test_a_few_examples_at_a_time(mode, monkeypatch):
    case = case_of("batch")
    tensors = arguments(case, torch.float64)
    whole = pairwise_gradient_dots(*tensors, case.layer, bias=True)
    module = importlib.import_module("famus_ext.ops.pairwise_gradient_dots.normalisation")
    monkeypatch.setattr(module, "ENTRIES", 1)
    torch.testing.assert_close(pairwise_gradient_dots(*tensors, case.layer, bias=True), whole, rtol=1e-13, atol=0)
