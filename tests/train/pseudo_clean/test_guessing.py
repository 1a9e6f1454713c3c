"""Targets from predictions, against numbers computed by hand."""

import pytest
import torch
from torch import nn

from famus_ext.train.pseudo_clean.guessing import mean_prediction, refined_labels, sharpen


def tensor(*rows):
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(1.0, (0.2, 0.3, 0.5)), (0.5, (4 / 38, 9 / 38, 25 / 38)), (0.001, (0.0, 0.0, 1.0))],
)
def test_sharpening(temperature, expected):
    torch.testing.assert_close(sharpen(tensor((0.2, 0.3, 0.5)), temperature), tensor(expected))


def test_sharpening_of_many_classes_does_not_vanish():
    even = torch.full((1, 1000), 1e-3)
    torch.testing.assert_close(sharpen(even, 0.01), even)


def test_refined_label_is_between_the_given_one_and_the_prediction():
    predictions = tensor((0.2, 0.8), (0.2, 0.8), (0.2, 0.8))
    found = refined_labels(torch.tensor([0, 0, 0]), torch.tensor([1.0, 0.0, 0.25]), predictions, 1.0)
    torch.testing.assert_close(found, tensor((1.0, 0.0), (0.2, 0.8), (0.4, 0.6)))
    squared = refined_labels(torch.tensor([0]), torch.tensor([0.25]), predictions[:1], 0.5)
    torch.testing.assert_close(squared, tensor((16 / 52, 36 / 52)))


def test_mean_prediction_is_that_of_evaluation_and_leaves_the_network_alone():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5)).double().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    views = [torch.randn(5, 4, dtype=torch.float64) for _ in range(2)]
    found = mean_prediction(model, views)
    assert model.training
    assert not found.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    one, other = (model.eval()(view).softmax(1) for view in views)
    torch.testing.assert_close(found, (one + other) / 2)


def test_mode_comes_back_after_an_error():
    model = nn.Linear(4, 3).train()
    with pytest.raises(RuntimeError):
        mean_prediction(model, [torch.zeros(1, 5)])
    assert model.training
