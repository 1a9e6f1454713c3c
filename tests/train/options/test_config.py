"""Options: their defaults, their way through JSON, and what is refused."""

import json
from dataclasses import replace

import pytest

from famus_ext.train.config import (
    Config,
    DataOptions,
    MachineOptions,
    MetaModelOptions,
    OptimizerOptions,
    SamplerOptions,
    ScheduleOptions,
)
from famus_ext.train.options.check import OptionError


def test_defaults_are_the_main_job():
    config = Config()
    assert (config.data.dataset, config.data.noise) == ("digits", ("symmetric", 0.6))
    assert (config.data.num_meta, config.data.num_test, config.data.imbalance) == (None, None, None)
    assert (config.method, config.sampler.sampler, config.schedule.engine) == ("l2r", "gumbel", "pushforward")
    assert (config.schedule.schedule, config.schedule.meta_every) == ("paper", 1)
    assert (config.optimizer.epochs, config.seeds, config.methods) == (50, (0,), ("ce", "l2r"))
    assert (config.optimizer.lr, config.optimizer.momentum, config.optimizer.lr_milestones) == (0.1, 0.9, (40,))


@pytest.mark.parametrize(
    ("method", "baseline", "methods"),
    [
        ("l2r", True, ("ce", "l2r")),
        ("mlc", True, ("ce", "mlc")),
        ("l2r", False, ("l2r",)),
        ("ce", True, ("ce",)),
        ("ce", False, ("ce",)),
    ],
)
def test_baseline_comes_first_and_once(method, baseline, methods):
    assert Config(meta_model=MetaModelOptions(method=method), baseline=baseline).methods == methods


def test_json_brings_the_same_options_back():
    config = Config(
        data=DataOptions(dataset="fashion-mnist", data_path="there", num_train=5000, imbalance=0.01, noise_rate=0.0),
        meta_model=MetaModelOptions(method="mwnet", loss="ldam-drw", drw_start=2, class_groups=3, normalised=True),
        sampler=SamplerOptions(sampler="block", block="blocks.1", candidates=4, lambda_g=0.0),
        schedule=ScheduleOptions(schedule="merged", meta_every=3, micro_batches=2),
        optimizer=OptimizerOptions(network="resnet-32", epochs=7, lr_milestones=(3, 5), clip_norm=1.0),
        machine=MachineOptions(device="cpu", threads=2),
        seeds=(3, 1),
        baseline=False,
    )
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(("group", "name"), [(None, "seeds"), ("meta_model", "method"), ("schedule", "engine")])
def test_options_of_another_version_are_refused(group, name):
    options = Config().to_dict()
    del (options[group] if group else options)[name]
    with pytest.raises(OptionError, match=rf"another version's, or damaged: missing \['{name}'\]"):
        Config.from_dict(options)
    options = Config().to_dict()
    (options[group] if group else options)["surprise"] = 1
    with pytest.raises(OptionError, match=r"unknown \['surprise'\]"):
        Config.from_dict(options)


@pytest.mark.parametrize(
    ("group", "name"), [("machine", "capture"), ("recovery", "keep_checkpoints"), ("log", "quiet")]
)
def test_an_option_that_changes_no_number_may_be_newer_than_the_file(group, name):
    options = Config().to_dict()
    del options[group][name]
    assert Config.from_dict(options) == Config()


def test_stored_value_of_the_wrong_kind_is_refused():
    options = Config().to_dict()
    options["optimizer"]["epochs"] = "many"
    with pytest.raises(OptionError, match=r"optimizer .*epochs: a value of the wrong kind: 'many'"):
        Config.from_dict(options)


def test_numeric_options_are_all_but_epochs_machine_and_path():
    options = Config().to_dict()
    groups = ("data", "pseudo_clean", "meta_model", "sampler", "schedule", "optimizer")
    names = [name for group in groups for name in options[group]]
    assert len(names) == len(set(names))  # one flat name space on the command line
    assert set(Config().numeric_options()) == set(names) - {"epochs", "data_path", "noise_file", "workers"}


