"""The last few checkpoints of a run: which are kept, which is taken, and what a write that fails leaves."""

import os

import pytest

from famus_ext.train.folder.checkpoint import CheckpointError
from famus_ext.train.folder.checkpoint_folder import CheckpointFolder


@pytest.fixture
def folder(tmp_path):
    return CheckpointFolder(tmp_path / "run")


@pytest.fixture
def trained(make_trainer, folder):
    """A trainer after three epochs, with a checkpoint of the last two."""
    trainer = make_trainer("ce")
    for _ in range(3):
        trainer.train_epoch()
        folder.save(trainer, keep=2)
    return trainer


def test_the_last_few_are_kept(folder, trained):
    assert [path.name[:23] for path in folder.files()] == ["epoch0002-step00000004-", "epoch0003-step00000006-"]


def test_an_unfinished_epoch_comes_before_its_end(folder, make_trainer):
    trainer = make_trainer("ce")
    trainer.train_epoch(lambda: folder.save(trainer, keep=9))
    folder.save(trainer, keep=9)
    names = [path.name[:22] for path in folder.files()]
    assert names == ["epoch0000-step00000001", "epoch0000-step00000002", "epoch0001-step00000002"]


def test_the_newest_is_taken(folder, trained, make_trainer):
    fresh = make_trainer("ce")
    assert folder.load(fresh) == []
    assert fresh.epoch == 3


def test_no_checkpoint_is_a_start_from_the_beginning(folder, make_trainer):
    fresh = make_trainer("ce")
    assert folder.load(fresh) == []
    assert fresh.epoch == 0


def cut(content):
    return content[: len(content) // 2]


def empty(content):
    return b""


def flip(content):
    return bytes([*content[:1000], content[1000] ^ 1, *content[1001:]])


@pytest.mark.parametrize("damage", [cut, empty, flip])
def test_a_damaged_one_is_put_aside_for_the_one_before(folder, trained, make_trainer, damage):
    newest = folder.files()[-1]
    newest.write_bytes(damage(newest.read_bytes()))
    fresh = make_trainer("ce")
    (problem,) = folder.load(fresh)
    assert problem.startswith(f"{newest}: damaged: expected SHA-256 {newest.stem[-16:]}")
    assert fresh.epoch == 2
    assert len(folder.files()) == 1
    assert newest.with_name(f"{newest.name}.damaged").exists()


def test_none_that_is_whole_is_an_error_that_touches_nothing(folder, trained, make_trainer):
    for path in folder.files():
        path.write_bytes(b"")
    before = sorted(folder.path.iterdir())
    with pytest.raises(CheckpointError, match=r"step00000006.*; .*step00000004.*no other is left: remove"):
        folder.load(make_trainer("ce"))
    assert sorted(folder.path.iterdir()) == before


def test_a_stranger_is_refused_and_not_passed_over(folder, trained, make_trainer):
    with pytest.raises(CheckpointError, match="of another configuration"):
        folder.load(make_trainer("ce", lr=0.5))


def test_a_write_that_fails_leaves_those_before(folder, trained, monkeypatch):
    before = {path: path.read_bytes() for path in folder.path.iterdir()}

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    trained.train_epoch()
    with pytest.raises(OSError, match="No space left"):
        folder.save(trained, keep=2)
    assert {path: path.read_bytes() for path in folder.path.iterdir()} == before


def test_what_a_killed_write_left_is_removed_by_the_next(folder, trained):
    left = folder.path / ".epoch0003-step00000006-0123456789abcdef.pt.tmp"
    left.write_bytes(b"half")
    folder.save(trained, keep=2)
    assert not left.exists()
