"""What is kept of an epoch's steps, with and without meta steps."""

import math
from types import SimpleNamespace

import pytest
import torch

from famus_ext.train.recording.epoch_log import EpochLog


def step(loss, meta_loss=None, gates=(0.0, 0.0), grads=(), skipped=None):
    meta = None if meta_loss is None else torch.tensor(meta_loss)
    theta = {"theta": torch.tensor(grads)} if grads else {}
    return SimpleNamespace(
        loss=torch.tensor(loss), meta_loss=meta, gates=torch.tensor(gates), meta_grads=theta, skipped=skipped
    )


def test_steps_without_a_meta_step_count_for_the_loss_alone():
    log = EpochLog(lasting_theta=True)
    log.add(step(1.0, 4.0, (1.0, 0.0), (1.0, 3.0)))
    log.add(step(2.0))
    log.add(step(6.0, 2.0, (1.0, 1.0), (3.0, 7.0)))
    assert (len(log), log.loss, log.meta_loss) == (3, 3.0, 3.0)
    assert log.gate_rates == [1.0, 0.5]
    assert log.gradient_mean == pytest.approx(3.5)
    assert log.gradient_variance == pytest.approx((2.0 + 8.0) / 2)


def test_a_skipped_step_is_counted_and_counts_for_nothing_else():
    log = EpochLog(lasting_theta=True)
    log.add(step(1.0, 4.0, (1.0, 0.0), (1.0, 3.0)))
    log.add(step(math.nan, skipped="the loss is not finite"))
    assert (len(log), log.skipped, log.loss, log.meta_loss, log.gate_rates) == (2, 1, 1.0, 4.0, [1.0, 0.0])
    assert log.last_reason == "the loss is not finite"


def test_an_epoch_of_skipped_steps_has_no_loss():
    log = EpochLog(lasting_theta=True)
    log.add(step(math.nan, skipped="the loss is not finite"))
    assert math.isnan(log.loss)


def test_an_epoch_goes_on_from_its_state():
    steps = [step(0.1 * i, 0.3 * i, (1.0, i % 2), (0.7 * i, 1.0)) for i in range(5)]
    straight, first, second = (EpochLog(lasting_theta=True) for _ in range(3))
    first.seconds = 2.0
    for out in steps:
        straight.add(out)
    for out in steps[:3]:
        first.add(out)
    second.load_state_dict(first.state_dict())
    for out in steps[3:]:
        second.add(out)
    for name in ("loss", "meta_loss", "gate_rates", "gradient_mean", "gradient_variance"):
        assert getattr(second, name) == getattr(straight, name)
    assert (len(second), second.seconds) == (5, 2.0)


def test_an_epoch_without_a_step_has_a_state():
    log = EpochLog(lasting_theta=True)
    log.load_state_dict(EpochLog(lasting_theta=True).state_dict())
    assert len(log) == 0


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
