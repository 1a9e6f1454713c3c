"""MLC: the formula, its slope in T and where T is kept."""

import pytest
import torch

import famus_ext as famus
from famus_ext.meta_models import MLC, ProjectedMetaModel

NOISE = [[0.7, 0.3, 0.0], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]]


@pytest.fixture
def batch():
    torch.manual_seed(0)
    return torch.randn(6, 3, dtype=torch.float64, requires_grad=True), torch.arange(6) % 3


def test_starts_as_cross_entropy(batch):
    meta = MLC(3).double()
    loss = meta(*batch)
    assert torch.equal(meta.transition, torch.eye(3).double())
    torch.testing.assert_close(loss.losses, famus.cross_entropy(*batch))
    torch.testing.assert_close(loss.value, loss.losses.mean())
    assert loss.weights is None


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_formula(batch, dtype):
    """ℓ = -log Σ_c T_cy p_c, for indices, soft labels and several positions."""
    logits, targets = batch[0].to(dtype), batch[1]
    meta = MLC(3, initial=torch.tensor(NOISE, dtype=torch.float64)).to(dtype)
    given = logits.softmax(1) @ torch.tensor(NOISE, dtype=dtype)
    torch.testing.assert_close(meta(logits, targets).losses, -given[torch.arange(6), targets].log())
    soft = torch.randn_like(logits).softmax(1)
    torch.testing.assert_close(meta(logits, soft).losses, -(soft * given.log()).sum(1))
    positions = torch.stack([logits, 2 * logits], 2), torch.stack([targets, targets.flip(0)], 1)
    each = [meta(positions[0][:, :, j], positions[1][:, j]).losses for j in range(2)]
    torch.testing.assert_close(meta(*positions).losses, (each[0] + each[1]) / 2)
    assert meta(logits, targets).losses.dtype == dtype


@pytest.mark.parametrize("soft", [False, True])
def test_differentiable_twice(batch, soft):
    """In z and T together, at entries of T that are 0 too."""
    logits, targets = batch
    targets = torch.randn_like(logits).softmax(1) if soft else targets
    meta = MLC(3, initial=torch.tensor(NOISE, dtype=torch.float64))

    def value(z, t):
        return torch.func.functional_call(meta, {"transition": t}, (z, targets)).losses

    start = meta.transition.detach().requires_grad_()
    assert torch.autograd.gradcheck(value, (logits, start))
    assert torch.autograd.gradgradcheck(value, (logits, start))


def test_floor(batch):
    """It is added to the corrected probability, and bounds the slope in T."""
    logits, targets = batch
    meta = MLC(3, initial=NOISE, floor=0.1).double()
    given = (logits.softmax(1) @ meta.transition)[torch.arange(6), targets]
    torch.testing.assert_close(meta(logits, targets).losses, -(given + 0.1).log())
    (slope,) = torch.autograd.grad(meta(100 * logits, targets).losses.sum(), meta.transition)
    assert slope.abs().max() <= 10 * len(logits)


def test_slope_where_an_entry_is_zero(batch):
    """∂ℓ/∂T_cy = -p_c / p_y at the identity."""
    meta = MLC(3).double()
    logits, targets = batch[0][:1], batch[1][:1]
    (slope,) = torch.autograd.grad(meta(logits, targets).value, meta.transition)
    p = logits.detach().softmax(1)[0]
    expected = torch.zeros(3, 3).double()
    expected[:, 0] = -p / p[0]
    torch.testing.assert_close(slope, expected, rtol=1e-13, atol=0)


@pytest.mark.parametrize("initial", [None, NOISE], ids=["identity", "noise"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("size", [50.0, 1e4])
def test_extreme_logits(initial, dtype, size):
    """Value, slopes in z and T, and the slope of the slope: all finite."""
    meta = MLC(3, initial=initial).to(dtype)
    logits = size * torch.tensor([[1, -1, -1], [1, -1, -1], [-1, 1, 1]], dtype=dtype)
    logits.requires_grad_()
    loss = meta(logits, torch.tensor([0, 2, 1]))
    slopes = torch.autograd.grad(loss.value, [logits, meta.transition], create_graph=True)
    curvature = torch.autograd.grad(slopes[0].square().sum(), [logits, meta.transition])
    assert all(t.isfinite().all() for t in (loss.value, *slopes, *curvature))


def test_half_precision_logits(batch):
    losses = MLC(3, initial=NOISE)(batch[0].bfloat16(), batch[1]).losses
    assert losses.dtype == torch.float32
    assert losses.isfinite().all()


def test_autocast_leaves_probabilities_alone(batch):
    logits = batch[0].detach().float()
    soft, meta = torch.randn_like(logits).softmax(1), MLC(3, initial=NOISE)
    with torch.autocast("cpu", torch.bfloat16):
        losses = meta(logits, soft).losses
    torch.testing.assert_close(losses, meta(logits, soft).losses)


def test_projection():
    meta = MLC(3)
    assert isinstance(meta, ProjectedMetaModel)
    with torch.no_grad():
        meta.transition.copy_(torch.tensor([[3.0, 1.0, -2.0], [-1.0, -1.0, 0.0], [0.25, 0.25, 0.5]]))
    parameter = meta.transition
    meta.project()
    assert meta.transition is parameter
    assert meta.transition.tolist() == [[0.75, 0.25, 0.0], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]]


def test_finds_the_noise():
    """40 % of class 0 is labelled 1; the meta gradient moves T from the identity to that."""
    torch.manual_seed(1)

    def draw(n):
        y = torch.randint(0, 3, (n,))
        return 2 * torch.eye(3)[y] + torch.randn(n, 3), y

    model, meta = torch.nn.Linear(3, 3), MLC(3, floor=0.1)
    step = famus.MetaStep(
        model,
        torch.optim.SGD(model.parameters(), lr=0.1),
        meta,
        meta_optimizer=torch.optim.SGD(meta.parameters(), lr=0.1),
    )
    for _ in range(300):
        x, y = draw(64)
        step(x, torch.where((y == 0) & (torch.rand(64) < 0.4), 1, y), *draw(64))
        meta.project()
    noise = torch.tensor([[0.6, 0.4, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    torch.testing.assert_close(meta.transition.detach(), noise, rtol=0, atol=0.25)
    assert meta.transition[0, 1] > 4 * meta.transition[[0, 1, 1, 2, 2], [2, 0, 2, 0, 1]].max()
