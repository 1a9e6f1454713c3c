from hypothesis import given
from hypothesis import strategies as st
from shared import tolerances
from shared.fuzz_cases import DTYPES, drawn, finite, share_of_tolerance
from shared.fuzz_layers import LAYERS, batches, exact_arguments, geometry, tensors

from famus_ext import _native
from famus_ext.ops import gradient_dots

# The vendor's products of bfloat16 take denormal numbers for zeros.
VALUES = ("normal", "wide", "zeros")


@given(data=st.data(), layer=LAYERS, dtype=DTYPES, examples=st.integers(0, 9), absent=st.sampled_from("nnwb"))
def test_fuzz(device, tally, data, layer, dtype, examples, absent):
    """Any layer, tensors and directions against the definition in float64."""
    x, slopes = tensors(layer, data.draw(batches(dtype, layer, examples, VALUES)), device)
    given = geometry(layer, x)
    shapes = {"w": layer.weight, "b": layer.bias}
    directions = [
        data.draw(drawn(shape, dtype, VALUES)).tensor(device) if shape is not None and name != absent else None
        for name, shape in shapes.items()
    ]
    found = gradient_dots(given, x, slopes, *directions)
    exact, sizes = exact_arguments(layer, given, x, slopes)
    with _native.use("reference"):
        exact = gradient_dots(*exact, *(None if v is None else v.double().cpu() for v in directions))
        size = gradient_dots(*sizes, *(None if v is None else finite(v).abs() for v in directions))
    # ẏ may have been rounded to the dtype of x.
    rounded = size * (1 + tolerances.ROUNDING[dtype] / tolerances.SUM[dtype])
    tally(share_of_tolerance(found, exact, rounded, dtype, factor=1e10))
