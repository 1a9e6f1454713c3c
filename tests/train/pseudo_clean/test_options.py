"""Options of the pseudo-clean meta set: the released spellings, and what is refused."""

from dataclasses import replace

import pytest

from famus_ext.train.cli import FolderOptions, Options
from famus_ext.train.command_line import parse
from famus_ext.train.config import Config, DataOptions, MetaModelOptions, OptimizerOptions
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.pseudo_clean import PseudoCleanOptions

ASKED = Config(data=DataOptions(meta_set="pseudo-clean"), meta_model=MetaModelOptions(method="mwnet"))


def test_released_spellings():
    words = "--meta-set pseudo-clean --method mwnet --warmup_epochs 3 --p_threshold 0.4 --meta_threshold 0.6 --alpha 2"
    words += " --temperature 0.7 --lambda_u 100 --ramp_epochs 8"
    default = Options(Config(), FolderOptions())
    config = parse(Options, words.split(), default=default, program="train", about="About.").config
    assert config.pseudo_clean == PseudoCleanOptions(3, 0.4, 0.6, 0.7, 2.0, 100.0, 8.0)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("warmup_epochs", 0, "--warmup-epochs: expected at least 1, got 0"),
        ("p_threshold", 1.0, r"--p-threshold: expected a number in \[0, 1\), got 1.0"),
        ("meta_threshold", -0.1, r"--meta-threshold: expected a number in \[0, 1\), got -0.1"),
        ("temperature", 0.0, "--temperature: expected a positive number, got 0.0"),
        ("alpha", float("nan"), "--alpha: expected a positive number, got nan"),
        ("lambda_u", -1.0, "--lambda-u: expected 0 or more, got -1.0"),
        ("ramp_epochs", -1.0, "--ramp-epochs: expected 0 or more, got -1.0"),
    ],
)
def test_numbers_out_of_range_are_refused(name, value, message):
    with pytest.raises(OptionError, match=message):
        PseudoCleanOptions(**{name: value})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"meta_model": MetaModelOptions(method="l2r")}, "--method: expected mwnet or ce with --meta-set pseudo-clean"),
        ({"meta_model": MetaModelOptions(method="mwnet", loss="focal")}, "--loss: expected cross-entropy with"),
        ({"meta_model": MetaModelOptions(method="mwnet", class_groups=2)}, "--class-groups: expected 1 with"),
        ({"meta_model": MetaModelOptions(method="mwnet", normalised=True)}, "--normalised: expected none with"),
        ({"optimizer": OptimizerOptions(epochs=10)}, "--warmup-epochs: expected fewer than --epochs 10, got 10"),
        (
            {"data": DataOptions(), "pseudo_clean": PseudoCleanOptions(alpha=1.0)},
            "--alpha: expected none without --meta-set pseudo-clean, got 1.0",
        ),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(changed, message):
    with pytest.raises(OptionError, match=message):
        replace(ASKED, **changed)


@pytest.mark.parametrize(("option", "size"), [("num_meta", 100), ("meta_fraction", 0.1)])
def test_clean_images_are_refused(option, size):
    with pytest.raises(OptionError, match=f"--{option.replace('_', '-')}: expected none with --meta-set pseudo-clean"):
        DataOptions(meta_set="pseudo-clean", **{option: size})


def test_plain_training_needs_no_warm_up():
    plain = replace(ASKED, meta_model=MetaModelOptions(method="ce"), optimizer=OptimizerOptions(epochs=2))
    assert plain.methods == ("ce",)
