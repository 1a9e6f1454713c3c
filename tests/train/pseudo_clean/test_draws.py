"""The batches of an epoch: as many labelled as unlabelled examples, and every example once or more."""

import pytest
import torch

from famus_ext.data import generator
from famus_ext.train.pseudo_clean.division import Division
from famus_ext.train.pseudo_clean.draws import draw_epoch


def division(num_labelled, num_unlabelled, num_meta=5):
    total = num_labelled + num_unlabelled
    order = torch.randperm(total, generator=torch.Generator().manual_seed(0))
    labelled = order < num_labelled
    return Division(torch.rand(total), torch.arange(total) < num_meta, labelled)


@pytest.mark.parametrize(
    ("labelled", "unlabelled", "steps"), [(30, 30, 3), (7, 40, 4), (40, 7, 4), (1, 11, 2), (10, 10, 1)]
)
def test_every_example_is_looked_at_and_the_halves_are_equal(labelled, unlabelled, steps):
    sets = division(labelled, unlabelled)
    draws = draw_epoch(sets, 10, 3, generator(0, "test"))
    assert len(draws) == steps
    assert all(len(draw.labelled) == len(draw.unlabelled) <= 10 for draw in draws)
    seen = torch.cat([draw.labelled for draw in draws]), torch.cat([draw.unlabelled for draw in draws])
    assert torch.equal(seen[0].unique(), sets.labelled.nonzero().squeeze(1))
    assert torch.equal(seen[1].unique(), (~sets.labelled).nonzero().squeeze(1))
    assert max(torch.cat(seen).bincount()) <= -(-max(labelled, unlabelled) // min(labelled, unlabelled))


def test_meta_batches_are_different_examples_of_the_meta_set():
    draws = draw_epoch(division(20, 20), 10, 3, generator(0, "test"))
    assert all(len(draw.meta.unique()) == 3 and draw.meta.max() < 5 for draw in draws)
    assert len({tuple(draw.meta.tolist()) for draw in draws}) > 1
    everything = draw_epoch(division(20, 20), 10, 100, generator(0, "test"))
    assert torch.equal(everything[0].meta.sort().values, torch.arange(5))


def test_positions_are_in_the_order_of_the_sets():
    draw, *_ = draw_epoch(division(20, 20), 10, 3, generator(0, "test"))
    assert draw.positions.tolist() == [*draw.labelled.tolist(), *draw.unlabelled.tolist(), *draw.meta.tolist()]
    assert draw.training.tolist() == draw.positions[:20].tolist()
