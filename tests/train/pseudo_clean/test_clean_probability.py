"""c: the posterior of the component of small losses."""

import math

import pytest
import torch

from famus_ext.errors import NonFiniteError
from famus_ext.train.pseudo_clean.clean_probability import clean_probability


def bimodal():
    """700 small losses, then 300 large ones."""
    random = torch.Generator().manual_seed(0)
    draw = lambda mean, count: mean + 0.2 * torch.randn(count, generator=random, dtype=torch.float64)  # noqa: E731
    return torch.cat([draw(1.0, 700), draw(4.0, 300)])


def test_small_losses_are_probably_right_and_large_ones_are_not():
    found = clean_probability(bimodal(), seed=3)
    assert found.dtype == torch.float64
    assert found[:700].min() > 0.99
    assert found[700:].max() < 0.01


def test_scale_and_shift_of_the_losses_count_for_nothing():
    losses = bimodal()
    torch.testing.assert_close(clean_probability(5 * losses - 2, 3), clean_probability(losses, 3), atol=1e-6, rtol=0)


def test_posterior_is_bayes():
    random = torch.Generator().manual_seed(4)
    losses = torch.randn(20_000, generator=random, dtype=torch.float64) + 3.0
    losses[12_000:] += 3.0
    small, large = (share * torch.exp(-((losses - mean) ** 2) / 2) for share, mean in ((0.6, 3.0), (0.4, 6.0)))
    expected = small / (small + large)
    found = clean_probability(losses, seed=0)
    inner = (losses > 1) & (losses < 8)  # beyond, the wider of two estimated components wins
    assert (found - expected)[inner].abs().mean() < 0.02
    assert (found - expected)[inner].abs().max() < 0.1


def test_losses_that_are_all_the_same_say_nothing():
    torch.testing.assert_close(clean_probability(torch.full((5,), 2.3), 0), torch.full((5,), 0.5, dtype=torch.float64))


def test_iterations_that_end_early_are_no_warning():
    found = clean_probability(torch.rand(500, generator=torch.Generator().manual_seed(1)), seed=0)
    assert bool(((found >= 0) & (found <= 1)).all())


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_loss_that_is_not_finite_is_named(bad):
    with pytest.raises(NonFiniteError, match="the loss of a training example"):
        clean_probability(torch.tensor([0.1, bad, 0.3]), seed=0)
