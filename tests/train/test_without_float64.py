"""Training on a device that has no float64, as Apple's GPUs."""

import pytest
import torch
from shared.without_float64 import said_to_have_none, without_float64

from famus_ext.train.folder.checkpoint import restore, to_bytes
from famus_ext.train.pseudo_clean import two_networks
from famus_ext.train.pseudo_clean.clean_probability import clean_probability


def write_weights(folder, trainer):
    path = folder / "weights.csv"
    path.write_text("\n".join(["index,weight", *(f"{index},0.5" for index in trainer.data.indices.tolist())]) + "\n")
    return str(path)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("ce", {}),
        ("l2r", {}),
        ("mwnet", {"loss": "class-balanced"}),
        ("mlc", {"sampler": "threshold"}),
        ("label-correction", {"schedule": "merged", "clip_norm": 1.0}),
    ],
)
def test_an_epoch_and_what_comes_after_a_checkpoint(make_trainer, method, options):
    with said_to_have_none():
        trainer, later = make_trainer(method, **options), make_trainer(method, **options)
    with without_float64():
        trainer.train_epoch()
        content = to_bytes(trainer)
        expected = trainer.train_epoch().train_loss
        restore(content, "the checkpoint", later)
        assert later.train_epoch().train_loss == expected
        trainer.result()


def test_weights_of_ones_own(make_trainer, tmp_path):
    path = write_weights(tmp_path, make_trainer("ce"))
    with said_to_have_none():
        trainer = make_trainer("mwnet", example_weights=path)
    with without_float64():
        assert trainer.train_epoch().meta_loss > 0


def test_a_pseudo_clean_meta_set(make_trainer, monkeypatch):
    """Its mixture is fitted on the host, in float64."""
    monkeypatch.setattr(two_networks, "clean_probability", lambda losses, seed: losses.softmax(0))
    options = {"meta_set": "pseudo-clean", "warmup_epochs": 1}
    with said_to_have_none():
        trainer = make_trainer("mwnet", sampler="last", **options)
    with without_float64():
        trainer.train_epoch()
        assert trainer.train_epoch().meta_loss > 0


def test_probabilities_are_of_the_devices_widest_dtype():
    losses = torch.tensor([0.1, 0.2, 3.0, 0.15])
    expected = clean_probability(losses, 0)
    with said_to_have_none():
        found, all_alike = clean_probability(losses, 0), clean_probability(torch.ones(3), 0)
    assert (expected.dtype, found.dtype, all_alike.dtype) == (torch.float64, torch.float32, torch.float32)
    torch.testing.assert_close(found, expected.float())
