"""One run: what its records hold, whatever the method, sampler and schedule."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from famus_ext.engine.distributed.processes import Processes
from famus_ext.train.config import DataOptions, SamplerOptions
from famus_ext.train.experiment import check_runnable, run_experiment
from famus_ext.train.folder.checkpoint import CheckpointError
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.check import OptionError
from famus_ext.train.recording.weight_curves import LOSSES
from famus_ext.train.trainer import Trainer


def test_meta_steps_alone_count_for_gates_meta_loss_and_gradient(make_trainer):
    record = make_trainer("mwnet", sampler="last", last_layers=2, meta_every=2).train_epoch()
    assert record.gate_rates == [0.0, 1.0, 1.0]
    assert record.active_layers == 2.0
    assert record.meta_loss > 0
    assert record.gradient_mean is not None
    assert record.gradient_variance is None  # two steps an epoch, one of them with a meta gradient


def test_epoch_without_a_meta_step(make_trainer):
    trainer = make_trainer("mwnet", meta_every=3)
    first, second = trainer.train_epoch(), trainer.train_epoch()
    assert (first.active_layers is None, second.active_layers is None) == (False, False)
    third = make_trainer("mwnet", meta_every=5)
    third.train_epoch()
    record = third.train_epoch()
    assert (record.meta_loss, record.active_layers, record.gate_rates) == (None, None, [])


@pytest.mark.parametrize(
    ("method", "curves", "moments"),
    [("ce", 0, False), ("l2r", 0, False), ("mwnet", 1, True), ("mlc", 0, True), ("label-correction", 0, True)],
)
def test_records_hold_what_the_method_learns(make_trainer, method, curves, moments):
    record = make_trainer(method, sampler="all").train_epoch()
    assert [len(curve) for curve in record.weight_function] == [len(LOSSES)] * curves
    assert (record.gradient_variance is not None) == moments
    assert (record.meta_loss is None) == (method == "ce")


def test_weight_function_is_the_meta_models_own_and_one_a_group(make_trainer):
    trainer = make_trainer("mwnet", sampler="all", class_groups=2)
    record = trainer.train_epoch()
    with torch.no_grad():
        expected = trainer.step.meta_model.weigh(torch.tensor(LOSSES, dtype=torch.float32), 1)
    assert len(record.weight_function) == 2
    assert record.weight_function[1] == pytest.approx(expected.tolist(), abs=1e-5)


def test_normalised_weights_are_one_on_average(make_trainer):
    trainer = make_trainer("mwnet", sampler="all", normalised=True)
    trainer.train_epoch()
    assert trainer.weights.latest.mean().item() == pytest.approx(1.0, rel=1e-5)


def test_long_tail_weights_are_those_of_head_and_tail(make_trainer, small):
    tail = replace(small, data=DataOptions(num_test=1000, imbalance=5, noise_rate=0.0))
    trainer = make_trainer("mwnet", config=tail, sampler="all")
    record = trainer.train_epoch()
    labels = trainer.data.train.labels
    assert record.weight_head == pytest.approx(trainer.weights.latest[labels <= 2].mean().item())
    assert record.weight_tail == pytest.approx(trainer.weights.latest[labels >= 7].mean().item())
    assert record.weight_wrong is None


def test_deferred_reweighting_begins_in_its_epoch(make_trainer):
    plain, deferred = (make_trainer("ce", loss=loss, **extra) for loss, extra in DEFERRED)
    first = [trainer.train_epoch().train_loss for trainer in (plain, deferred)]
    second = [trainer.train_epoch().train_loss for trainer in (plain, deferred)]
    assert first[0] == first[1]
    assert second[0] != second[1]


DEFERRED = (("ldam", {}), ("ldam-drw", {"drw_start": 1}))


class ThreeChannels(nn.Conv2d):
    """A network for colour images."""

    def __init__(self, num_classes):
        super().__init__(3, num_classes, 8)


def test_trial_step_finds_a_network_for_other_images(small):
    network = replace(small.optimizer, network=f"{__name__}:ThreeChannels")
    config = replace(small, optimizer=network, sampler=SamplerOptions(sampler="all"))
    with pytest.raises(OptionError, match=r"--network .*:ThreeChannels: fails on images of shape \[1, 8, 8\]"):
        check_runnable(config)


def test_trial_step_finds_an_engine_that_cannot_pass_the_network(small):
    mixing = replace(
        small,
        schedule=replace(small.schedule, engine="ghost"),
        optimizer=replace(small.optimizer, network="fashion"),
    )
    with pytest.raises(OptionError, match='--engine: "ghost" needs a network that does not mix'):
        check_runnable(mixing)
    check_runnable(replace(mixing, schedule=replace(mixing.schedule, engine="ghost_approximate")))
    check_runnable(replace(mixing, optimizer=replace(small.optimizer, network="digits")))


def test_trial_step_without_memory_is_no_wrong_option(small, monkeypatch):
    def fail(trainer):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(Trainer, "try_step", fail)
    with pytest.raises(torch.OutOfMemoryError):
        check_runnable(small)


class OneAhead(Processes):
    """Beside another that has read a checkpoint of a later step."""

    def together(self, compute, facts, size):
        result = compute()
        return result, [list(facts(result)), [fact + 1 for fact in facts(result)]]


def test_processes_that_see_other_checkpoints_do_not_begin(small, tmp_path):
    folder = RunFolder.create(tmp_path / "run", small)
    with pytest.raises(CheckpointError, match="got checkpoints after 0, 1 steps"):
        run_experiment(small, folder, OneAhead())
