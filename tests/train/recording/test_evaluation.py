"""Looking at a network: by parts, and without leaving traces."""

import pytest
import torch
from torch.nn import functional

from famus_ext import cross_entropy
from famus_ext.train.recording import evaluation
from famus_ext.train.recording.evaluation import accuracy_and_loss, predictions


def test_evaluation_leaves_the_mode_and_the_gradients_alone(make_trainer):
    trainer = make_trainer("ce")
    model, test = trainer.model, trainer.data.test
    model.train()
    logits = model(test.images)
    accuracy, loss = accuracy_and_loss(model, test)
    assert accuracy == pytest.approx(float((logits.argmax(1) == test.labels).float().mean()))
    assert loss == pytest.approx(functional.cross_entropy(logits, test.labels).item(), rel=1e-6)
    found = predictions(model, test, cross_entropy)
    assert found.losses.shape == test.labels.shape
    assert not found.losses.requires_grad
    assert model.training


def test_predictions_are_the_softmax_of_the_logits(make_trainer):
    trainer = make_trainer("ce")
    train = trainer.data.train
    found = predictions(trainer.model, train, cross_entropy)
    softmax = trainer.model.eval()(train.images).softmax(dim=1).detach()
    assert torch.equal(found.labels, softmax.argmax(dim=1))
    torch.testing.assert_close(found.probabilities, softmax.amax(dim=1))
    torch.testing.assert_close(found.given_probabilities, softmax[torch.arange(len(train)), train.labels])
    torch.testing.assert_close(found.losses, -found.given_probabilities.log())


def test_parts_change_no_number(make_trainer, monkeypatch):
    trainer = make_trainer("ce")
    model, test = trainer.model, trainer.data.test
    accuracy, loss = accuracy_and_loss(model, test)
    whole = predictions(model, test, cross_entropy)
    monkeypatch.setattr(evaluation, "EVALUATION_BATCH", 7)
    assert accuracy_and_loss(model, test) == (accuracy, pytest.approx(loss, rel=1e-6))
    torch.testing.assert_close(predictions(model, test, cross_entropy).losses, whole.losses)
