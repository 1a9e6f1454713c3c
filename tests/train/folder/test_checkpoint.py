"""Checkpoints: a run that stopped goes on to the same bits, at any step; strangers are refused."""

import io
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from famus_ext.models import registry
from famus_ext.train.folder import checkpoint as checkpoint_module
from famus_ext.train.folder.checkpoint import CheckpointError, restore, to_bytes
from famus_ext.train.recording.records import MEASURED

METHODS = [
    ("ce", "all", "pushforward"),
    ("l2r", "all", "pushforward"),
    ("l2r", "gumbel", "pushforward"),
    ("l2r", "gumbel", "double_backward"),
    ("mwnet", "last", "pushforward"),
    ("mwnet", "gumbel", "pushforward"),
    ("mwnet", "random", "finite_difference"),
    ("mlc", "threshold", "pushforward"),
    ("label-correction", "gumbel", "pushforward"),
]
SCHEDULES = [
    {"schedule": "merged", "meta_every": 3},
    {"schedule": "paper", "meta_every": 3, "clip_norm": 1.0, "micro_batches": 2},
    {"normalised": True, "class_groups": 2, "loss": "ldam-drw", "drw_start": 3},
]


def numbers(record):
    return {name: value for name, value in record.to_dict().items() if name not in MEASURED}


@pytest.mark.parametrize(("method", "sampler", "engine"), METHODS)
def test_resumed_run_ends_at_the_same_bits(make_trainer, method, sampler, engine):
    check_resume(lambda: make_trainer(method, sampler=sampler, engine=engine))


@pytest.mark.parametrize("options", SCHEDULES, ids=str)
def test_resumed_run_of_any_schedule_and_loss_ends_at_the_same_bits(make_trainer, options):
    check_resume(lambda: make_trainer("mwnet", sampler="gumbel", **options))


def check_resume(make):
    """Three epochs in one go, and from a checkpoint at every one of their steps, end at the same bits."""
    straight, checkpoints = make(), []
    for _ in range(3):
        straight.train_epoch(lambda: checkpoints.append(to_bytes(straight)))
        checkpoints.append(to_bytes(straight))
    for content in checkpoints[2:5]:  # after the first epoch, within the second, at its last step
        resumed = make()
        scramble()
        restore(content, "run.pt", resumed)
        while resumed.epoch < 3:
            resumed.train_epoch()
        same(resumed, straight)


def scramble():
    """Another state of every global random generator."""
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002


def same(one, other):
    assert [numbers(record) for record in one.history] == [numbers(record) for record in other.history]
    assert one.steps == other.steps
    for name, value in other.model.state_dict().items():
        assert torch.equal(one.model.state_dict()[name], value), name
    assert torch.equal(one.result().weights, other.result().weights)
    torch.testing.assert_close(one.predictions().losses, other.predictions().losses, rtol=0, atol=0, equal_nan=True)


class Restless(nn.Linear):
    """A network that draws from the random generators of Python and NumPy."""

    def __init__(self, num_classes, in_channels):
        super().__init__(64, num_classes)

    def forward(self, x):
        noise = random.random() + np.random.random()  # noqa: NPY002
        return super().forward(x.flatten(1) + noise if self.training else x.flatten(1))


def test_random_generators_of_python_and_numpy_go_on_too(make_trainer, monkeypatch):
    monkeypatch.setitem(registry.NETWORKS, "digits", Restless)
    check_resume(lambda: make_trainer("ce"))


def test_skipped_steps_are_part_of_the_state(make_trainer):
    straight = make_trainer("mwnet", sampler="all", max_skips=2)
    straight.data.train.images[0] = torch.nan
    checkpoints = []
    straight.train_epoch(lambda: checkpoints.append(to_bytes(straight)))
    assert straight.history[0].skipped_steps == 1
    for content in checkpoints:
        resumed = make_trainer("mwnet", sampler="all", max_skips=2)
        resumed.data.train.images[0] = torch.nan
        restore(content, "run.pt", resumed)
        resumed.train_epoch()
        same(resumed, straight)


def test_restored_run_predicts_by_the_loss_of_its_last_epoch(make_trainer):
    whole, again = (make_trainer("ce", loss="ldam-drw", drw_start=1) for _ in range(2))
    for _ in range(2):
        whole.train_epoch()
    restore(to_bytes(whole), "run.pt", again)
    assert torch.equal(again.predictions().losses, whole.predictions().losses)


def test_checkpoint_holds_plain_values_and_tensors_only(make_trainer):
    trainer = make_trainer("mwnet", sampler="gumbel")
    trainer.train_epoch()
    content = torch.load(io.BytesIO(to_bytes(trainer)), weights_only=True)
    assert content["format"] == checkpoint_module.FORMAT
    run = {"epoch", "steps", "weights", "history", "log", "random"}
    assert set(content["state"]) == run | {"model", "optimizer", "step", "batches", "example_weights"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: replace(config, optimizer=replace(config.optimizer, lr=0.5)), "of another configuration: lr"),
        (
            lambda config: replace(config, data=replace(config.data, noise_rate=0.1)),
            "labels_hash .*, noise_rate None there",
        ),
        (
            lambda config: replace(config, optimizer=replace(config.optimizer, epochs=1)),
            "trained for 2 epochs, more than",
        ),
    ],
)
def test_checkpoint_of_another_configuration_is_refused(make_trainer, small, change, message):
    trainer = make_trainer("ce")
    for _ in range(2):
        trainer.train_epoch()
    with pytest.raises(CheckpointError, match=message):
        restore(to_bytes(trainer), "run.pt", make_trainer("ce", config=change(small)))


def test_more_epochs_are_another_run_of_the_same_configuration(make_trainer, small):
    longer = replace(small, optimizer=replace(small.optimizer, epochs=9))
    restore(to_bytes(make_trainer("ce")), "run.pt", make_trainer("ce", config=longer))


def test_checkpoint_of_another_method_or_seed_is_refused(make_trainer):
    with pytest.raises(CheckpointError, match="seed 0 there, 1 here"):
        restore(to_bytes(make_trainer("ce")), "run.pt", make_trainer("ce", seed=1))


def test_checkpoint_of_another_format_is_refused(make_trainer, monkeypatch):
    trainer = make_trainer("ce")
    monkeypatch.setattr(checkpoint_module, "FORMAT", 0)
    content = to_bytes(trainer)
    monkeypatch.undo()
    with pytest.raises(
        CheckpointError, match=rf"run\.pt: expected checkpoint format {checkpoint_module.FORMAT}, got 0"
    ):
        restore(content, "run.pt", trainer)


def test_checkpoint_of_a_network_that_has_changed_is_refused(make_trainer, monkeypatch):
    content = to_bytes(make_trainer("ce"))
    monkeypatch.setitem(registry.NETWORKS, "digits", Restless)
    with pytest.raises(CheckpointError, match=r"run\.pt: of another network[\s\S]*Missing key"):
        restore(content, "run.pt", make_trainer("ce"))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_what_is_no_checkpoint_is_refused(make_trainer, content):
    with pytest.raises(CheckpointError, match="not a readable checkpoint"):
        restore(content, "run.pt", make_trainer("ce"))


@pytest.mark.parametrize(
    "content",
    [
        {"format": checkpoint_module.FORMAT},
        {"format": checkpoint_module.FORMAT, "identity": {}, "state": {}, "more": 1},
    ],
)
def test_other_entries_are_refused(make_trainer, content):
    file = io.BytesIO()
    torch.save(content, file)
    with pytest.raises(CheckpointError, match="expected the entries"):
        restore(file.getvalue(), "run.pt", make_trainer("ce"))
