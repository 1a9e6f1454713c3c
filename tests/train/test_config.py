"""Options: their defaults, their way through JSON, and what is refused."""

import json
from dataclasses import replace

import pytest

from famus_ext.train.config import (
    Config,
    DataOptions,
    MachineOptions,
    MetaOptions,
    OptimizerOptions,
    OptionError,
)


def test_defaults_are_the_main_job():
    config = Config()
    assert (config.data.dataset, config.data.noise_type, config.data.noise_rate) == ("digits", "symmetric", 0.6)
    assert (config.data.num_meta, config.data.num_test) == (100, 500)
    assert (config.meta.method, config.meta.sampler, config.meta.engine) == ("l2r", "gumbel", "pushforward")
    assert (config.optimizer.epochs, config.seeds, config.methods) == (50, (0,), ("ce", "l2r"))
    assert (config.optimizer.lr, config.optimizer.momentum, config.optimizer.lr_milestones) == (0.1, 0.9, (40,))


@pytest.mark.parametrize(
    ("method", "baseline", "methods"),
    [
        ("l2r", True, ("ce", "l2r")),
        ("mwnet", True, ("ce", "mwnet")),
        ("l2r", False, ("l2r",)),
        ("ce", True, ("ce",)),
        ("ce", False, ("ce",)),
    ],
)
def test_baseline_comes_first_and_once(method, baseline, methods):
    assert Config(meta=MetaOptions(method=method), baseline=baseline).methods == methods


def test_json_brings_the_same_options_back():
    config = Config(
        data=DataOptions(noise_type="pairflip", noise_rate=0.4),
        meta=MetaOptions(method="mwnet", sampler="last", last_layers=2),
        optimizer=OptimizerOptions(epochs=7, lr_milestones=(3, 5)),
        machine=MachineOptions(device="cpu", threads=2),
        seeds=(3, 1),
        baseline=False,
    )
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(("group", "name"), [(None, "seeds"), ("meta", "method")])
def test_options_of_another_version_are_refused(group, name):
    options = Config().to_dict()
    del (options[group] if group else options)[name]
    with pytest.raises(OptionError, match=rf"another version's: missing \['{name}'\]"):
        Config.from_dict(options)
    options = Config().to_dict()
    (options[group] if group else options)["surprise"] = 1
    with pytest.raises(OptionError, match=r"unknown \['surprise'\]"):
        Config.from_dict(options)


def test_stored_value_of_the_wrong_kind_is_refused():
    options = Config().to_dict()
    options["optimizer"]["epochs"] = "many"
    with pytest.raises(OptionError, match="a stored option has a value of the wrong kind"):
        Config.from_dict(options)


@pytest.mark.parametrize(
    ("options", "name", "value", "message"),
    [
        (DataOptions, "noise_rate", 1.5, r"--noise-rate: expected a number in \[0, 1\], got 1.5"),
        (DataOptions, "noise_rate", float("nan"), "--noise-rate"),
        (DataOptions, "num_meta", 0, "--num-meta: expected at least 1, got 0"),
        (DataOptions, "num_test", 0, "--num-test"),
        (MetaOptions, "expected_layers", 0.0, "--expected-layers: expected a positive number"),
        (MetaOptions, "last_layers", 0, "--last-layers"),
        (MetaOptions, "meta_batch_size", 0, "--meta-batch-size"),
        (MetaOptions, "meta_lr", float("inf"), "--meta-lr"),
        (MetaOptions, "gate_lr", -0.1, "--gate-lr"),
        (OptimizerOptions, "epochs", 0, "--epochs"),
        (OptimizerOptions, "batch_size", 0, "--batch-size"),
        (OptimizerOptions, "lr", 0.0, "--lr"),
        (OptimizerOptions, "momentum", 1.0, r"--momentum: expected a number in \[0, 1\), got 1.0"),
        (OptimizerOptions, "weight_decay", -1.0, "--weight-decay: expected 0 or more"),
        (OptimizerOptions, "lr_milestones", (0,), "--lr-milestones"),
        (MachineOptions, "threads", 0, "--threads"),
        (Config, "seeds", (), "--seeds: expected at least one seed"),
        (Config, "seeds", (-1,), "--seeds: expected numbers of at least 0"),
        (Config, "seeds", (1, 1), "--seeds: expected different numbers"),
    ],
)
def test_bad_options_are_refused(options, name, value, message):
    with pytest.raises(OptionError, match=message):
        replace(options(), **{name: value})
