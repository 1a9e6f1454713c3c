"""Time left: every method's epochs as long as they have been."""

import pytest

from famus_ext.train.console import duration
from famus_ext.train.time_left import TimeLeft


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def pass_epochs(left, clock, method, *seconds):
    for took in seconds:
        clock.now += took
        left.epoch_done(method)


def test_nothing_is_known_before_the_first_epoch(clock):
    left = TimeLeft(["ce", "l2r"], 2, clock)
    left.begin("ce", 0)
    assert left.seconds is None


def test_a_method_not_seen_yet_costs_what_its_step_should(clock):
    left = TimeLeft(["ce", "l2r"], 2, clock)
    left.begin("ce", 0)
    pass_epochs(left, clock, "ce", 3.0)
    assert left.seconds == pytest.approx(3.0 + 2 * 10.0)


def test_every_method_takes_its_own_median_over_all_seeds(clock):
    left = TimeLeft(["ce", "mwnet", "ce", "mwnet"], 3, clock)
    left.begin("ce", 0)
    pass_epochs(left, clock, "ce", 9.0, 1.0, 1.0)
    clock.now += 60.0  # between two runs
    left.begin("mwnet", 0)
    pass_epochs(left, clock, "mwnet", 5.0)
    assert left.seconds == 3 * 1.0 + (2 + 3) * 5.0


def test_epochs_of_a_checkpoint_are_not_left(clock):
    left = TimeLeft(["l2r"], 10, clock)
    left.begin("l2r", 7)
    pass_epochs(left, clock, "l2r", 2.0, 2.0, 2.0)
    assert left.seconds == 0.0


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (99.0, "99 s"), (120.0, "2 min"), (5940.0, "99 min"), (6000.0, "1.7 h")]
)
def test_a_duration_is_said_in_its_unit(seconds, words):
    assert duration(seconds) == words
