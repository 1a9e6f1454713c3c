"""A network of one's own from losses to weights; weights normalised or not."""

import pytest
import torch
from torch import nn

import famus_ext as famus
from famus_ext.losses import ClassBalancedLoss, FocalLoss
from famus_ext.meta_models import L2R, ExampleWeighting, MWNet


class Threshold(nn.Module):
    """V = sigmoid(a - L) of the first loss: no linear layer, shape kept or dropped."""

    def __init__(self, keep_column):
        super().__init__()
        self.a, self.keep_column = nn.Parameter(torch.tensor(1.0)), keep_column

    def forward(self, losses):
        weights = torch.sigmoid(self.a - losses[:, :1])
        return weights if self.keep_column else weights[:, 0]


@pytest.fixture
def batch():
    torch.manual_seed(0)
    return torch.randn(7, 4, dtype=torch.float64, requires_grad=True), torch.randint(0, 4, (7,))


@pytest.mark.parametrize("keep_column", [True, False])
def test_any_module_from_losses_to_weights(batch, keep_column):
    net = Threshold(keep_column).double()
    loss = ExampleWeighting(net)(*batch)
    losses = famus.cross_entropy(*batch)
    weights = torch.sigmoid(net.a - losses.detach())
    torch.testing.assert_close(loss.weights, weights)
    torch.testing.assert_close(loss.losses, losses)
    torch.testing.assert_close(loss.value, (weights * losses).sum() / 7)


@pytest.mark.parametrize(
    "make", [lambda: ExampleWeighting(Threshold(True), normalised=True), lambda: MWNet(8, normalised=True)]
)
def test_normalised(batch, make):
    """Σ V L / Σ V, differentiated in the sum too, and in z through L alone."""
    meta = make().double()
    loss = meta(*batch)
    weights, losses = meta.weigh(loss.losses.detach()), famus.cross_entropy(*batch)
    theta = list(meta.parameters())
    assert loss.weights.sum().item() == pytest.approx(1)
    torch.testing.assert_close(loss.weights, weights / weights.sum())
    expected = (weights * losses).sum() / weights.sum()
    torch.testing.assert_close(loss.value, expected)
    for a, b in zip(*(torch.autograd.grad(v, theta, retain_graph=True) for v in (loss.value, expected)), strict=True):
        torch.testing.assert_close(a, b)
    (slope,) = torch.autograd.grad(loss.value, batch[0], retain_graph=True)
    (constant,) = torch.autograd.grad((loss.weights.detach() * losses).sum(), batch[0])
    torch.testing.assert_close(slope, constant)


def test_normalised_weights_that_are_all_zero(batch):
    """They stay as they are; neither value nor gradient is NaN."""
    net = nn.Sequential(nn.Linear(1, 1), nn.ReLU()).double()
    nn.init.constant_(net[0].weight, -1.0)
    nn.init.constant_(net[0].bias, 0.0)
    loss = ExampleWeighting(net, normalised=True)(*batch)
    assert not loss.weights.any()
    assert loss.value == 0
    grads = torch.autograd.grad(loss.value, [batch[0], *net.parameters()])
    assert all(grad.isfinite().all() for grad in grads)


def test_several_losses(batch):
    """Ψ reads each loss as a constant, `loss` first; only `loss` is weighted."""
    focal = FocalLoss(3.0)
    net = nn.Linear(2, 1).double()
    loss = ExampleWeighting(net, inputs=[focal])(*batch)
    read = torch.stack([famus.cross_entropy(*batch), focal(*batch)], 1).detach()
    torch.testing.assert_close(loss.weights, net(read)[:, 0])
    torch.testing.assert_close(loss.losses, read[:, 0])
    (slope,) = torch.autograd.grad(loss.value, batch[0], retain_graph=True)
    (expected,) = torch.autograd.grad((loss.weights.detach() * loss.losses).mean(), batch[0])
    torch.testing.assert_close(slope, expected)


def test_input_losses_move_with_the_meta_model():
    meta = ExampleWeighting(nn.Linear(3, 1), inputs=(ClassBalancedLoss([3, 2]), famus.cross_entropy)).to("meta")
    assert [buffer.is_meta for buffer in meta.buffers()] == [True]
    assert sorted(meta.state_dict()) == ["net.bias", "net.weight"]


def test_l2r_without_normalisation():
    """Eq. 13 without Eq. 14."""
    meta = L2R(normalised=False)
    meta.begin(torch.randn(3, 4), torch.zeros(3))
    meta.meta_update({"epsilon": torch.tensor([-0.5, 0.25, -3.0])})
    assert meta.epsilon.tolist() == [0.5, 0.0, 3.0]
