"""The learned weight of an example: a mean over the last epochs, 1 for plain training."""

import doctest

import pytest
import torch

import famus_ext as famus
from famus_ext.diagnostics import example_weights
from famus_ext.diagnostics.example_weights import WINDOW


def test_example():
    failed, attempted = doctest.testmod(example_weights)
    assert attempted
    assert not failed


def test_plain_training_weighs_every_example_one():
    weights = famus.ExampleWeights(3, normalised=False)
    assert weights.mean.tolist() == weights.latest.tolist() == [1.0, 1.0, 1.0]
    weights.add(torch.tensor([0, 2]), None)
    assert weights.mean.tolist() == weights.latest.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("normalised", "expected"), [(True, [0.5, 1.0, 1.5]), (False, [0.25, 1.0, 0.75])])
def test_weights_that_sum_to_one_are_scaled_by_the_batch_size(normalised, expected):
    weights = famus.ExampleWeights(3, normalised=normalised)
    weights.add(torch.tensor([2, 0]), torch.tensor([0.75, 0.25], dtype=torch.float64, requires_grad=True))
    assert weights.latest.tolist() == weights.mean.tolist() == expected
    assert not weights.mean.requires_grad


def test_mean_is_over_the_last_epochs_only():
    weights = famus.ExampleWeights(1, normalised=False)
    for epoch in range(WINDOW + 3):
        weights.start_epoch()
        weights.add(torch.tensor([0]), torch.tensor([float(epoch)]))
    assert weights.mean.item() == sum(range(3, WINDOW + 3)) / WINDOW


def test_state_comes_back():
    weights, other = famus.ExampleWeights(4, normalised=True), famus.ExampleWeights(4, normalised=True)
    for _ in range(2):
        weights.start_epoch()
        weights.add(torch.arange(4), torch.rand(4, generator=torch.Generator().manual_seed(0)))
    other.load_state_dict(weights.state_dict())
    assert torch.equal(other.mean, weights.mean)
    assert torch.equal(other.latest, weights.latest)


def test_what_is_given_out_is_a_copy():
    weights = famus.ExampleWeights(2, normalised=False)
    weights.start_epoch()
    state = weights.state_dict()
    weights.latest.zero_()
    weights.mean.zero_()
    state["epochs"].zero_()
    assert weights.mean.tolist() == [1.0, 1.0]
