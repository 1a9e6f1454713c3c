"""Options as other papers' code spells them: each means ours, or says what to do instead."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from famus_ext.train.cli import FolderOptions, Options
from famus_ext.train.command_line import parse
from famus_ext.train.config import GROUPS, Config
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.spellings import INSTEAD, SPELLINGS, VALUES, translated

DOCUMENT = Path(__file__).parents[3] / "docs" / "options.md"
THEIRS = {
    "MW-Net": """dataset corruption_prob corruption_type num_meta epochs iters start-epoch batch_size lr learning-rate
        momentum nesterov weight-decay wd print-freq layers widen-factor droprate no-augment resume name seed
        prefetch""",
    "FaMUS": """num_meta epochs batch-size lr meta_lr momentum nesterov weight-decay print-freq widen-factor layers name
        seed step1 step2 network top_k num_act mse_factor act_factor go_lr split out_root
        warmup warmup_epochs p_threshold meta_threshold alpha regularization lambda_u rampup_length""",
    "DivideMix": """batch_size lr learning_rate noise_mode T num_epochs r id seed gpuid num_class data_path dataset
        alpha lambda_u p_threshold""",
    "MLC": """dataset method seed data_seed epochs num_iterations every bs test_bs gold_bs cls_dim grad_clip momentum
        main_lr meta_lr optimizer opt_eps wdecay corruption_type corruption_level gold_fraction sparsemax tie
        runid queue_size gradient_steps data_path nosgdr prefetch logdir local_rank""",
    "LDAM-DRW": """dataset arch loss_type imb_type imb_factor train_rule rand_number exp_str workers epochs start-epoch
        batch-size lr momentum wd print-freq resume evaluate pretrained seed gpu""",
}
OURS = {
    f"--{name.replace('_', '-')}"
    for kind in (FolderOptions, Config, *GROUPS.values())
    for name in (field.name for field in fields(kind))
    if name not in GROUPS
}


def parsed(*words):
    default = Options(Config(), FolderOptions())
    return parse(Options, words, default=default, program="train", about="About.").config


@pytest.mark.parametrize("code", THEIRS)
def test_every_option_of_other_code_is_ours_or_says_what_to_do_instead(code):
    theirs = {f"--{name.replace('_', '-')}" for name in THEIRS[code].split()}
    assert theirs - OURS - SPELLINGS.keys() - INSTEAD.keys() == set()


def test_no_spelling_means_two_things():
    assert OURS & (SPELLINGS.keys() | INSTEAD.keys()) == set()
    assert SPELLINGS.keys() & INSTEAD.keys() == set()
    assert {option for option in SPELLINGS.values() if not option.startswith("--no-")} <= OURS
    assert VALUES.keys() <= OURS


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("--corruption_type unif --corruption_prob 0.4", "--noise-type symmetric --noise-rate 0.4"),
        ("-ctype flip2 -b 64 -j 2", "--noise-type flip2 --batch-size 64 --workers 2"),
        ("--noise_mode=asym --r=.2", "--noise-type=asymmetric --noise-rate=.2"),
        ("--split red_noise_nl_0.4 --network PreActResNet18", "--dataset cnwl-red-0.4 --network preact-resnet-18"),
        ("--imb_type exp --imb_factor 0.01", "--tail-profile exponential --imbalance 0.01"),
        ("--gold_fraction 0.02 --main_lr 1e-3", "--meta-fraction 0.02 --lr 1e-3"),
        ("--top_k 15 --num_act 4 --go_lr .1", "--candidates 15 --expected-layers 4 --gate-lr .1"),
        ("--seed 1 2 --no-augment", "--seeds 1 2 --no-augmentation"),
        ("--data_path unif --block -1", "--data-path unif --block -1"),
    ],
)
def test_a_command_line_in_ours(words, meant):
    assert translated(words.split()) == meant.split()


def test_options_of_a_paper_reach_the_experiment():
    config = parsed("--dataset=cifar100", "--corruption_type=unif", "--corruption_prob=0.4", "--wd=5e-4", "--seed=7")
    assert (config.data.dataset, config.data.noise) == ("cifar100", ("symmetric", 0.4))
    assert (config.optimizer.weight_decay, config.seeds) == (5e-4, (7,))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("--unroll_steps", "--unroll_steps: not an option here; the meta gradient looks one virtual step ahead"),
        ("--gpuid", "--gpuid: not an option here; choose it by CUDA_VISIBLE_DEVICES"),
        ("-p", "-p: not an option here; an epoch is a line"),
        ("--name=x", "--name: not an option here; name the folder of the results: --out"),
    ],
)
def test_what_has_no_counterpart_is_refused(word, message):
    with pytest.raises(OptionError, match=message):
        translated([word, "1"])


@pytest.mark.parametrize("words", ["--baseline False", "--baseline=False", "--augmentation true", "--normalised=1"])
def test_a_switch_takes_no_value(words):
    option = re.match(r"--\w+", words)[0]
    with pytest.raises(OptionError, match=rf"{option}: takes no value, got .*; write {option} or --no-"):
        parsed(*words.split())


def test_a_switch_before_other_options():
    config = parsed("--no-baseline", "--recompute", "--dataset", "digits")
    assert (config.baseline, config.schedule.recompute) == (False, True)


def test_an_unknown_option_suggests_the_nearest(capsys):
    with pytest.raises(SystemExit):
        parsed("--noise-rat", "0.1")
    assert "--noise-rate FLOAT" in capsys.readouterr().err


def documented():
    """The rows of the page's tables, each two cells."""
    written = re.sub(r"`-([bjp])`", r"`--\1`", DOCUMENT.read_text(encoding="utf-8"))
    return [(row.split("|")[1], row.split("|")[2].strip()) for row in written.splitlines() if row.startswith("| `")]


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_is_documented(name):
    assert any(cell.strip() == f"`{SPELLINGS[name]}`" and f"`{name}`" in names for cell, names in documented())


@pytest.mark.parametrize("name", INSTEAD)
def test_every_refusal_is_documented(name):
    assert any(f"`{name}`" in names and reason == INSTEAD[name] for names, reason in documented())