@pytest.mark.parametrize(
    ("options", "name", "value", "message"),
    [
        (DataOptions, "noise_rate", 1.5, r"--noise-rate: expected a number in \[0, 1\], got 1.5"),
        (DataOptions, "noise_rate", float("nan"), "--noise-rate"),
        (DataOptions, "num_train", 0, "--num-train: expected at least 1, got 0"),
        (DataOptions, "num_meta", 0, "--num-meta: expected at least 1, got 0"),
        (DataOptions, "num_test", 0, "--num-test"),
        (DataOptions, "imbalance", -1.0, "--imbalance: expected a positive number, got -1.0"),
        (DataOptions, "data_path", "there", "--data-path: expected none, since digits come with scikit-learn"),
        (MetaModelOptions, "class_groups", 0, "--class-groups: expected at least 1"),
        (MetaModelOptions, "class_groups", 2, "--class-groups: an option of --method mwnet, got --method l2r"),
        (MetaModelOptions, "normalised", True, "--normalised: an option of --method mwnet, got --method l2r"),
        (MetaModelOptions, "drw_start", -1, "--drw-start: expected 0 or more"),
        (MetaModelOptions, "drw_start", 1, "--drw-start: an option of --loss ldam-drw, got --loss cross-entropy"),
        (MetaModelOptions, "mlc_floor", 1.0, r"--mlc-floor: expected a number in \[1e-18, 1\), got 1.0"),
        (MetaModelOptions, "meta_batch_size", 0, "--meta-batch-size"),
        (MetaModelOptions, "meta_lr", float("inf"), "--meta-lr"),
        (SamplerOptions, "expected_layers", 0.0, "--expected-layers: expected a positive number"),
        (SamplerOptions, "last_layers", 0, "--last-layers"),
        (SamplerOptions, "random_layers", 0, "--random-layers"),
        (SamplerOptions, "threshold_share", 1.5, r"--threshold-share: expected a number in \(0, 1\], got 1.5"),
        (SamplerOptions, "candidates", 0, "--candidates"),
        (SamplerOptions, "gate_lr", -0.1, "--gate-lr"),
        (SamplerOptions, "lambda_r", -0.1, "--lambda-r: expected 0 or more"),
        (SamplerOptions, "lambda_g", float("nan"), "--lambda-g"),
        (ScheduleOptions, "meta_every", 0, "--meta-every"),
        (ScheduleOptions, "micro_batches", 0, "--micro-batches"),
        (OptimizerOptions, "epochs", 0, "--epochs"),
        (OptimizerOptions, "batch_size", 0, "--batch-size"),
        (OptimizerOptions, "lr", 0.0, "--lr"),
        (OptimizerOptions, "momentum", 1.0, r"--momentum: expected a number in \[0, 1\), got 1.0"),
        (OptimizerOptions, "weight_decay", -1.0, "--weight-decay: expected 0 or more"),
        (OptimizerOptions, "lr_milestones", (0,), "--lr-milestones"),
        (OptimizerOptions, "clip_norm", 0.0, "--clip-norm: expected a positive number, got 0.0"),
        (MachineOptions, "threads", 0, "--threads"),
        (Config, "seeds", (), "--seeds: expected at least one seed"),
        (Config, "seeds", (-1,), "--seeds: expected numbers of at least 0"),
        (Config, "seeds", (1, 1), "--seeds: expected different numbers"),
    ],
)
def test_bad_options_are_refused(options, name, value, message):
    with pytest.raises(OptionError, match=message):
        replace(options(), **{name: value})


@pytest.mark.parametrize(
    ("method", "asked", "rate"), [("mwnet", None, 0.03), ("mlc", None, 0.3), ("mlc", 0.1, 0.1), ("mwnet", 0.1, 0.1)]
)
def test_learning_rate_of_theta_is_the_methods_unless_asked_for(method, asked, rate):
    assert MetaModelOptions(method=method, meta_lr=asked).theta_lr == rate


@pytest.mark.parametrize("method", ["mlc", "label-correction"])
def test_loss_of_a_method_that_corrects_labels_is_cross_entropy(method):
    with pytest.raises(OptionError, match=f"--loss focal: not with --method {method}"):
        MetaModelOptions(method=method, loss="focal")
