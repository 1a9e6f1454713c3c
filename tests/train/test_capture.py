"""`--capture`: a run of recorded steps is the run; what cannot be recorded is refused by the option's name."""

from dataclasses import replace

import pytest
import torch
from shared.tape import Tapes, on_tape

from famus_ext.train.config import Config, MachineOptions, MetaModelOptions
from famus_ext.train.experiment import check_runnable
from famus_ext.train.folder.checkpoint import restore, to_bytes
from famus_ext.train.options.check import OptionError
from famus_ext.train.recording.records import MEASURED


@pytest.fixture
def equal_batches(small):
    """An epoch has two batches of 100 images."""
    return replace(small, data=replace(small.data, num_test=1497))


@pytest.fixture
def _on_tape():
    """CUDA graphs' part is played by a recorder of a CPU's operations."""
    with on_tape():
        yield


def numbers(record):
    return {name: value for name, value in record.to_dict().items() if name not in MEASURED}


def near(value):
    """A number, or a list of them, to rounding."""
    if isinstance(value, list):
        return [near(entry) for entry in value]
    return pytest.approx(value, rel=1e-4, abs=1e-6) if isinstance(value, float) else value


@pytest.mark.usefixtures("_on_tape")
@pytest.mark.parametrize("options", [{"method": "mwnet"}, {"method": "mlc", "sampler": "all", "meta_every": 2}])
def test_recorded_run_is_the_run(make_trainer, equal_batches, options):
    plain, recorded = (make_trainer(config=equal_batches, capture=capture, **options) for capture in (False, True))
    state = torch.get_rng_state()
    for trainer in (plain, recorded):
        torch.set_rng_state(state)
        trainer.train_epoch()
        trainer.train_epoch()
    assert recorded.step._parts.standing.run.tapes
    for found, expected in zip(recorded.history, plain.history, strict=True):
        assert numbers(found) == {name: near(value) for name, value in numbers(expected).items()}
    torch.testing.assert_close(recorded.weights.mean, plain.weights.mean, rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("_on_tape")
def test_recorded_run_goes_on_to_the_same_bits(make_trainer, equal_batches):
    straight, later = (make_trainer("mwnet", config=equal_batches, capture=True) for _ in range(2))
    checkpoints = []
    for _ in range(2):
        straight.train_epoch(lambda: checkpoints.append(to_bytes(straight)))
    restore(checkpoints[2], "within the second epoch", later)
    later.train_epoch()
    assert [numbers(record) for record in later.history] == [numbers(record) for record in straight.history]
    for name, tensor in straight.model.state_dict().items():
        assert torch.equal(later.model.state_dict()[name], tensor), name


@pytest.mark.usefixtures("_on_tape")
def test_capture_may_be_left_off_after_a_checkpoint(make_trainer, equal_batches):
    recorded, plain = (make_trainer("mwnet", config=equal_batches, capture=capture) for capture in (True, False))
    recorded.train_epoch()
    restore(to_bytes(recorded), "after an epoch", plain)
    assert plain.train_epoch().epoch == 2


REFUSED = {
    "cpu": ({}, "expected parameters on a CUDA device, got cpu"),
    "l2r": ({"method": "l2r"}, "L2R makes its weights anew"),
    "engine": ({"engine": "ghost"}, "expected engine=\"pushforward\", got 'ghost'"),
    "schedule": ({"schedule": "merged"}, "expected schedule=\"paper\", got 'merged'"),
    "micro-batches": ({"micro_batches": 2}, "expected micro_batches=1"),
    "loss": ({"loss": "ldam-drw"}, "DeferredReweighting changes with the epoch"),
    "pseudo-clean": (
        {"meta_set": "pseudo-clean", "warmup_epochs": 1, "num_test": 1597},
        "SemiSupervised changes with the epoch",
    ),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_excludes_it_is_named(make_trainer, equal_batches, options, message):
    with pytest.raises(OptionError, match=f"^--capture: .*{message}"):
        make_trainer(**{"method": "mwnet", "config": equal_batches, "capture": True, **options})


@pytest.fixture
def unequal_batches(small):
    """202 training images, in batches of 100 at most."""
    return replace(small, data=replace(small.data, num_test=1495))


def test_where_nothing_is_recorded_the_batches_do_not_matter(make_trainer, unequal_batches):
    with pytest.raises(OptionError, match=f"^--capture: .*{REFUSED['cpu'][1]}"):
        make_trainer("mwnet", config=unequal_batches, capture=True)


@pytest.mark.usefixtures("_on_tape")
def test_batches_of_two_sizes_are_refused_with_one_that_fits(make_trainer, unequal_batches):
    with pytest.raises(OptionError, match=r"^--capture: .*of one size, as 101, got 100 for 202 training images"):
        make_trainer("mwnet", config=unequal_batches, capture=True)


def test_plain_training_has_no_step_to_record():
    with pytest.raises(OptionError, match=r"^--capture: expected a method with a meta step, got --method ce"):
        Config(meta_model=MetaModelOptions("ce"), machine=MachineOptions(capture=True))


@pytest.mark.usefixtures("_on_tape")
def test_a_network_that_cannot_be_recorded_is_named(equal_batches, monkeypatch):
    def refuse(*arguments):
        raise RuntimeError("capture: a section of the step cannot be recorded")

    monkeypatch.setattr(Tapes, "_record", refuse)
    config = replace(equal_batches, machine=replace(equal_batches.machine, capture=True))
    with pytest.raises(OptionError, match=r"^--capture: a section of the step cannot be recorded"):
        check_runnable(replace(config, meta_model=MetaModelOptions("mwnet")))
