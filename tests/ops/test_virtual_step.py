import math

import pytest
import torch
from shared import op_cases, tolerances

from famus_ext import _native
from famus_ext.ops import virtual_step

LR = 0.37


def check(w, g, lr, w_hat, g_bar):
    """Compare with an expression of its own in float64."""
    rounding, summing = tolerances.ROUNDING[w.dtype], tolerances.SUM[w.dtype]
    exact = op_cases.matrix(w) - lr * op_cases.matrix(g)
    torch.testing.assert_close(op_cases.matrix(w_hat), exact, rtol=rounding, atol=4 * rounding)
    inner = max(op_cases.matrix(g).shape[1], 1)
    error = (g_bar.cpu().double() - op_cases.matrix(g).sum(1) / inner).abs()
    assert (error <= summing * op_cases.matrix(g).abs().sum(1) / inner).all()
    assert w_hat.dtype == w.dtype
    assert w_hat.shape == w.shape
    assert g_bar.dtype == (torch.float64 if w.dtype == torch.float64 else torch.float32)
    assert g_bar.shape == (w.shape[:1] or (1,))


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layouts", op_cases.LAYOUT_PAIRS)
def test_kernel(device, dtype, layouts):
    w = op_cases.tensors(dtype, layouts[0], 0, device=device)
    g = op_cases.tensors(dtype, layouts[1], 1, device=device)
    w_hat, g_bar = virtual_step(w, g, LR)
    for case in zip(w, g, w_hat, g_bar, strict=True):
        check(*case[:2], LR, *case[2:])
    for before, after in zip(w, w_hat, strict=True):
        assert op_cases.strides(after) == op_cases.strides(torch.empty_like(before))
    untouched = op_cases.tensors(dtype, layouts[0], 0) + op_cases.tensors(dtype, layouts[1], 1)
    assert all(torch.equal(tensor.cpu(), same) for tensor, same in zip(w + g, untouched, strict=True))


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layouts", op_cases.LAYOUT_PAIRS)
def test_definition(dtype, layouts):
    w, g = op_cases.tensors(dtype, layouts[0], 0), op_cases.tensors(dtype, layouts[1], 1)
    with _native.use("reference"):
        w_hat, g_bar = virtual_step(w, g, LR)
    for case in zip(w, g, w_hat, g_bar, strict=True):
        check(*case[:2], LR, *case[2:])
    for before, after in zip(w, w_hat, strict=True):
        assert op_cases.strides(after) == op_cases.strides(torch.empty_like(before))


def test_many_tensors(device):
    """More tensors than one launch takes, with rows that are cut and vectors between them."""
    shapes = [(1 + t % 3, 3000) if t % 4 == 0 else (t,) if t % 4 == 1 else (t, t) for t in range(150)]
    w = op_cases.tensors(torch.float32, seed=0, shapes=shapes, device=device)
    g = op_cases.tensors(torch.float32, seed=1, shapes=shapes, device=device)
    lr = [0.01 * t for t in range(len(w))]
    for case in zip(w, g, lr, *virtual_step(w, g, lr), strict=True):
        check(*case)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_conversions_of_every_bit_pattern(dtype):
    """In and out of 16 bits as PyTorch converts, with subnormals, infinities, ties and NaN."""
    w = torch.arange(2**16, dtype=torch.int32).to(torch.int16).view(dtype)
    for g in (torch.zeros_like(w), w.roll(1), w.roll(4097)):
        with _native.use("native"):
            (w_hat,), (g_bar,) = virtual_step([w], [g], LR)
        expected = (w.float() - LR * g.float()).to(dtype)
        torch.testing.assert_close(w_hat, expected, rtol=0, atol=0, equal_nan=True)
        torch.testing.assert_close(g_bar, g.float(), rtol=0, atol=0, equal_nan=True)


def test_error_of_a_long_mean_does_not_grow(mode):
    """A naive float32 sum of ten million terms near 1 is off by 1e-2."""
    g = 1 + 0.1 * torch.rand(1, 10**7, generator=torch.Generator().manual_seed(0))
    _, (g_bar,) = virtual_step([torch.zeros_like(g)], [g], LR)
    assert abs(g_bar.item() / g.double().mean().item() - 1) < 1e-6


