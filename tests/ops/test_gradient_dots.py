import random

import pytest
import torch
from shared import op_cases
from shared.gradient_dots_cases import CASES, PRODUCTS, Case, arguments, check, convolution, normalisation

from famus_ext import _native
from famus_ext.ops import gradient_dots
from famus_ext.ops.geometry import Convolution, Embedding, Linear, Normalisation
from famus_ext.ops.gradient_dots.native_layers import look_up
from famus_ext.ops.gradient_dots.ways import CHUNK_BYTES, launch, way_of

ALL = list(enumerate(CASES))


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layout", ["contiguous", "unaligned", "channels_last"])
def test_kernel(device, dtype, layout):
    for seed, case in ALL:
        given = arguments(case, dtype, (layout, layout), seed, device)
        before = [None if t is None else t.clone() for t in given[1:]]
        check(gradient_dots(*given, way="fused"), given)
        assert all(b is None or torch.equal(a, b) for a, b in zip(given[1:], before, strict=True))


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
def test_chunks(device, monkeypatch, dtype, layout):
    """Chunks of one example, of a few, of all."""
    for seed, case in enumerate(PRODUCTS):
        given = arguments(case, dtype, (layout, layout), seed, device)
        for chunk_bytes in (1, given[2].nbytes // 2, 2**30):
            monkeypatch.setitem(CHUNK_BYTES, device.type, chunk_bytes)
            check(gradient_dots(*given, way="chunked"), given, rounded=True)


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layouts", op_cases.LAYOUT_PAIRS)
def test_layouts(device, dtype, layouts):
    for seed, case in ALL:
        if case.x[0]:
            given = arguments(case, dtype, layouts, seed, device)
            check(gradient_dots(*given), given, rounded=True)


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
def test_definition(dtype):
    for seed, case in ALL:
        given = arguments(case, dtype, seed=seed)
        with _native.use("reference"):
            check(gradient_dots(*given), given, rounded=True)


@pytest.mark.parametrize("way", [None, "fused"])
def test_what_is_there(mode, way):
    if way and mode == "reference":
        pytest.skip("a way is one of the kernels'")
    for seed, case in ALL:
        layer, x, slopes, weight, bias = given = arguments(case, torch.float64, seed=seed)
        zero = torch.zeros_like(weight)
        check(gradient_dots(layer, x, slopes, weight, way=way), (*given[:4], None if bias is None else 0 * bias))
        assert not gradient_dots(layer, x, slopes, way=way).any()
        if bias is not None:
            check(gradient_dots(layer, x, slopes, None, bias, way=way), (*given[:3], zero, bias))


def test_random_convolutions(device):
    """Of any dtype, sizes, geometry, layouts and way."""
    draw = random.Random(0)
    for seed in range(150):
        dimensions, groups = draw.choice((1, 2, 2, 3)), draw.choice((1, 1, 2, 3))
        kernel, stride, padding, dilation = (
            tuple(draw.choice(choices) for _ in range(dimensions)) for choices in ((1, 2, 3), (1, 2), (0, 1, 3), (1, 2))
        )
        layer = Convolution(kernel, stride, padding, dilation, groups)
        size = tuple(draw.randint(dilation[i] * (kernel[i] - 1) + 1, 12) for i in range(dimensions))
        channels, outputs = groups * draw.choice((1, 2, 9)), groups * draw.choice((1, 5, 70))
        case = Case(layer, (draw.choice((1, 3)), channels, *size), outputs)
        given = arguments(case, draw.choice(op_cases.DTYPES), draw.choices(list(op_cases.LAYOUTS), k=2), seed, device)
        check(gradient_dots(*given, way=draw.choice((None, "fused", "chunked"))), given, rounded=True)


def test_error_of_long_sums_does_not_grow(mode):
    """Of five million equal terms, which a naive float32 sum would leave 1e-2 off."""
    x, slopes = torch.full((1, 1, 2000, 2500), 0.1), torch.full((1, 1, 2000, 2500), 0.3)
    one = torch.ones(1, 1, 1)
    expected = 5e6 * torch.tensor(0.1).double() * torch.tensor(0.3).double()
    norm = Normalisation(torch.zeros(1, 1, 1), one, (1, 1, 1))
    point = Convolution((1, 1), (1, 1), (0, 0), (1, 1))
    for found in (gradient_dots(norm, x, slopes, one), gradient_dots(point, x, slopes, one[None])):
        assert (found / expected - 1).abs() < 1e-6


@pytest.mark.parametrize("count", [1, 2, 3])
def test_same_bits_for_any_number_of_threads(threads, count):
    case = Case(Convolution((3, 3), (1, 1), (1, 1), (1, 1)), (9, 8, 13, 11), 70)
    for given in (
        arguments(case, torch.float32),
        arguments(normalisation((9, 8, 99), (8, 1), (9, 8, 1)), torch.float32),
    ):
        threads(1)
        dots = gradient_dots(*given, way="fused")
        threads(count)
        assert all(torch.equal(dots, gradient_dots(*given, way="fused")) for _ in range(5))


@pytest.mark.parametrize("way", [None, "fused", "chunked"])
def test_autocast_changes_nothing(mode, way):
    if way and mode == "reference":
        pytest.skip("a way is one of the kernels'")
    given = arguments(CASES[3], torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        check(gradient_dots(*given, way=way), given)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", op_cases.DTYPES)
def test_same_bits_on_a_gpu(device, dtype):
    for seed, case in ALL:
        given = arguments(case, dtype, seed=seed, device=device)
        dots = gradient_dots(*given, way="fused")
        assert all(torch.equal(dots, gradient_dots(*given, way="fused")) for _ in range(20))


@pytest.mark.parametrize(
    ("dtype", "kernel", "outputs", "groups", "way"),
    [
        (torch.float32, (3, 3, 3), 16, 1, "fused"),  # 27 products an entry of ẏ: 13.5 operations a byte
        (torch.float32, (4, 3, 3), 16, 1, "chunked"),
        (torch.float64, (64, 3, 3), 64, 1, "fused"),
        (torch.float64, (1, 3, 3), 64, 64, "chunked"),
        (torch.bfloat16, (3, 1, 1), 16, 1, "chunked"),
    ],
)
def test_which_way(dtype, kernel, outputs, groups, way):
    layer = Convolution(kernel[1:], (1, 1), (1, 1), (1, 1), groups)
    assert way_of(layer, torch.empty(outputs, *kernel, dtype=dtype)) == way
    assert way_of(Linear(), torch.empty(outputs, 3)) == "chunked"
    assert way_of(Embedding(), torch.empty(outputs, 3)) == "fused"


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
@pytest.mark.parametrize("biased", [True, False])
def test_pointwise_convolution_is_a_linear_layer(mode, dtype, layout, biased):
    """Over the positions that a stride leaves."""
    layer, x, slopes, weight, bias = arguments(convolution((1, 1), (3, 12, 5, 8), 8, stride=2), dtype, (layout, layout))
    given = layer, x, slopes, weight, bias if biased else None
    check(gradient_dots(*given), given, rounded=True)
    assert layer.pointwise
    assert way_of(layer, weight) == way_of(Linear(), weight.flatten(1))


def test_index_out_of_range():
    given = arguments(CASES[19], torch.float32)
    for wrong in (-1, 4):
        indices = given[1].clone()
        indices[1, 2] = wrong
        with pytest.raises(ValueError, match=r"x: expected indices from 0 to 3, got some from"):
            gradient_dots(given[0], indices, *given[2:])


@pytest.mark.parametrize("padding_idx", [None, 0])
def test_the_kernel_takes_no_index_that_is_out_of_range(padding_idx):
    """The product is NaN, also for -1, which stands for no padding."""
    table, indices, slopes = torch.ones(3, 2), torch.tensor([[-2], [-1], [1], [3]]), torch.ones(4, 1, 2)
    dots = launch(look_up(Embedding(padding_idx), indices, slopes, table), slopes)
    assert dots.isnan().tolist() == [True, True, False, True]


def test_products_sum_to_that_of_the_layer():
    """Of a loss that weights its examples by s, the gradient's product with v is Σ_i s_i out[i]."""
    layer = torch.nn.Conv2d(4, 5, 3, padding=1, stride=2).double()
    x, s = torch.randn(6, 4, 9, 9, dtype=torch.float64), torch.rand(6, dtype=torch.float64)
    y = layer(x)
    slopes = torch.randn_like(y)
    w, b = torch.autograd.grad((s[:, None, None, None] * slopes * y).sum(), (layer.weight, layer.bias))
    v, v_b = torch.randn_like(w), torch.randn_like(b)
    dots = gradient_dots(Convolution((3, 3), (2, 2), (1, 1), (1, 1)), x, slopes, v, v_b)
    torch.testing.assert_close(s @ dots, (w * v).sum() + (b * v_b).sum(), rtol=1e-12, atol=1e-12)


def test_padding_row_has_no_product(mode):
    indices = torch.tensor([[2, 2], [2, 0]])
    slopes, table = torch.ones(2, 2, 3), torch.ones(4, 3)
    assert gradient_dots(Embedding(2), indices, slopes, table).tolist() == [0, 3]
    assert gradient_dots(Embedding(), indices.int(), slopes, table).tolist() == [6, 6]
