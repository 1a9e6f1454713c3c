"""The options of an experiment: frozen dataclasses, checked when made.

The attributes' docstrings are the command line's help. The defaults are the main job: L2R with FaMUS's Gumbel sampler
on digits with 60 % symmetric noise, beside plain cross-entropy.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Annotated, Any, Literal

import tyro

from famus_ext.data import NoiseType
from famus_ext.engine.meta_grad import Engine

Method = Literal["ce", "mwnet", "l2r"]
Sampler = Literal["all", "last", "gumbel"]
Device = Literal["auto", "cpu", "cuda"]


class OptionError(ValueError):
    """An option that cannot be used; the message names it as the command line spells it."""


@dataclass(frozen=True)
class DataOptions:
    """Data and label noise."""

    dataset: Literal["digits"] = "digits"
    """Data set. digits: 1,797 grey 8x8 images of scikit-learn, 10 classes."""
    noise_type: NoiseType = "symmetric"
    """A changed label is any class, the true one included (symmetric), any other (symmetric-excluding) or the next."""
    noise_rate: float = 0.6
    """p, the probability that a label is changed. symmetric makes p(1 - 1/C) of them wrong. Printed."""
    num_meta: int = 100
    """Clean meta images, balanced over the classes, taken out before the corruption."""
    num_test: int = 500
    """Clean test images."""

    def __post_init__(self) -> None:
        _require(0.0 <= self.noise_rate <= 1.0, "--noise-rate", "a number in [0, 1]", self.noise_rate)
        _require(self.num_meta >= 1, "--num-meta", "at least 1", self.num_meta)
        _require(self.num_test >= 1, "--num-test", "at least 1", self.num_test)


@dataclass(frozen=True)
class MetaOptions:
    """Meta model and gradient sampler."""

    method: Method = "l2r"
    """ce: plain cross-entropy; mwnet: Meta-Weight-Net; l2r: Learning to Reweight."""
    sampler: Sampler = "gumbel"
    """Layers whose meta gradient is kept. all; last: the last few (--last-layers); gumbel: FaMUS's learned gates."""
    expected_layers: float = 2.0
    """K, the number of layers that the gumbel sampler is drawn to keep active."""
    last_layers: int = 1
    """Layers that --sampler last keeps."""
    engine: Engine = "pushforward"
    """pushforward: exact and fast; double_backward: exact, the paper's own way; finite_difference: approximate."""
    meta_batch_size: int = 100
    """Meta images a step; all of them where there are fewer."""
    meta_lr: float = 0.03
    """Learning rate of the meta model's parameters (SGD); L2R has none. The paper's 1e-3 is for far longer runs."""
    gate_lr: float = 0.1
    """Learning rate of the gumbel sampler's parameters (SGD, momentum 0.9)."""

    def __post_init__(self) -> None:
        _require(_positive(self.expected_layers), "--expected-layers", "a positive number", self.expected_layers)
        _require(self.last_layers >= 1, "--last-layers", "at least 1", self.last_layers)
        _require(self.meta_batch_size >= 1, "--meta-batch-size", "at least 1", self.meta_batch_size)
        _require(_positive(self.meta_lr), "--meta-lr", "a positive number", self.meta_lr)
        _require(_positive(self.gate_lr), "--gate-lr", "a positive number", self.gate_lr)


@dataclass(frozen=True)
class OptimizerOptions:
    """Optimizer of the network (SGD) and its schedule, the same for every method."""

    epochs: Annotated[int, tyro.conf.arg(aliases=("--num-epochs",))] = 50
    """Passes over the training set."""
    batch_size: Annotated[int, tyro.conf.arg(aliases=("--bs", "-b"))] = 100
    """Training images a step, at most; an epoch's batches are nearly equal."""
    lr: Annotated[float, tyro.conf.arg(aliases=("--learning-rate",))] = 0.1
    """Learning rate α, of the network and of the virtual step."""
    momentum: float = 0.9
    """Momentum, in [0, 1)."""
    weight_decay: Annotated[float, tyro.conf.arg(aliases=("--wd",))] = 0.0
    """Weight decay."""
    lr_milestones: tuple[int, ...] = (40,)
    """Epochs after which the learning rate is divided by 10."""

    def __post_init__(self) -> None:
        _require(self.epochs >= 1, "--epochs", "at least 1", self.epochs)
        _require(self.batch_size >= 1, "--batch-size", "at least 1", self.batch_size)
        _require(_positive(self.lr), "--lr", "a positive number", self.lr)
        _require(0.0 <= self.momentum < 1.0, "--momentum", "a number in [0, 1)", self.momentum)
        _require(
            math.isfinite(self.weight_decay) and self.weight_decay >= 0.0,
            "--weight-decay",
            "0 or more",
            self.weight_decay,
        )
        _require(all(epoch >= 1 for epoch in self.lr_milestones), "--lr-milestones", "at least 1", self.lr_milestones)