def test_pooled_gradients_are_adjacent(mode):
    w, g = op_cases.tensors(torch.float32, seed=0), op_cases.tensors(torch.float32, seed=1)
    w[3:3] = op_cases.tensors(torch.float64, shapes=[(3, 2)])
    g[3:3] = op_cases.tensors(torch.float64, shapes=[(3, 2)])
    g[7] = None
    _, g_bar = virtual_step(w, g, LR)
    single = [t for t in g_bar if t.dtype == torch.float32]
    assert len({t.untyped_storage().data_ptr() for t in single}) == 1
    offset = 0
    for t in single:
        assert t.storage_offset() == offset
        offset += t.numel()
    assert g_bar[3].untyped_storage().data_ptr() != single[0].untyped_storage().data_ptr()


def test_dtypes_in_one_call(device):
    w, g = op_cases.mixed(0, device), op_cases.mixed(1, device)
    for case in zip(w, g, *virtual_step(w, g, LR), strict=True):
        check(*case[:2], LR, *case[2:])


def test_no_gradient_counts_as_zero(mode):
    w = op_cases.tensors(torch.float32, shapes=[(2, 3), (4,), ()])
    w[0].requires_grad_()
    w_hat, g_bar = virtual_step(w, [None, torch.ones(4), None], LR)
    assert torch.equal(w_hat[0], w[0])
    assert w_hat[0].data_ptr() == w[0].data_ptr()
    assert torch.equal(g_bar[0], torch.zeros(2))
    assert torch.equal(g_bar[1], torch.ones(4))
    assert torch.equal(g_bar[2], torch.zeros(1))
    assert torch.equal(torch.autograd.grad(w_hat[0].sum(), w[0])[0], torch.ones(2, 3))
    with torch.no_grad():
        assert not virtual_step(w, [None] * 3, LR)[0][0].requires_grad


def test_no_tensors(mode):
    assert virtual_step([], [], LR) == ([], [])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_same_bits_for_any_number_of_threads(threads, count):
    shapes = [(64, 5000), (300, 700), (100003,), (1, 300000)]
    w, g = op_cases.tensors(torch.float32, shapes=shapes), op_cases.tensors(torch.float32, seed=1, shapes=shapes)
    with _native.use("native"):
        threads(1)
        w_hat, g_bar = virtual_step(w, g, LR)
        threads(count)
        for _ in range(5):
            again = virtual_step(w, g, LR)
            assert all(map(torch.equal, w_hat + g_bar, again[0] + again[1]))


@pytest.mark.gpu
def test_same_bits_on_a_gpu(device):
    shapes = [(64, 5000), (300, 700), (100003,), (1, 3000000)]
    w = op_cases.tensors(torch.float32, shapes=shapes, device=device)
    g = op_cases.tensors(torch.float32, seed=1, shapes=shapes, device=device)
    w_hat, g_bar = virtual_step(w, g, LR)
    for _ in range(20):
        again = virtual_step(w, g, LR)
        assert all(map(torch.equal, w_hat + g_bar, again[0] + again[1]))


SMALL = [(2, 3), (4,), (), (2, 0), (2, 2, 2, 1)]


def function_of(w_g):
    """All outputs, as gradcheck takes them; the fourth tensor has no gradient."""
    w, g = list(w_g[: len(SMALL)]), list(w_g[len(SMALL) :])
    g[1] = None
    w_hat, g_bar = virtual_step(w, g, [LR, 1.0, -2.0, 1.0, 0.5])
    return (*w_hat, *g_bar)


def test_gradcheck(mode):
    inputs = op_cases.tensors(torch.float64, shapes=SMALL) + op_cases.tensors(torch.float64, seed=1, shapes=SMALL)
    inputs = [t.requires_grad_() for t in inputs]
    assert torch.autograd.gradcheck(lambda *t: function_of(t), inputs)
    assert torch.autograd.gradgradcheck(lambda *t: tuple(x**2 for x in function_of(t)), inputs)


