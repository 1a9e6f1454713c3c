"""What goes wrong in one process is said in all, soon, and leaves them fit to go on."""

import re

import pytest
import torch
from shared.process_programs import FAILURES, every_failure, killed_in_a_step, launch, saved

ALL = {
    "other weights": "ValueError: model: expected the same parameters and buffers .* another 0.weight in process 1",
    "other buffers": "ValueError: model: expected the same parameters and buffers .* another 1.running_mean",
    "not finite": "NonFiniteError: ",
    "not finite in ghost": "NonFiniteError: (something in process 1 is not finite|the logits)",
    "other targets": "ValueError: batch: expected logits and targets of the same dtypes and shapes",
    "counts labelled rows": "ValueError: meta_model: num_labelled counts the first rows",
}
# What process 1 says; process 0 stops with it.
ONE = {
    "fails in the forward pass": "ArithmeticError: out of luck",
    "fails in the meta pass": "ArithmeticError: out of luck",
    "bad batch": "ValueError: y: expected 4 targets",
    "not finite beside a failure": "ArithmeticError: out of luck",
}


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    """How each failure ended in each of two processes."""
    folder = tmp_path_factory.mktemp("failures")
    launch(every_failure, 2, folder)
    return saved(folder, 2)


def test_every_failure_is_expected():
    assert {*ALL, *ONE} == FAILURES.keys()


@pytest.mark.parametrize("failure", FAILURES)
def test_all_raise(failure, ends):
    first, second = (end[failure] for end in ends)
    stopped = "ProcessError: process 0 stops because process 1 has failed"
    assert re.match(ALL.get(failure, stopped), first), first
    assert re.match((ALL | ONE)[failure], second), second


def test_the_next_step_works(ends):
    assert ends[0]["afterwards"] == ends[1]["afterwards"]


def test_a_network_that_took_steps_before(ends):
    assert ends[0]["after own steps"] == ends[1]["after own steps"]


def test_a_killed_process_ends_the_step_of_the_others(tmp_path):
    context = launch(killed_in_a_step, 2, tmp_path, join=False)
    with pytest.raises(torch.multiprocessing.ProcessExitedException, match="SIGKILL"):
        context.join(60, grace_period=20)
    seconds, message = torch.load(tmp_path / "0.pt")
    assert seconds < 20
    assert "process 0 has lost touch with the others" in message
