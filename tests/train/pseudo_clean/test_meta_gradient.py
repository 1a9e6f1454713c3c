"""The meta gradient of Algorithm 2's losses: the fast engine against double backward."""

import pytest
import torch

import famus_ext as famus
from famus_ext.train.assembly.step import meta_loss_with_prior

from .made_up import inputs, network

LAYERS = {"every layer": famus.AllLayers, "the last": lambda: famus.LastLayers(1)}


@pytest.mark.parametrize("sampler", LAYERS)
@pytest.mark.parametrize("lambda_u", [0.0, 40.0])
def test_pushforward_is_double_backward(sampler, lambda_u):
    batch = inputs()
    torch.manual_seed(2)
    meta_model = famus.SemiSupervised(famus.MWNet(8), None, lambda_u).double()
    found, expected = (
        famus.sampled_meta_grad(
            network(0).train(),
            meta_model,
            (batch.x, batch.y),
            (batch.x_meta, batch.y_meta),
            lr=0.1,
            sampler=LAYERS[sampler](),
            engine=engine,
            meta_loss=meta_loss_with_prior,
        )
        for engine in ("pushforward", "double_backward")
    )
    assert max(gradient.abs().max() for gradient in expected.grads.values()) > 1e-8
    for name, gradient in expected.grads.items():
        torch.testing.assert_close(found.grads[name], gradient, rtol=1e-9, atol=1e-14)
    torch.testing.assert_close(found.meta_loss, expected.meta_loss)


def test_meta_loss_is_cross_entropy_and_prior_penalty():
    logits = torch.tensor([[0.0, 0.0], [0.0, 0.0]], dtype=torch.float64)
    even = meta_loss_with_prior(logits, torch.tensor([[0.3, 0.7], [1.0, 0.0]], dtype=torch.float64))
    torch.testing.assert_close(even, torch.tensor(2.0, dtype=torch.float64).log())
    logits = torch.tensor([[3.0, 0.0]], dtype=torch.float64)
    p = logits.softmax(1)[0]
    expected = -p[0].log() - (2 * p).log().mean()
    torch.testing.assert_close(meta_loss_with_prior(logits, torch.tensor([0])), expected)