def test_third_derivative_is_the_definitions():
    def third(mode):
        w = op_cases.tensors(torch.float64, shapes=[(2, 3), (3,)])
        g = [x.clone().requires_grad_() for x in op_cases.tensors(torch.float64, seed=1, shapes=[(2, 3), (3,)])]
        with _native.use(mode):
            w_hat, g_bar = virtual_step(w, g, LR)
        value = sum((x**4).sum() for x in w_hat + g_bar)
        for _ in range(3):
            grads = torch.autograd.grad(value, g, create_graph=True)
            value = sum((x * x).sum() for x in grads)
        return grads

    for native, reference in zip(third("native"), third("reference"), strict=True):
        torch.testing.assert_close(native, reference, rtol=1e-13, atol=0)


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
def test_gradient_has_the_dtype_of_its_tensor(dtype):
    w = op_cases.tensors(dtype, shapes=[(3, 4)])[0].requires_grad_()
    g = op_cases.tensors(dtype, "transposed", shapes=[(3, 4)])[0].requires_grad_()
    (w_hat,), (g_bar,) = virtual_step([w], [g], LR)
    grad_w, grad_g = torch.autograd.grad(w_hat.sum() + g_bar.sum().to(dtype), [w, g])
    assert grad_w.dtype == grad_g.dtype == dtype
    torch.testing.assert_close(grad_g, torch.full_like(g, 0.25 - LR), rtol=2 * tolerances.ROUNDING[dtype], atol=0)


@pytest.mark.parametrize("output", [0, 1])
def test_gradient_of_one_output_alone(mode, output):
    w, g = (torch.ones(3, 4, dtype=torch.float64, requires_grad=True) for _ in range(2))
    value = virtual_step([w], [g], LR)[output][0].sum()
    grad_w, grad_g = torch.autograd.grad(value, [w, g], allow_unused=True)
    assert (grad_w is None or not grad_w.any()) == (output == 1)
    torch.testing.assert_close(grad_g, torch.full_like(g, -LR if output == 0 else 0.25))


TWO = torch.ones(2)
WRONG = [
    (TypeError, r"parameters: expected a list or tuple, got Tensor", TWO, [TWO], LR),
    (TypeError, r"gradients: expected a list or tuple, got generator", [TWO], (t for t in [TWO]), LR),
    (ValueError, r"gradients: expected 1 entries, as parameters has, got 2", [TWO], [TWO, TWO], LR),
    (TypeError, r"parameters\[1\]: expected a tensor, got NoneType", [TWO, None], [TWO, TWO], LR),
    (TypeError, r"gradients\[0\]: expected a tensor, got float", [TWO], [1.0], LR),
    (TypeError, r"parameters\[0\]: expected float16.*int64", [TWO.long()], [TWO.long()], LR),
    (TypeError, r"gradients\[0\]: expected float16.*complex64", [TWO], [TWO.to(torch.complex64)], LR),
    (TypeError, r"gradients\[0\]: expected a strided tensor, got torch.sparse_coo", [TWO], [TWO.to_sparse()], LR),
    (ValueError, r"gradients\[0\]: .* resolve_neg", [TWO], [TWO.to(torch.complex64).conj().imag], LR),
    (ValueError, r"parameters\[0\]: .* meta device", [TWO.to("meta")], [TWO], LR),
    (
        ValueError,
        r"gradients\[0\]: expected shape \(2,\), as parameters\[0\] has, got \(1, 2\)",
        [TWO],
        [TWO[None]],
        LR,
    ),
    (
        TypeError,
        r"gradients\[0\]: expected torch.float32, as parameters\[0\] has, got torch.float64",
        [TWO],
        [TWO.double()],
        LR,
    ),
    (TypeError, r"lr: expected a number, got Tensor", [TWO], [TWO], torch.tensor(0.1)),
    (TypeError, r"lr: expected a number, got bool", [TWO], [TWO], True),
    (ValueError, r"lr: expected a finite number, got nan", [TWO], [TWO], math.nan),
    (ValueError, r"lr\[1\]: expected a finite number, got inf", [TWO, TWO], [TWO, TWO], [0.1, math.inf]),
    (ValueError, r"lr: expected 1 entries, as parameters has, got 2", [TWO], [TWO], [0.1, 0.1]),
]


@pytest.mark.parametrize(("error", "message", "parameters", "gradients", "lr"), WRONG)
def test_refusals(error, message, parameters, gradients, lr):
    with pytest.raises(error, match=message):
        virtual_step(parameters, gradients, lr)


@pytest.mark.gpu
def test_refuses_two_devices(device):
    if device.type == "cpu":
        pytest.skip("takes a GPU")
    with pytest.raises(ValueError, match=r"gradients\[0\]: expected a tensor on cuda.*got one on cpu"):
        virtual_step([TWO.to(device)], [TWO], LR)
