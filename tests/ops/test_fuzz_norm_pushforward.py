import torch
from hypothesis import given
from hypothesis import strategies as st
from shared import norm_cases
from shared.fuzz_cases import DTYPES, Drawn, alike, finite, share_of_tolerance

from famus_ext import _native
from famus_ext.ops import norm_pushforward

SHAPES = st.one_of(
    st.tuples(st.integers(0, 40), st.integers(0, 40)),
    st.lists(st.integers(0, 9), min_size=2, max_size=5).map(tuple),
    st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4000)),
    st.tuples(st.integers(1, 3000), st.integers(1, 5)),
)
# Products of three numbers, in sums, must be finite for an entry to be.
VALUES = ("normal", "wide", "denormal", "zeros", "not_finite")
SEEDS = st.integers(0, 2**16)


@given(
    tensors=alike(3, shape=SHAPES, dtype=DTYPES, values=VALUES),
    vectors=st.lists(st.sampled_from(("normal", "denormal", "zeros")), min_size=5, max_size=5),
    present=st.sampled_from(norm_cases.PRESENT),
    batch_statistics=st.booleans(),
    seed=SEEDS,
)
def test_fuzz(device, tally, tensors, vectors, present, batch_statistics, seed):
    """Any tensors against the definition in float64."""
    x, x_dot, relu = (drawn.tensor(device) for drawn in tensors)
    wide = torch.promote_types(x.dtype, torch.float32)
    names = ("mean", "inverse_std", *norm_cases.VECTORS)
    drawn = (Drawn(x.shape[1:2], wide, "contiguous", kind, seed + i) for i, kind in enumerate(vectors))
    given = {"x": x, "x_dot": x_dot, "relu": relu, **{n: d.tensor(device) for n, d in zip(names, drawn, strict=True)}}
    given["inverse_std"] = given["inverse_std"].abs() + 0.5
    given = {n: t if n in ("x", "mean", "inverse_std", *present) else None for n, t in given.items()}
    found = norm_pushforward(**given, batch_statistics=batch_statistics)
    assert found.dtype == x.dtype
    double = {n: None if t is None else t.double() for n, t in given.items()}
    with _native.use("reference"):
        exact = norm_pushforward(**double, batch_statistics=batch_statistics)
    double = {n: None if t is None else finite(t) for n, t in given.items()}
    _, size = norm_cases.exact(double, batch_statistics)
    # x̂ mean(x̂ ẋ), of a ẋ that may be denormal.
    distance = (double["x"].abs().max() + 10).item() * 10 if x.numel() else 1.0
    tally(share_of_tolerance(found, exact, size, x.dtype, factor=distance**2))
