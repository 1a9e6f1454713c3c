import pytest
import torch
from shared import op_cases, tolerances

from famus_ext import _native
from famus_ext.ops import layer_dots


def check(a, b, out):
    """Compare with an expression of its own in float64; a and b are lists of layers without None."""
    assert out.shape == (len(a),)
    for a_l, b_l, dot in zip(a, b, out.cpu().double(), strict=True):
        products = [op_cases.matrix(x) * op_cases.matrix(y) for x, y in zip(a_l, b_l, strict=True)]
        bound = sum(tolerances.SUM[x.dtype] * p.abs().sum() for x, p in zip(a_l, products, strict=True))
        assert abs(dot - sum(p.sum() for p in products)) <= bound


def layers_of(tensors):
    """Layers of one tensor, of none, of several, and of all the rest."""
    return [tensors[:1], [], *([t] for t in tensors[1:12]), tensors[12:15], [], tensors[15:], []]


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layouts", op_cases.LAYOUT_PAIRS)
def test_kernel(device, dtype, layouts):
    a = op_cases.tensors(dtype, layouts[0], 0, device=device)
    b = op_cases.tensors(dtype, layouts[1], 1, device=device)
    out = layer_dots(layers_of(a), layers_of(b))
    check(layers_of(a), layers_of(b), out)
    assert out.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    untouched = op_cases.tensors(dtype, layouts[0], 0) + op_cases.tensors(dtype, layouts[1], 1)
    assert all(torch.equal(tensor.cpu(), same) for tensor, same in zip(a + b, untouched, strict=True))


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layouts", op_cases.LAYOUT_PAIRS)
def test_definition(dtype, layouts):
    a, b = layers_of(op_cases.tensors(dtype, layouts[0], 0)), layers_of(op_cases.tensors(dtype, layouts[1], 1))
    with _native.use("reference"):
        check(a, b, layer_dots(a, b))


def test_many_layers_and_tensors(device):
    """More tensors, and more layers, than one launch takes."""
    shapes = [(t % 5, 1 + 100 * (t % 7)) for t in range(600)]
    a = op_cases.tensors(torch.float32, shapes=shapes, device=device)
    b = op_cases.tensors(torch.float32, seed=1, shapes=shapes, device=device)
    one, two = [[x] for x in a], [[y] for y in b]
    check(one, two, layer_dots(one, two))
    check([a], [b], layer_dots([a], [b]))


def test_dtypes_in_one_call(device):
    a = op_cases.mixed(0, device)
    b = op_cases.mixed(1, device)
    out = layer_dots(layers_of(a), layers_of(b))
    check(layers_of(a), layers_of(b), out)
    assert out.dtype == torch.float64


@pytest.mark.parametrize("other", [None, torch.ones(2, dtype=torch.float64)])
def test_none_counts_as_zero(mode, other):
    x = torch.arange(3.0)
    out = layer_dots([[x, None], [other], [None, x]], [[x, other], [None], [None, x]])
    assert out.tolist() == [5, 0, 5]
    assert out.dtype == (torch.float32 if other is None else torch.float64)


class Own(torch.Tensor):
    """A subclass, which the look at all tensors at once leaves to the check of each."""


def test_subclasses_of_tensors(mode):
    x = torch.arange(3.0)
    assert layer_dots([[x, x.as_subclass(Own)]], [[x.as_subclass(Own), x]]).tolist() == [10]
    with pytest.raises(TypeError, match=r"^b\[0\]\[1\]: expected torch.float32, as a\[0\]\[1\] has, got torch.float64"):
        layer_dots([[x, x]], [[x.as_subclass(Own), x.double()]])


@pytest.mark.parametrize("layers", [0, 3])
def test_no_tensors(mode, layers):
    out = layer_dots([[]] * layers, [[]] * layers)
    assert torch.equal(out, torch.zeros(layers))


def test_error_of_a_long_sum_does_not_grow(mode):
    """A naive float32 sum of ten million terms near 1 is off by 1e-2."""
    a = 1 + 0.1 * torch.rand(10**7, generator=torch.Generator().manual_seed(0))
    assert abs(layer_dots([[a]], [[a]]).item() / a.double().square().sum().item() - 1) < 1e-6


@pytest.mark.parametrize("count", [1, 2, 3])
def test_same_bits_for_any_number_of_threads(threads, count):
    shapes = [(64, 5000), (300, 700), (100003,), (1, 300000)]
    a = [op_cases.tensors(torch.float32, shapes=shapes), op_cases.tensors(torch.float32, seed=1, shapes=shapes)]
    with _native.use("native"):
        threads(1)
        out = layer_dots(a, a[::-1])
        threads(count)
        assert all(torch.equal(out, layer_dots(a, a[::-1])) for _ in range(5))