@dataclass(frozen=True)
class MachineOptions:
    """Where it runs."""

    device: Device = "auto"
    """auto: cuda where a GPU can be used, else cpu."""
    threads: int = 1
    """Threads of the CPU kernels. One is fastest for a small network, and the same numbers on any number of cores."""

    def __post_init__(self) -> None:
        _require(self.threads >= 1, "--threads", "at least 1", self.threads)


@dataclass(frozen=True)
class Config:
    """Everything that decides the numbers of an experiment.

    Raises:
        OptionError: for an option that cannot be used.
    """

    data: DataOptions = field(default_factory=DataOptions)
    meta: MetaOptions = field(default_factory=MetaOptions)
    optimizer: OptimizerOptions = field(default_factory=OptimizerOptions)
    machine: MachineOptions = field(default_factory=MachineOptions)
    seeds: Annotated[tuple[int, ...], tyro.conf.arg(aliases=("--seed",))] = (0,)
    """One run of every method a seed; split, noise, initial weights and batches follow from it."""
    baseline: bool = True
    """Also train by plain cross-entropy, on the same data, network, schedule and seeds."""

    def __post_init__(self) -> None:
        _require(len(self.seeds) >= 1, "--seeds", "at least one seed", self.seeds)
        _require(all(seed >= 0 for seed in self.seeds), "--seeds", "numbers of at least 0", self.seeds)
        _require(len(set(self.seeds)) == len(self.seeds), "--seeds", "different numbers", self.seeds)

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods to train, the baseline first."""
        return ("ce", self.meta.method) if self.baseline and self.meta.method != "ce" else (self.meta.method,)

    def to_dict(self) -> dict[str, Any]:
        """The options as plain dicts and lists, fit for JSON."""
        options = asdict(self)
        options["seeds"] = list(self.seeds)
        options["optimizer"]["lr_milestones"] = list(self.optimizer.lr_milestones)
        return options

    def numeric_options(self) -> dict[str, Any]:
        """The options that decide a run's numbers up to any given epoch, by name: not the epochs, nor the machine."""
        options = self.to_dict()
        named = {**options["data"], **options["meta"], **options["optimizer"]}
        del named["epochs"]
        return named

    @classmethod
    def from_dict(cls, options: dict[str, Any]) -> Config:
        """The inverse of `to_dict`.

        Raises:
            OptionError: when the names are not this version's, or a value cannot be used.
        """
        groups = {
            "data": DataOptions,
            "meta": MetaOptions,
            "optimizer": OptimizerOptions,
            "machine": MachineOptions,
        }
        values = dict(options)
        for name, group in groups.items():
            values[name] = _from_dict(group, values.get(name, {}))
        config: Config = _from_dict(cls, values)
        return config


def _from_dict(cls: type[Any], values: dict[str, Any]) -> Any:
    """A dataclass of `values`, whose names must be its fields' names; lists become tuples."""
    expected, got = {entry.name for entry in fields(cls)}, set(values)
    if expected != got:
        raise OptionError(
            f"the stored options are another version's: missing {sorted(expected - got)}, "
            f"unknown {sorted(got - expected)}"
        )
    try:
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
    except TypeError as error:
        raise OptionError(f"a stored option has a value of the wrong kind: {error}") from error


def _positive(value: float) -> bool:
    return math.isfinite(value) and value > 0.0


def _require(holds: bool, option: str, expected: str, got: object) -> None:
    """Raises `OptionError` unless `holds`."""
    if not holds:
        raise OptionError(f"{option}: expected {expected}, got {got}")
