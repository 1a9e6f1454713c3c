from hypothesis import given
from hypothesis import strategies as st
from shared.fuzz_cases import DTYPES, share_of_tolerance
from shared.fuzz_layers import LAYERS, batches, exact_arguments, geometry, tensors

from famus_ext import _native
from famus_ext.ops import pairwise_gradient_dots

# Of the weight, of the bias.
PARAMETERS = st.sampled_from(((True, True), (True, False), (False, True)))


@given(data=st.data(), layer=LAYERS, dtype=DTYPES, counts=st.tuples(*[st.integers(0, 9)] * 2), parameters=PARAMETERS)
def test_fuzz(device, tally, data, layer, dtype, counts, parameters):
    """Any layer and two batches against the definition in float64."""
    weight, bias = (True, False) if layer.bias is None else parameters
    exact, sizes, given = [], [], []
    for count in counts:
        x, slopes = tensors(layer, data.draw(batches(dtype, layer, count)), device)
        own = geometry(layer, x)
        given.append((own, x, slopes))
        for found, kept in zip(exact_arguments(layer, own, x, slopes), (exact, sizes), strict=True):
            kept.append(found)

    def products(training, meta):
        layers = {"layer": training[0], "layer_meta": meta[0]}
        return pairwise_gradient_dots(*training[1:], *meta[1:], **layers, weight=weight, bias=bias)

    found = products(*given)
    with _native.use("reference"):
        exact, size = products(*exact), products(*sizes)
    tally(share_of_tolerance(found, exact, size, dtype, factor=1e10))
