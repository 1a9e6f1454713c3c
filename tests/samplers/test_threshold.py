"""Threshold: the layers whose gradient is large beside the largest."""

import math

import pytest
import torch

from famus_ext.network.layers import Layer
from famus_ext.samplers import Threshold

# Root mean squares 1, 3, 2 and 1/4, over 4, 1, 2 and 16 entries.
POOLED = [
    torch.tensor([1.0, -1.0, 1.0, -1.0]),
    torch.tensor([3.0]),
    torch.tensor([0.0, math.sqrt(8)]),
    torch.full((16,), 0.25),
]


def gates(share, pooled):
    found = tuple(Layer(str(index), ()) for index in range(len(pooled)))
    sampler = Threshold(share)
    assert list(sampler.candidates(found)) == list(range(len(pooled)))
    assert torch.equal(sampler.eval()(found, pooled), sampler.train()(found, pooled))
    return sampler(found, pooled).tolist()


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (1.0, [0, 1, 0, 0]),
        (0.7, [0, 1, 0, 0]),
        (0.6, [0, 1, 1, 0]),
        (0.3, [1, 1, 1, 0]),
        (0.08, [1, 1, 1, 1]),
    ],
)
def test_gates(share, expected):
    assert gates(share, POOLED) == expected


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_the_scale_does_not_matter(scale, dtype):
    assert gates(0.6, [scale * p.to(dtype) for p in POOLED]) == [0, 1, 1, 0]


NAN, INF = math.nan, math.inf
EDGES = {
    "all zero": ([[0.0, 0.0], [0.0]], [1, 1]),
    "one layer": ([[0.0]], [1]),
    "equal": ([[2.0, 2.0], [-2.0]], [1, 1]),
    "an empty layer": ([[], [1.0]], [0, 1]),
    "NaN": ([[1.0, NAN], [5.0]], [1, 0]),
    "infinite": ([[1.0], [-INF, 0.0], [INF]], [0, 1, 1]),
    "all NaN": ([[NAN], [NAN, NAN]], [1, 1]),
}


@pytest.mark.parametrize(("pooled", "expected"), EDGES.values(), ids=EDGES)
def test_edges(pooled, expected):
    """Some layer is always active, whatever comes."""
    assert gates(0.9, [torch.tensor(p) for p in pooled]) == expected


@pytest.mark.parametrize(
    ("share", "error"),
    [(0, ValueError), (-0.1, ValueError), (1.1, ValueError), (NAN, ValueError), ("1", TypeError), (True, TypeError)],
)
def test_bad_shares_are_refused(share, error):
    with pytest.raises(error, match="share: expected a"):
        Threshold(share)