@pytest.mark.gpu
def test_same_bits_on_a_gpu(device):
    shapes = [(64, 5000), (300, 700), (100003,), (1, 3000000)]
    a = [op_cases.tensors(torch.float32, seed=seed, shapes=shapes, device=device) for seed in (0, 1)]
    out = layer_dots(a, a[::-1])
    assert all(torch.equal(out, layer_dots(a, a[::-1])) for _ in range(20))


SMALL = [(2, 3), (4,), (), (2, 0), (2, 2, 2, 1)]


def function_of(*tensors):
    """Three layers; the second is empty, and the fourth tensor has no partner."""
    a, b = list(tensors[: len(SMALL)]), list(tensors[len(SMALL) :])
    b[3] = None
    return layer_dots([a[:2], [], a[2:]], [b[:2], [], b[2:]])


def test_gradcheck(mode):
    inputs = op_cases.tensors(torch.float64, shapes=SMALL) + op_cases.tensors(torch.float64, seed=1, shapes=SMALL)
    inputs = [t.requires_grad_() for t in inputs]
    assert torch.autograd.gradcheck(function_of, inputs)
    assert torch.autograd.gradgradcheck(function_of, inputs)


def test_third_derivative_is_the_definitions():
    def third(mode):
        a = op_cases.tensors(torch.float64, shapes=[(2, 3), (3,)])
        a = [x.requires_grad_() for x in a]
        with _native.use(mode):
            value = layer_dots([a], [[x**2 for x in a]]).sum() ** 2
        for _ in range(3):
            grads = torch.autograd.grad(value, a, create_graph=True)
            value = sum((x * x).sum() for x in grads)
        return grads

    for native, reference in zip(third("native"), third("reference"), strict=True):
        torch.testing.assert_close(native, reference, rtol=1e-13, atol=0)


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
def test_gradient_has_the_dtype_of_its_tensor(mode, dtype):
    a = [x.requires_grad_() for x in op_cases.tensors(dtype, shapes=[(3, 4), ()])]
    b = [x.requires_grad_() for x in op_cases.tensors(dtype, "transposed", 1, [(3, 4), ()])]
    grads = torch.autograd.grad(layer_dots([a], [b])[0], a + b)
    for grad, other in zip(grads, b + a, strict=True):
        assert grad.dtype == dtype
        assert torch.equal(grad, other)


TWO = torch.ones(2)
WRONG = [
    (TypeError, r"a: expected a list or tuple, got Tensor", TWO, [[TWO]]),
    (TypeError, r"b: expected a list or tuple, got generator", [[TWO]], ([t] for t in [TWO])),
    (TypeError, r"a\[0\]: expected a list or tuple, got Tensor", [TWO], [[TWO]]),
    (TypeError, r"b\[0\]: expected a list or tuple, got Tensor", [[TWO]], [TWO]),
    (ValueError, r"b: expected 1 entries, as a has, got 2", [[TWO]], [[TWO], [TWO]]),
    (ValueError, r"b\[0\]: expected 1 entries, as a\[0\] has, got 2", [[TWO]], [[TWO, TWO]]),
    (TypeError, r"a\[0\]\[0\]: expected a tensor, got float", [[1.0]], [[None]]),
    (TypeError, r"b\[0\]\[0\]: expected a tensor, got float", [[None]], [[1.0]]),
    (TypeError, r"a\[0\]\[0\]: expected float16.*int64", [[TWO.long()]], [[TWO.long()]]),
    (TypeError, r"b\[0\]\[0\]: expected float16.*complex64", [[TWO]], [[TWO.to(torch.complex64)]]),
    (TypeError, r"b\[0\]\[0\]: expected a strided tensor", [[TWO]], [[TWO.to_sparse()]]),
    (ValueError, r"a\[0\]\[0\]: .* meta device", [[TWO.to("meta")]], [[TWO]]),
    (
        ValueError,
        r"b\[0\]\[1\]: expected shape \(2,\), as a\[0\]\[1\] has, got \(4,\)",
        [[TWO] * 2],
        [[TWO, torch.ones(4)]],
    ),
    (TypeError, r"b\[0\]\[0\]: expected torch.float32, as a\[0\]\[0\] has, got .*64", [[TWO]], [[TWO.double()]]),
]


@pytest.mark.parametrize(("error", "message", "a", "b"), WRONG)
def test_refusals(error, message, a, b):
    with pytest.raises(error, match=message):
        layer_dots(a, b)


@pytest.mark.gpu
def test_refuses_two_devices(device):
    if device.type == "cpu":
        pytest.skip("takes a GPU")
    with pytest.raises(ValueError, match=r"b\[0\]\[0\]: expected a tensor on cuda.*got one on cpu"):
        layer_dots([[TWO.to(device)]], [[TWO]])
    with pytest.raises(ValueError, match=r"a: expected tensors on one device, got cpu, cuda:0"):
        layer_dots([[TWO.to(device), TWO]], [[TWO.to(device), TWO]])
