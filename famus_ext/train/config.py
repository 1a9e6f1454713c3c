"""The configuration of an experiment: its options by group, and their way through JSON.

The defaults are the main job: L2R with FaMUS's Gumbel sampler on digits with 60 % symmetric noise, beside plain
cross-entropy.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from famus_ext.train.options.check import OptionError, require
from famus_ext.train.options.data import DataOptions
from famus_ext.train.options.log import LogOptions
from famus_ext.train.options.machine import MachineOptions
from famus_ext.train.options.meta_model import MetaModelOptions, Method
from famus_ext.train.options.optimizer import OptimizerOptions
from famus_ext.train.options.pseudo_clean import PseudoCleanOptions, check_pseudo_clean
from famus_ext.train.options.recovery import RecoveryOptions
from famus_ext.train.options.sampler import SamplerOptions
from famus_ext.train.options.schedule import ScheduleOptions
from famus_ext.train.typed import from_plain

Stored = TypeVar("Stored")

GROUPS: dict[str, type[Any]] = {
    "data": DataOptions,
    "pseudo_clean": PseudoCleanOptions,
    "meta_model": MetaModelOptions,
    "optimizer": OptimizerOptions,
    "sampler": SamplerOptions,
    "schedule": ScheduleOptions,
    "machine": MachineOptions,
    "recovery": RecoveryOptions,
    "log": LogOptions,
}
NOT_NUMERIC_GROUPS = {"machine", "recovery", "log"}
NOT_NUMERIC = {"epochs", "data_path", "noise_file", "workers"}
"""Further options that change no number of an epoch; what lies at a path is known by the hash of its labels."""


@dataclass(frozen=True)
class Config:
    """Everything that decides the numbers of an experiment.

    Raises:
        OptionError: for an option that cannot be used.
    """

    data: DataOptions = field(default_factory=DataOptions)
    pseudo_clean: PseudoCleanOptions = field(default_factory=PseudoCleanOptions)
    meta_model: MetaModelOptions = field(default_factory=MetaModelOptions)
    optimizer: OptimizerOptions = field(default_factory=OptimizerOptions)
    sampler: SamplerOptions = field(default_factory=SamplerOptions)
    schedule: ScheduleOptions = field(default_factory=ScheduleOptions)
    machine: MachineOptions = field(default_factory=MachineOptions)
    recovery: RecoveryOptions = field(default_factory=RecoveryOptions)
    log: LogOptions = field(default_factory=LogOptions)
    seeds: tuple[int, ...] = (0,)
    """A run of every method for each; split, noise, initial weights and batches follow from it."""
    baseline: bool = True
    """Also train plainly, on the same data, network, loss and seeds."""

    def __post_init__(self) -> None:
        require(len(self.seeds) >= 1, "--seeds", "at least one seed", self.seeds)
        require(all(seed >= 0 for seed in self.seeds), "--seeds", "numbers of at least 0", self.seeds)
        require(len(set(self.seeds)) == len(self.seeds), "--seeds", "different numbers", self.seeds)
        plain = self.method == "ce"
        require(not (self.machine.capture and plain), "--capture", "a method with a meta step", "--method ce")
        asked = self.data.meta_set == "pseudo-clean"
        check_pseudo_clean(self.pseudo_clean, self.meta_model, asked=asked, epochs=self.optimizer.epochs)

    @property
    def method(self) -> Method:
        """What is trained, beside plain training."""
        return self.meta_model.method

    @property
    def weighs_by_loss(self) -> bool:
        """Whether an example's weight is a function of its loss under its given label.

        With a pseudo-clean meta set it is one of the loss under a label that the networks have guessed.
        """
        return self.method == "mwnet" and self.data.meta_set != "pseudo-clean"

    @property
    def runs(self) -> tuple[tuple[Method, int], ...]:
        """Every method on every seed, in the order in which they are trained."""
        return tuple((method, seed) for seed in self.seeds for method in self.methods)

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods to train, the baseline first."""
        return ("ce", self.method) if self.baseline and self.method != "ce" else (self.method,)

    def to_dict(self) -> dict[str, Any]:
        """The options as plain dicts and lists, fit for JSON."""
        options = asdict(self)
        options["seeds"] = list(self.seeds)
        options["optimizer"]["lr_milestones"] = list(self.optimizer.lr_milestones)
        return options

    def numeric_options(self) -> dict[str, Any]:
        """The options that decide a run's numbers up to any given epoch, by name: not the epochs, nor the machine."""
        options = self.to_dict()
        groups = [group for group in GROUPS if group not in NOT_NUMERIC_GROUPS]
        named = {name: value for group in groups for name, value in options[group].items()}
        return {name: value for name, value in named.items() if name not in NOT_NUMERIC}

    @classmethod
    def from_dict(cls, options: dict[str, Any]) -> Config:
        """The inverse of `to_dict`; what it is given has been read from a file.

        An option that changes no number may be newer than the file, and has its default then.

        Raises:
            OptionError: when the other names are not this version's, or a value cannot be used.
        """
        if not isinstance(options, dict):
            raise OptionError(f"the stored options are no object with named values, but {type(options).__name__}")
        groups = {name: _group(name, options.get(name)) for name in GROUPS}
        return _stored(cls, "the experiment", {**options, **groups})


def _group(name: str, values: object) -> Any:
    """The options of a group."""
    group = GROUPS[name]
    if name in NOT_NUMERIC_GROUPS and isinstance(values, dict):
        values = {**asdict(group()), **values}
    return _stored(group, name, values)


def _stored(cls: type[Stored], name: str, values: object) -> Stored:
    """Options that were stored; those of another version have other names."""
    try:
        return from_plain(cls, values)
    except OptionError:
        raise
    except ValueError as error:
        raise OptionError(f"the stored options of {name} are another version's, or damaged: {error}") from error
