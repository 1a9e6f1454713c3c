"""What is kept of an epoch's steps, with and without meta steps."""

from types import SimpleNamespace

import pytest
import torch

from famus_ext.train.epoch_log import EpochLog


def step(loss, meta_loss=None, gates=(0.0, 0.0), grads=()):
    meta = None if meta_loss is None else torch.tensor(meta_loss)
    theta = {"theta": torch.tensor(grads)} if grads else {}
    return SimpleNamespace(loss=torch.tensor(loss), meta_loss=meta, gates=torch.tensor(gates), meta_grads=theta)


def test_steps_without_a_meta_step_count_for_the_loss_alone():
    log = EpochLog(lasting_theta=True)
    log.add(step(1.0, 4.0, (1.0, 0.0), (1.0, 3.0)))
    log.add(step(2.0))
    log.add(step(6.0, 2.0, (1.0, 1.0), (3.0, 7.0)))
    assert (len(log), log.loss, log.meta_loss) == (3, 3.0, 3.0)
    assert log.gate_rates == [1.0, 0.5]
    assert log.gradient_mean == pytest.approx(3.5)
    assert log.gradient_variance == pytest.approx((2.0 + 8.0) / 2)


def test_epoch_without_a_meta_step_has_none_of_its_numbers():
    log = EpochLog(lasting_theta=True)
    log.add(step(1.0))
    assert (log.meta_loss, log.gate_rates, log.gradient_mean, log.gradient_variance) == (None, [], None, None)


def test_one_meta_step_has_a_mean_and_no_variance():
    log = EpochLog(lasting_theta=True)
    log.add(step(1.0, 1.0, grads=(1.0, 2.0)))
    assert (log.gradient_mean, log.gradient_variance) == (1.5, None)


def test_theta_of_one_batch_has_no_moments_over_the_steps():
    log = EpochLog(lasting_theta=False)
    log.add(step(1.0, 1.0, grads=(1.0, 2.0)))
    log.add(step(1.0, 1.0, grads=(1.0, 2.0, 3.0)))
    assert (log.gradient_mean, log.gradient_variance) == (None, None)
