"""Options that cannot be used are named as the command line spells them, and leave no folder."""

import pytest
import torch

from .command import train


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--noise-rate", "1.5"), "--noise-rate: expected a number in [0, 1], got 1.5"),
        (("--num-meta", "400"), "400 + 1500 images leave nothing to train on"),
        (("--num-meta", "5"), "at least one image for each of 10 classes, got 5"),
        (("--expected-layers", "99"), "--expected-layers: expected a number in (0, 3]"),
        (("--schedule", "merged"), '--schedule: "merged" steps the network before there are weights for the batch'),
        (("--meta-every", "2"), "--meta-every: L2R has no weights for a batch without a meta step"),
        (("--micro-batches", "2", "--engine", "double_backward"), "--micro-batches: only engine="),
        (("--engine", "ghost", "--network", "fashion"), '--engine: "ghost" needs a network that does not mix'),
        (("--network", "torch.nn:Linear"), "--network torch.nn:Linear: Linear.__init__() got"),
        (("--dataset", "fashion-mnist"), "--num-test: expected None, for the source has its own test set"),
        (("--data-path", "there"), "--data-path: expected none"),
        (("--sampler", "last", "--last-layers", "99"), "--last-layers: expected at most"),
        (("--baseline", "False"), "False"),
        (("--method", "unheard-of"), "unheard-of"),
        (("--epochs", "some"), "some"),
        (("--bogus",), "--bogus"),
        (("--seeds", "1", "1"), "--seeds: expected different numbers"),
        (("--resume", "nowhere"), "no experiment there"),
        (("--profile-phases", "--capture"), "--profile-phases: expected none with --capture"),
    ],
)
def test_bad_options_end_with_2_and_leave_no_folder(tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    assert train(*options) == 2
    printed = capsys.readouterr()
    assert message in " ".join((printed.out + printed.err).replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_cuda_without_a_gpu_is_refused(capsys):
    assert train("--device", "cuda") == 2
    assert "--device cuda: no GPU can be used here" in capsys.readouterr().err


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="there is a GPU of Apple's")
def test_mps_without_a_gpu_is_refused(capsys):
    assert train("--device", "mps") == 2
    assert "--device mps: no GPU can be used here" in capsys.readouterr().err


def test_folder_in_use_or_unwritable_is_refused(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert train("--out", tmp_path) == 2
    assert "holds files already" in capsys.readouterr().err
    assert train("--out", tmp_path / "notes.txt" / "run") == 2
    assert "cannot be written" in capsys.readouterr().err
    assert (tmp_path / "notes.txt").read_text() == "mine"
