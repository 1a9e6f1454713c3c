"""MixUp: one ratio a batch, at least one half."""

import pytest
import torch

from famus_ext.train.pseudo_clean.mixing import Mixing, draw_mixing


def test_values_are_mixed_with_their_partners():
    mixing = Mixing(0.75, torch.tensor([2, 0, 1]))
    torch.testing.assert_close(mixing(torch.tensor([[0.0], [4.0], [8.0]])), torch.tensor([[2.0], [3.0], [7.0]]))


@pytest.mark.parametrize("alpha", [0.1, 1.0, 4.0])
def test_ratio_is_at_least_one_half_and_partners_are_a_permutation(alpha):
    drawn = [draw_mixing(9, alpha, seed) for seed in range(50)]
    assert all(0.5 <= mixing.ratio <= 1 for mixing in drawn)
    assert all(mixing.partners.sort().values.tolist() == list(range(9)) for mixing in drawn)
    assert len({mixing.ratio for mixing in drawn}) > 40  # some round to 1 for a small α


def test_small_alpha_mixes_less():
    mean = lambda alpha: sum(draw_mixing(2, alpha, seed).ratio for seed in range(200)) / 200  # noqa: E731
    # E max(λ, 1 - λ) of Beta(α, α) is 3/4 for α = 1 and 0.637 for α = 4.
    assert mean(1.0) == pytest.approx(0.75, abs=0.03)
    assert mean(4.0) == pytest.approx(0.637, abs=0.02)


def test_seed_decides():
    one, same, other = (draw_mixing(50, 4.0, seed) for seed in (1, 1, 2))
    assert one.ratio == same.ratio
    assert torch.equal(one.partners, same.partners)
    assert not torch.equal(one.partners, other.partners)
