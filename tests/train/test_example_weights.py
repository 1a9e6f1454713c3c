"""The learned weight of an example: a mean over the last epochs, 1 for plain training."""

import pytest
import torch

from famus_ext.train.recording.example_weights import WINDOW, ExampleWeights


def test_plain_training_weighs_every_example_one():
    weights = ExampleWeights(3, normalised=False)
    weights.start_epoch()
    weights.add(torch.tensor([0, 2]), None)
    assert weights.mean.tolist() == weights.latest.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("normalised", "expected"), [(True, [0.5, 1.0, 1.5]), (False, [0.25, 1.0, 0.75])])
def test_weights_that_sum_to_one_are_scaled_by_the_batch_size(normalised, expected):
    weights = ExampleWeights(3, normalised=normalised)
    weights.start_epoch()
    weights.add(torch.tensor([2, 0]), torch.tensor([0.75, 0.25]))
    assert weights.latest.tolist() == expected


def test_mean_is_over_the_last_epochs_only():
    weights = ExampleWeights(1, normalised=False)
    for epoch in range(WINDOW + 3):
        weights.start_epoch()
        weights.add(torch.tensor([0]), torch.tensor([float(epoch)]))
    assert weights.mean.item() == sum(range(3, WINDOW + 3)) / WINDOW


def test_state_comes_back():
    weights, other = ExampleWeights(4, normalised=True), ExampleWeights(4, normalised=True)
    for _ in range(2):
        weights.start_epoch()
        weights.add(torch.arange(4), torch.rand(4, generator=torch.Generator().manual_seed(0)))
    other.load_state_dict(weights.state_dict())
    assert torch.equal(other.mean, weights.mean)
    assert torch.equal(other.latest, weights.latest)
