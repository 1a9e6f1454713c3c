"""Checkpoints: a run that stopped goes on to the same bits; a file is whole or the old one; strangers are refused."""

import os
from dataclasses import replace

import pytest
import torch

from famus_ext.train import checkpoint as checkpoint_module
from famus_ext.train.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from famus_ext.train.files import atomic_write

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
    return {name: value for name, value in record.to_dict().items() if name != "ms_per_step"}


@pytest.mark.parametrize(("method", "sampler", "engine"), METHODS)
def test_resumed_run_ends_at_the_same_bits(make_trainer, tmp_path, method, sampler, engine):
    check_resume(lambda: make_trainer(method, sampler=sampler, engine=engine), tmp_path / "run.pt")


@pytest.mark.parametrize("options", SCHEDULES, ids=str)
def test_resumed_run_of_any_schedule_and_loss_ends_at_the_same_bits(make_trainer, tmp_path, options):
    check_resume(lambda: make_trainer("mwnet", sampler="gumbel", **options), tmp_path / "run.pt")


def check_resume(make, path):
    """Four epochs in one go, and two and two with a checkpoint between, end at the same bits."""
    straight, stopped, resumed = make(), make(), make()
    torch.manual_seed(0)  # the three share the global random state: each starts from the same one
    for _ in range(4):
        straight.train_epoch()
    torch.manual_seed(0)
    for _ in range(2):
        stopped.train_epoch()
    save_checkpoint(path, stopped)
    torch.manual_seed(1)
    load_checkpoint(path, resumed)
    for _ in range(2):
        resumed.train_epoch()

    assert [numbers(record) for record in resumed.history] == [numbers(record) for record in straight.history]
    for name, value in straight.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], value), name
    assert torch.equal(resumed.result().weights, straight.result().weights)
    assert torch.equal(resumed.example_losses(), straight.example_losses())


def test_checkpoint_holds_plain_values_and_tensors_only(make_trainer, tmp_path):
    trainer = make_trainer("mwnet", sampler="gumbel")
    trainer.train_epoch()
    save_checkpoint(tmp_path / "run.pt", trainer)
    content = torch.load(tmp_path / "run.pt", weights_only=True)
    assert content["format"] == checkpoint_module.FORMAT
    assert set(content["state"]) == {"epoch", "model", "optimizer", "step", "weights", "history", "random"}


def test_failed_write_leaves_the_old_checkpoint(make_trainer, tmp_path, monkeypatch):
    path, trainer = tmp_path / "run.pt", make_trainer("ce")
    save_checkpoint(path, trainer)
    before = path.read_bytes()

    def half_a_file(content, file):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", half_a_file)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, trainer)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.pt"]


def test_bytes_are_on_disk_before_the_name_changes(tmp_path, monkeypatch):
    path, calls = tmp_path / "file", []
    fsync, replace_file = os.fsync, os.replace
    monkeypatch.setattr("os.fsync", lambda descriptor: (calls.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr("os.replace", lambda old, new: (calls.append("replace"), replace_file(old, new)))
    with atomic_write(path) as file:
        file.write("text\n")
    assert calls == ["fsync", "replace"]
    assert path.read_bytes() == b"text\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: replace(config, optimizer=replace(config.optimizer, lr=0.5)), "of another configuration: lr"),
        (
            lambda config: replace(config, data=replace(config.data, noise_rate=0.1)),
            "labels_hash .*, noise_rate 0.6 there",
        ),
        (
            lambda config: replace(config, optimizer=replace(config.optimizer, epochs=1)),
            "trained for 2 epochs, more than",
        ),
    ],
)
def test_checkpoint_of_another_configuration_is_refused(make_trainer, small, tmp_path, change, message):
    trainer = make_trainer("ce")
    for _ in range(2):
        trainer.train_epoch()
    save_checkpoint(tmp_path / "run.pt", trainer)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(tmp_path / "run.pt", make_trainer("ce", config=change(small)))


def test_more_epochs_are_another_run_of_the_same_configuration(make_trainer, small, tmp_path):
    save_checkpoint(tmp_path / "run.pt", make_trainer("ce"))
    longer = replace(small, optimizer=replace(small.optimizer, epochs=9))
    load_checkpoint(tmp_path / "run.pt", make_trainer("ce", config=longer))


def test_checkpoint_of_another_method_or_seed_is_refused(make_trainer, tmp_path):
    save_checkpoint(tmp_path / "run.pt", make_trainer("ce"))
    with pytest.raises(CheckpointError, match="seed 0 there, 1 here"):
        load_checkpoint(tmp_path / "run.pt", make_trainer("ce", seed=1))


def test_checkpoint_of_another_format_is_refused(make_trainer, tmp_path, monkeypatch):
    trainer = make_trainer("ce")
    monkeypatch.setattr(checkpoint_module, "FORMAT", 0)
    save_checkpoint(tmp_path / "run.pt", trainer)
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="expected checkpoint format 2, got 0"):
        load_checkpoint(tmp_path / "run.pt", trainer)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_broken_file_is_refused(make_trainer, tmp_path, content):
    (tmp_path / "run.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match="not a readable checkpoint"):
        load_checkpoint(tmp_path / "run.pt", make_trainer("ce"))
