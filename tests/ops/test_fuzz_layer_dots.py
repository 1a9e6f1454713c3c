import torch
from hypothesis import given
from hypothesis import strategies as st
from shared.fuzz_cases import alike, finite, share_of_tolerance

from famus_ext import _native
from famus_ext.ops import layer_dots

LAYERS = st.lists(st.lists(st.tuples(alike(2), st.booleans()), max_size=3), min_size=1, max_size=4)


@given(cases=LAYERS)
def test_fuzz(device, tally, cases):
    """Any tensors against the definition in float64; also tensors without a partner, and partners that are one."""
    a = [[drawn.tensor(device) for (drawn, _), _ in layer] for layer in cases]
    b = [
        [drawn.tensor(device) if own else t for t, ((_, drawn), own) in zip(a_l, layer, strict=True)]
        for a_l, layer in zip(a, cases, strict=True)
    ]
    found = layer_dots(a, b)
    with _native.use("reference"):
        exact = layer_dots(*([[t.double() for t in layer] for layer in family] for family in (a, b)))
        size = layer_dots(*([[finite(t).abs() for t in layer] for layer in family] for family in (a, b)))
    dtypes = [t.dtype for layer in a for t in layer]
    tally(share_of_tolerance(found, exact, size, min(dtypes, key=lambda dtype: dtype.itemsize, default=torch.float32)))
