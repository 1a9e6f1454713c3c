"""How the code of other papers spells the options, and what it is called here; docs/options.md is the table for people.

MW-Net (xjtushujun/meta-weight-net), FaMUS (youjiangxu/FaMUS), DivideMix (LiJunnan1992), MLC (microsoft), CMW-Net, PLC,
LDAM-DRW (kaidic), Co-teaching, SELFIE, ELR, CIFAR-N and the meta-weight nets of betty and ShiYunyi.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from famus_ext.train.options.check import OptionError

SPELLINGS = {
    "--T": "--temperature",
    "--arch": "--network",
    "--b": "--batch-size",
    "--bs": "--batch-size",
    "--act-factor": "--lambda-r",
    "--corruption-level": "--noise-rate",
    "--corruption-prob": "--noise-rate",
    "--corruption-ratio": "--noise-rate",
    "--corruption-type": "--noise-type",
    "--ctype": "--noise-type",
    "--data-root": "--data-path",
    "--go-lr": "--gate-lr",
    "--gold-bs": "--meta-batch-size",
    "--gold-fraction": "--meta-fraction",
    "--grad-clip": "--clip-norm",
    "--imb-factor": "--imbalance",
    "--imb-type": "--tail-profile",
    "--imbalanced-factor": "--imbalance",
    "--j": "--workers",
    "--learning-rate": "--lr",
    "--logdir": "--out",
    "--loss-type": "--loss",
    "--main-lr": "--lr",
    "--max-epoch": "--epochs",
    "--meta-interval": "--meta-every",
    "--mse-factor": "--lambda-g",
    "--n-epoch": "--epochs",
    "--no-augment": "--no-augmentation",
    "--noise-label-file": "--noise-file",
    "--noise-mode": "--noise-type",
    "--noise-path": "--noise-file",
    "--num-act": "--expected-layers",
    "--num-epochs": "--epochs",
    "--num-workers": "--workers",
    "--out-root": "--out",
    "--percent": "--noise-rate",
    "--prefetch": "--workers",
    "--r": "--noise-rate",
    "--rampup-length": "--ramp-epochs",
    "--result-dir": "--out",
    "--save-dir": "--out",
    "--seed": "--seeds",
    "--split": "--dataset",
    "--top-k": "--candidates",
    "--wd": "--weight-decay",
    "--wdecay": "--weight-decay",
}
"""Theirs -> ours, with the same values but for those of `VALUES`. -b and the like are read as --b."""

_CUDA = "choose it by CUDA_VISIBLE_DEVICES, and --device cuda where a run must not fall back to the CPU"
_LOOK_AHEAD = "the meta gradient looks one virtual step ahead, as in FaMUS, Eq. 3"
_NAME = "name the folder of the results: --out runs/NAME"
_MLC_NET = "the transition matrix is learned itself, with no network that makes it"
_DEPTH = "the network's name says it: --network wrn-28-10"
_MILESTONES = "write both epochs at once: --lr-milestones 40 80"

INSTEAD = {
    "--asym": "write --noise-type asymmetric",
    "--cls-dim": _MLC_NET,
    "--data-seed": "--seeds decides split, noise, weights and batches, each by a random stream of its own",
    "--droprate": "the networks here have no dropout; --network package.module:callable takes one that has",
    "--evaluate": "the test set is looked at after every epoch; metrics.jsonl has the accuracies",
    "--every": "the test set is looked at after every epoch",
    "--exp-name": _NAME,
    "--exp-str": _NAME,
    "--gpu": _CUDA,
    "--gpuid": _CUDA,
    "--gpus": f"{_CUDA}; several: torchrun --nproc-per-node N -m famus_ext train",
    "--gradient-steps": _LOOK_AHEAD,
    "--id": _NAME,
    "--is-human": "write --noise-type file --noise-file CIFAR-10_human.pt --noise-key worst",
    "--iters": "write --epochs, the passes over the training set",
    "--layers": _DEPTH,
    "--local-rank": "torchrun tells every process its rank",
    "--name": _NAME,
    "--nesterov": "the network's optimizer is SGD with --momentum; MetaStep takes any other in a loop of your own",
    "--no-cuda": "write --device cpu",
    "--nosgdr": "the learning rate falls at --lr-milestones alone",
    "--num-class": "it is counted in the data",
    "--num-classes": "it is counted in the data",
    "--num-iterations": "write --epochs, the passes over the training set",
    "--opt-eps": "the network's optimizer is SGD",
    "--optimizer": "the network's optimizer is SGD; MetaStep takes any other in a loop of your own",
    "--p": "an epoch is a line, a terminal has a bar too, and metrics.jsonl keeps everything",
    "--pretrained": "write --network package.module:callable, of a function that loads the weights",
    "--print-freq": "an epoch is a line, a terminal has a bar too, and metrics.jsonl keeps everything",
    "--queue-size": "every meta step is taken by itself",
    "--regularization": "the penalty on the mean prediction belongs to --meta-set pseudo-clean",
    "--rand-number": "--seeds decides the tail too",
    "--runid": _NAME,
    "--sparsemax": _MLC_NET,
    "--start-epoch": "write --resume FOLDER, which knows the epoch",
    "--step1": _MILESTONES,
    "--step2": _MILESTONES,
    "--test-bs": "it changes no number; the test set is looked at in batches of its own",
    "--tie": _MLC_NET,
    "--train-rule": "write --loss class-balanced (Reweight) or ldam-drw (DRW)",
    "--unroll-steps": _LOOK_AHEAD,
    "--warmup": "write --warmup-epochs, of --meta-set pseudo-clean",
    "--widen-factor": _DEPTH,
}
"""Theirs that have no counterpart -> what to do instead."""

_CNWL_RATES = ("0.0", "0.05", "0.1", "0.15", "0.2", "0.3", "0.4", "0.5", "0.6", "0.8")
VALUES: dict[str, dict[str, str]] = {
    "--dataset": {f"{colour}_noise_nl_{r}": f"cnwl-{colour}-{r}" for colour in ("red", "blue") for r in _CNWL_RATES},
    "--loss": {"CE": "cross-entropy", "Focal": "focal", "LDAM": "ldam"},
    "--network": {"PreActResNet18": "preact-resnet-18", "resnet32": "resnet-32"},
    "--noise-type": {"unif": "symmetric", "sym": "symmetric", "asym": "asymmetric"},
    "--tail-profile": {"exp": "exponential"},
}
"""Our option -> their values -> ours."""

_OPTION = re.compile(r"--?[A-Za-z][\w-]*")


def translated(arguments: Sequence[str]) -> list[str]:
    """A command line in our spelling: underscores are dashes, and the options and values of others are ours.

    Raises:
        OptionError: for an option of others that has no counterpart, saying what to do instead.
    """
    words: list[str] = []
    option = ""
    for word in arguments:
        name, equals, value = word.partition("=")
        if _OPTION.fullmatch(name):
            option = our_option(name)
            words.append(option + equals + our_value(option, value))
        else:
            words.append(our_value(option, word))
    return words


def our_option(name: str) -> str:
    """An option as it is called here; one that nobody knows is left as it is but for its underscores.

    Raises:
        OptionError: see `translated`.
    """
    known = "--" + name.lstrip("-").replace("_", "-")
    if known in INSTEAD:
        raise OptionError(f"{name}: not an option here; {INSTEAD[known]}")
    if known in SPELLINGS:
        return SPELLINGS[known]
    return known if name.startswith("--") else name


def our_value(option: str, value: str) -> str:
    """A value of one of our options as it is called here."""
    return VALUES.get(option, {}).get(value, value)
