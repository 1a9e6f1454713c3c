"""`--meta-model-from`: what a run begins with, keeps, and refuses."""

import pytest
import torch
from train.command import records, train
from train.conftest import SMALL, with_options

from famus_ext.inspection.trial import Trial
from famus_ext.train.assembly.data import make_data
from famus_ext.train.config import Config, DataOptions, MetaModelOptions
from famus_ext.train.experiment import make_trainer
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.check import OptionError


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A finished run of MW-Net."""
    folder = tmp_path_factory.mktemp("learned") / "run"
    options = ("--method", "mwnet", "--sampler", "last", "--meta-lr", "1", "--seeds", "0", "1", "--no-baseline")
    assert train(*options, "--out", folder) == 0
    return folder


def trainer(path, seed=0, **options):
    config = with_options(SMALL, meta_model_from=str(path), **{"method": "mwnet", "sampler": "last"} | options)
    return make_trainer(config, config.method, seed, make_data(config.data, seed), torch.device("cpu"))


def trial(path, **options):
    """What `inspect` makes of the same options."""
    config = with_options(SMALL, meta_model_from=str(path), **{"method": "mwnet", "sampler": "last"} | options)
    return Trial(config, config.method, make_data(config.data, 0), torch.device("cpu"))


def functions(folder):
    return {(r["seed"], r["epoch"]): r["weight_function"] for r in records(folder) if r["method"] == "mwnet"}


@pytest.mark.parametrize(("rate", "kept"), [("0", True), ("1", False)])
def test_other_data_are_weighted_by_the_function_that_was_learned(learned, tmp_path, rate, kept):
    """The baseline has no meta model, and seed 5 takes that of the first seed there was."""
    options = ("--method", "mwnet", "--sampler", "last", "--imbalance", "2", "--seeds", "5", "1", "--meta-lr", rate)
    assert train(*options, "--epochs", "1", "--meta-model-from", learned, "--out", tmp_path / "run") == 0
    before, after = functions(learned), functions(tmp_path / "run")
    assert before[0, 2] != before[1, 2]
    assert (after[5, 1] == before[0, 2]) == (after[1, 1] == before[1, 2]) == kept


def test_groups_of_classes_are_those_of_the_data_at_hand(tmp_path):
    groups = ("--method", "mwnet", "--class-groups", "2", "--sampler", "last", "--no-baseline", "--epochs", "1")
    assert train(*groups, "--imbalance", "5", "--out", tmp_path / "run") == 0
    own, taken = (trainer(tmp_path / "run", class_groups=2, seed=seed).step.meta_model for seed in (0, 3))
    assert torch.equal(own.net[0].weight, taken.net[0].weight)
    assert own.class_groups.tolist() != taken.class_groups.tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "mlc"}, "expected a run of mlc, got mwnet"),
        ({"class_groups": 2}, r"net\.2\.weight: expected a tensor of shape \[2, 100\], got \[1, 100\]"),
    ],
)
@pytest.mark.parametrize("made", [trainer, trial])
def test_another_method_or_size_is_refused(learned, options, message, made):
    with pytest.raises(OptionError, match=rf"--meta-model-from .*{message}"):
        made(learned, **options)


def test_inspect_takes_its_steps_with_what_was_learned(learned):
    ours, taken = (made(learned).step.meta_model.state_dict() for made in (trainer, trial))
    assert all(torch.equal(ours[name], taken[name]) for name in ours)


def test_what_is_no_finished_run_is_refused(tmp_path):
    with pytest.raises(OptionError, match=r"--meta-model-from .*no experiment"):
        trainer(tmp_path / "nowhere")
    RunFolder.create(tmp_path / "begun", with_options(SMALL, method="mwnet"))
    with pytest.raises(OptionError, match="expected a finished run, got one that is not"):
        trainer(tmp_path / "begun")
    RunFolder(tmp_path / "begun").summary.write_text("{}")
    RunFolder(tmp_path / "begun").metrics.path.touch()
    with pytest.raises(OptionError, match="no checkpoint of seed 0 is left"):
        trainer(tmp_path / "begun")


@pytest.mark.parametrize("method", ["ce", "l2r"])
def test_methods_without_a_lasting_meta_model_take_none(method):
    with pytest.raises(OptionError, match=f"--meta-model-from: expected --method mwnet, .*, got {method}"):
        MetaModelOptions(method=method, meta_model_from="run")


def test_a_rate_of_0_is_for_a_meta_model_that_is_given():
    assert MetaModelOptions(method="mwnet", meta_model_from="run", meta_lr=0.0).theta_lr == 0.0
    with pytest.raises(OptionError, match="--meta-lr: expected a positive number, got 0"):
        MetaModelOptions(method="mwnet", meta_lr=0.0)
    with pytest.raises(OptionError, match="--meta-model-from: expected none with --meta-set pseudo-clean"):
        Config(data=DataOptions(meta_set="pseudo-clean"), meta_model=MetaModelOptions("mwnet", meta_model_from="run"))
