"""Weights of one's own: the loss written out, and the meta gradient against double backward."""

import pytest
import torch
from torch import nn
from torch.nn import functional

import famus_ext as famus
from famus_ext.losses import GivenWeights, with_weights

N, M, C = 6, 4, 3


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    x, x_meta = (torch.randn(size, 5, generator=generator, dtype=torch.float64) for size in (N, M))
    y, y_meta = (torch.randint(0, C, (size,), generator=generator) for size in (N, M))
    return x, y, x_meta, y_meta, torch.rand(N, generator=generator, dtype=torch.float64) * 2


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, C)).double()


def test_loss_is_multiplied(batch):
    x, y, _, _, weights = batch
    logits = network()(x)
    expected = weights * functional.cross_entropy(logits, y, reduction="none")
    torch.testing.assert_close(GivenWeights()(logits, with_weights(y, weights)), expected, rtol=0, atol=0)


@pytest.mark.parametrize("micro_batches", [1, 2])
def test_mwnet_weights_the_weighted_loss(batch, micro_batches):
    """Eq. 3 with L_i = e_i CE_i, differentiated twice through ŵ = w - α g."""
    x, y, x_meta, y_meta, weights = batch
    model, alpha = network(), 0.5
    torch.manual_seed(2)
    meta_model = famus.MWNet(loss=GivenWeights()).double()
    parameters = dict(model.named_parameters())
    losses = weights * functional.cross_entropy(model(x), y, reduction="none")
    loss = (meta_model.weigh(losses.detach()) * losses).mean()
    gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=True)
    moved = {name: p - alpha * g for (name, p), g in zip(parameters.items(), gradients, strict=True)}
    meta_loss = functional.cross_entropy(torch.func.functional_call(model, moved, x_meta), y_meta)
    expected = torch.autograd.grad(meta_loss, list(meta_model.parameters()))

    optimizer = torch.optim.SGD(model.parameters(), lr=alpha)
    step = famus.MetaStep(
        model, optimizer, meta_model=meta_model, sampler=famus.AllLayers(), micro_batches=micro_batches
    )
    out = step(x, with_weights(y, weights), x_meta, y_meta)
    for found, wanted in zip(out.meta_grads.values(), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("targets", "weights", "error", "message"),
    [
        (torch.zeros(2), torch.ones(2), TypeError, "targets: expected int64"),
        (torch.zeros(2, dtype=torch.int64), torch.ones(3), ValueError, r"weights: expected one for each .* \[3\]"),
        (torch.zeros(2, dtype=torch.int64), torch.tensor([1.0, -1.0]), ValueError, "of at least 0"),
        (torch.zeros(2, dtype=torch.int64), torch.tensor([1.0, torch.inf]), ValueError, "finite"),
    ],
)
def test_targets_and_weights_that_do_not_fit_are_refused(targets, weights, error, message):
    with pytest.raises(error, match=message):
        with_weights(targets, weights)


@pytest.mark.parametrize(
    ("targets", "error"),
    [(torch.zeros(2, dtype=torch.int64), TypeError), (torch.zeros(2, 3, dtype=torch.float64), ValueError)],
)
def test_targets_without_weights_are_refused(targets, error):
    with pytest.raises(error, match="targets: expected"):
        GivenWeights()(torch.zeros(2, 3), targets)


def test_what_is_no_loss_is_refused():
    with pytest.raises(TypeError, match="loss: expected"):
        GivenWeights(3)
