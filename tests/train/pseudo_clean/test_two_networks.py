"""The loop of two networks: what it trains by, that it goes on to the same bits, what its records hold."""

import io
from dataclasses import replace

import pytest
import torch

from famus_ext.engine.distributed.processes import Processes
from famus_ext.train.assembly.data import make_data
from famus_ext.train.config import (
    Config,
    DataOptions,
    MachineOptions,
    MetaModelOptions,
    OptimizerOptions,
    SamplerOptions,
)
from famus_ext.train.experiment import check_runnable
from famus_ext.train.folder.checkpoint import restore, to_bytes
from famus_ext.train.one_network import OneNetwork
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.pseudo_clean import PseudoCleanOptions
from famus_ext.train.pseudo_clean.two_networks import TwoNetworks
from famus_ext.train.recording.records import MEASURED
from famus_ext.train.recording.weight_curves import LOSSES
from famus_ext.train.trainer import Trainer

SMALL = Config(
    data=DataOptions(meta_set="pseudo-clean", num_test=1597),  # leaves 200 training images
    pseudo_clean=PseudoCleanOptions(warmup_epochs=1, lambda_u=5.0, ramp_epochs=2.0),
    meta_model=MetaModelOptions(method="mwnet", meta_batch_size=20),
    optimizer=OptimizerOptions(epochs=3, batch_size=50, lr=0.05),
    machine=MachineOptions(device="cpu"),
)


def made(config=SMALL, method="mwnet"):
    return Trainer(config, method, 0, make_data(config.data, 0), torch.device("cpu"))


def numbers(record):
    return {name: value for name, value in record.to_dict().items() if name not in MEASURED}


@pytest.fixture(scope="module")
def straight():
    """Checkpoints by step of a run that never stopped, and how it ended."""
    trainer, checkpoints = made(), {}
    while trainer.epoch < SMALL.optimizer.epochs:
        trainer.train_epoch(lambda: checkpoints.update({trainer.steps: to_bytes(trainer)}))
    return checkpoints, trainer


def test_method_decides_what_is_trained(straight):
    assert isinstance(straight[1].regime, TwoNetworks)
    assert isinstance(made(method="ce").regime, OneNetwork)


@pytest.mark.parametrize("place", ["warm-up, network 1", "warm-up, network 2", "network 1", "network 2", "last"])
def test_run_goes_on_to_the_same_bits(straight, place):
    checkpoints, whole = straight
    warm_up, last = 8, max(checkpoints)  # 2 networks, 4 batches
    step = {
        "warm-up, network 1": 2,
        "warm-up, network 2": 5,
        "network 1": warm_up + 1,
        "network 2": warm_up + (last - warm_up) // 2 - 1,
        "last": last - 1,
    }[place]
    again = made()
    restore(checkpoints[step], "it", again)
    assert again.steps == step
    while again.epoch < SMALL.optimizer.epochs:
        again.train_epoch()
    assert [numbers(record) for record in again.history] == [numbers(record) for record in whole.history]
    assert again.steps == whole.steps
    torch.testing.assert_close(again.weights.mean, whole.weights.mean, rtol=0, atol=0)
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], tensor), name


def test_checkpoints_are_read_without_unpickling_code(straight):
    checkpoints, trainer = straight
    state = torch.load(io.BytesIO(checkpoints[max(checkpoints)]), weights_only=True)["state"]
    assert len(state["divisions"]) == 2
    assert state["steps"] == trainer.steps


def test_networks_differ_and_are_tested_together(straight):
    _, trainer = straight
    one, other = (learner.model.eval() for learner in trainer.regime.learners)
    images, labels = trainer.data.test.view(torch.arange(1597)), trainer.data.test.labels
    with torch.no_grad():
        logits = one(images), other(images)
    assert not torch.equal(*logits)
    accuracy = ((logits[0] + logits[1]).argmax(1) == labels).double().mean().item()
    assert trainer.history[-1].test_accuracy == accuracy


def test_records_are_those_of_both_networks(straight):
    _, trainer = straight
    warm_up, first, _ = trainer.history
    assert (warm_up.meta_loss, warm_up.gate_rates, warm_up.weight_clean, warm_up.weight_wrong) == (None, [], 1.0, 1.0)
    assert first.meta_loss > 0
    assert len(first.gate_rates) == len(trainer.result().layers) == 3
    assert first.gradient_variance is not None
    assert [len(curve) for curve in first.weight_function] == [len(LOSSES)]
    assert sum(first.weight_histogram_clean) + sum(first.weight_histogram_wrong) == 200
    assert trainer.weights.latest.mean().item() == pytest.approx(1.0, abs=0.1)
    assert trainer.total_steps == trainer.steps


def test_network_takes_the_sets_that_the_others_losses_make(monkeypatch):
    trainer = made()
    monkeypatch.setattr("famus_ext.train.pseudo_clean.two_networks.clean_probability", lambda losses, seed: -losses)
    with torch.no_grad():
        for parameter in trainer.regime.learners[1].model.parameters():
            parameter.zero_()
    for_first, for_second = trainer.regime._divide(0)
    assert len(for_first.probabilities.unique()) == 1  # network 2 holds all labels for equally likely
    assert len(for_second.probabilities.unique()) > 100


def test_weight_of_the_unlabelled_grows_over_the_ramp():
    trainer, seen = made(), []
    trainer.train_epoch()
    loss = trainer.regime.learners[0].loss
    trainer.train_epoch(lambda: seen.append(loss.lambda_u))
    assert seen[0] == 0.0
    assert seen == sorted(seen)
    assert 0.0 < seen[-1] < 2.5  # half of the ramp


def test_trial_step_takes_both_kinds_of_step():
    check_runnable(SMALL)
    check_runnable(replace(SMALL, schedule=replace(SMALL.schedule, micro_batches=2)))


@pytest.mark.parametrize("changed", [{"schedule": "merged"}, {"meta_every": 2}, {"micro_batches": 2}], ids=str)
def test_every_schedule_trains(changed):
    trainer = made(replace(SMALL, schedule=replace(SMALL.schedule, **changed)))
    trainer.train_epoch()
    assert trainer.train_epoch().meta_loss > 0


def test_every_layer_is_mw_net_with_the_same_division():
    trainer = made(replace(SMALL, sampler=SamplerOptions(sampler="all")))
    trainer.train_epoch()
    assert trainer.train_epoch().gate_rates == [1.0, 1.0, 1.0]


def test_several_processes_are_refused():
    class Two(Processes):
        alone = False

        def __init__(self):
            self.count = 2

    with pytest.raises(OptionError, match="--meta-set pseudo-clean: expected one process, got 2"):
        TwoNetworks(SMALL, 0, make_data(SMALL.data, 0), Two())


def test_meta_set_comes_from_nowhere():
    data = make_data(SMALL.data, 0)
    assert data.meta is data.train
    assert len(data.train) + len(data.test) == 1797
