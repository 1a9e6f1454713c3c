"""Looking at a network: by parts, and without leaving traces."""

import pytest
import torch

from famus_ext import cross_entropy
from famus_ext.train import evaluation
from famus_ext.train.evaluation import accuracy, example_losses


def test_evaluation_leaves_the_mode_and_the_gradients_alone(make_trainer):
    trainer = make_trainer("ce")
    model, test = trainer.model, trainer.data.test
    model.train()
    right = (model(test.images).argmax(1) == test.labels).float().mean()
    assert accuracy(model, test) == pytest.approx(float(right))
    losses = example_losses(model, test, cross_entropy)
    assert losses.shape == test.labels.shape
    assert not losses.requires_grad
    assert model.training


def test_parts_change_no_number(make_trainer, monkeypatch):
    trainer = make_trainer("ce")
    model, test = trainer.model, trainer.data.test
    whole = accuracy(model, test), example_losses(model, test, cross_entropy)
    monkeypatch.setattr(evaluation, "EVALUATION_BATCH", 7)
    assert accuracy(model, test) == whole[0]
    torch.testing.assert_close(example_losses(model, test, cross_entropy), whole[1])
