import torch
from hypothesis import given
from hypothesis import strategies as st
from shared.fuzz_cases import alike, finite, share_of_tolerance

from famus_ext import _native
from famus_ext.ops import virtual_step

RATES = st.sampled_from((0.1, -2.5, 0.0, 1e-30, 1e10))


@given(cases=st.lists(st.tuples(alike(2), RATES), min_size=1, max_size=4), shared=st.booleans())
def test_fuzz(device, tally, cases, shared):
    """Any tensors against the definition in float64; also where w and g are one."""
    w = [drawn.tensor(device) for (drawn, _), _ in cases]
    g = [t if shared else drawn.tensor(device) for t, ((_, drawn), _) in zip(w, cases, strict=True)]
    lr = [rate for _, rate in cases]
    before = [t.clone() for t in w + g]
    found = virtual_step(w, g, lr)
    assert all(torch.equal(t.nan_to_num(), same.nan_to_num()) for t, same in zip(w + g, before, strict=True))
    with _native.use("reference"):
        exact = virtual_step([t.double() for t in w], [t.double() for t in g], lr)
        sizes = virtual_step([finite(t).abs() for t in w], [finite(t).abs() for t in g], [-abs(rate) for rate in lr])
    shares = []
    for w_hat, g_bar, exact_hat, exact_bar, size_hat, size_bar, t in zip(*found, *exact, *sizes, w, strict=True):
        inner = max(t.shape[1:].numel(), 1)
        shares.append(share_of_tolerance(w_hat, exact_hat, size_hat, t.dtype))
        shares.append(share_of_tolerance(g_bar, exact_bar, size_bar, t.dtype, largest=inner * size_bar))
    tally(*shares)
