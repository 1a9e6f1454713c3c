"""The sets: by threshold, and by the median where too few examples pass it or fail it."""

import pytest
import torch

from famus_ext.train.pseudo_clean.division import SMALLEST, divide


def divided(probabilities, p=0.5, meta=0.5, losses=None):
    return divide(probabilities, 1 - probabilities if losses is None else losses, p, meta)


def shuffled(*values):
    return torch.tensor(values)[torch.randperm(len(values), generator=torch.Generator().manual_seed(0))]


def test_each_set_has_its_threshold():
    c = shuffled(*[0.1] * 80, *[0.6] * 80, *[0.9] * 80)
    found = divided(c, p=0.5, meta=0.8)
    assert torch.equal(found.labelled, c > 0.5)
    assert torch.equal(found.meta, c > 0.8)
    assert torch.equal(found.probabilities, c)


def test_threshold_itself_does_not_pass():
    c = shuffled(*[0.5] * 100, *[0.6] * 100)
    assert torch.equal(divided(c).labelled, c == 0.6)


@pytest.mark.parametrize(
    ("passing", "total", "expected"),
    [
        (0, 200, 100),
        (200, 200, 100),
        (SMALLEST - 1, 200, 100),
        (SMALLEST, 200, SMALLEST),
        (200 - SMALLEST, 200, 200 - SMALLEST),
        (200 - SMALLEST + 1, 200, 100),
        (3, 7, 3),
        (0, 2, 1),
    ],
)
def test_median_where_too_few_pass_or_fail(passing, total, expected):
    random = torch.Generator().manual_seed(1)
    c = torch.where(torch.arange(total) < passing, 0.55, 0.05) + 0.4 * torch.rand(total, generator=random)
    found = divided(c)
    for chosen in (found.labelled, found.meta):
        assert int(chosen.sum()) == expected
        assert c[chosen].min() > c[~chosen].max()


def test_ties_of_probability_are_broken_by_the_loss():
    losses = torch.rand(300, generator=torch.Generator().manual_seed(2))
    labelled = divided(torch.ones(300), losses=losses).labelled
    assert int(labelled.sum()) == 150
    assert losses[labelled].max() < losses[~labelled].min()
