"""What is kept of a run: a record an epoch, and the result of it all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import fmean, median, stdev
from typing import Any

from torch import Tensor

from famus_ext.train.options.meta_model import Method
from famus_ext.train.recording.evaluation import Predictions
from famus_ext.train.recording.example_groups import Group

MEASURED = ("ms_per_step", "seconds", "peak_memory_bytes")
"""What the machine decides: two equal runs differ in these alone."""


@dataclass(frozen=True)
class EpochRecord:
    """One epoch of one run: a line of `metrics.jsonl`.

    Attributes:
        method: What trained.
        seed: The run's seed.
        epoch: Epochs trained so far, from 1.
        test_accuracy: Share of the clean test set that is right after the epoch.
        test_loss: Mean cross-entropy on the clean test set after the epoch; None where it is not finite.
        train_loss: Mean over the steps of the training loss that was minimised.
        meta_loss: Mean over the meta steps of the meta loss; None without one.
        weight_clean: Mean weight of the examples with a right label, 1 = plain training; None where nobody knows.
        weight_wrong: The same for the examples with a wrong label.
        weight_head: The same for the third of the classes with the most examples; None without a long tail.
        weight_tail: The same for the third with the fewest.
        weight_histogram_clean: Number of examples with a right label and a weight in each of `weight_histogram`'s
            bins, this epoch; empty where nobody knows which labels are right, and for a method without weights.
        weight_histogram_wrong: The same for the examples with a wrong label.
        weight_histogram_all: The same for all examples, where nobody knows; else empty.
        weight_function: V at `weight_curves.LOSSES`, a curve a group of classes; empty where no function is learned.
        gradient_mean: Mean of the meta gradient over meta steps and θ (FaMUS, Figure 4); None where θ does not last.
        gradient_variance: Its variance over the meta steps, averaged over θ.
        active_layers: Mean number of layers with a meta gradient in the meta steps; None without one.
        gate_rates: Share of the meta steps in which each layer had one, `[L]`; empty without a meta step.
        lr: Learning rate of the network.
        ms_per_step: Wall-clock milliseconds a training step, evaluation left out.
        seconds: Wall-clock seconds of the epoch's training steps, evaluation left out.
        peak_memory_bytes: Of the epoch's steps on a GPU; on a CPU the resident set of the whole process so far, see
            `peak_memory`.
        skipped_steps: Steps that were skipped because a loss or gradient was not finite.
        actual_noise_rate: Share of wrong training labels.
        labels_hash: SHA-256 of the training labels.
    """

    method: Method
    seed: int
    epoch: int
    test_accuracy: float
    test_loss: float | None
    train_loss: float
    meta_loss: float | None
    weight_clean: float | None
    weight_wrong: float | None
    weight_head: float | None
    weight_tail: float | None
    weight_histogram_clean: list[int]
    weight_histogram_wrong: list[int]
    weight_histogram_all: list[int]
    weight_function: list[list[float]]
    gradient_mean: float | None
    gradient_variance: float | None
    active_layers: float | None
    gate_rates: list[float]
    lr: float
    ms_per_step: float
    seconds: float
    peak_memory_bytes: int | None
    skipped_steps: int
    actual_noise_rate: float | None
    labels_hash: str

    def to_dict(self) -> dict[str, Any]:
        """The record as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True)
class RunResult:
    """One finished run.

    Attributes:
        method: What trained.
        seed: The run's seed.
        history: A record an epoch.
        weights: Learned weight of every training example, float32 `[N]`, 1 = plain training.
        predictions: What the network makes of it after the last epoch, N of them.
        groups: Which examples are in which group, bool `[N]`, see `example_groups`.
        layers: Names of the gated layers, L of them.
    """

    method: Method
    seed: int
    history: tuple[EpochRecord, ...]
    weights: Tensor
    predictions: Predictions
    groups: dict[Group, Tensor]
    layers: tuple[str, ...]

    @property
    def losses(self) -> Tensor:
        """Every training example's loss under its given label after the last epoch, float32 `[N]`."""
        return self.predictions.losses

    @property
    def final(self) -> float:
        """Test accuracy after the last epoch."""
        return self.history[-1].test_accuracy

    @property
    def best(self) -> float:
        """Highest test accuracy after any epoch: looked up on the test set, so it flatters."""
        return max(record.test_accuracy for record in self.history)

    @property
    def ms_per_step(self) -> float:
        """Median over the epochs: the first one warms up, and others may share the machine."""
        return median(record.ms_per_step for record in self.history)


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation over the seeds; the deviation of one seed is None."""

    mean: float
    deviation: float | None

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """The spread of `values`, one a seed."""
        return cls(fmean(values), stdev(values) if len(values) > 1 else None)


def summarise(results: list[RunResult]) -> dict[Method, dict[str, Spread]]:
    """Final and best test accuracy and ms a step by method, in the order in which the methods came."""
    by_method: dict[Method, list[RunResult]] = {}
    for result in results:
        by_method.setdefault(result.method, []).append(result)
    return {
        method: {
            "final": Spread.of([run.final for run in runs]),
            "best": Spread.of([run.best for run in runs]),
            "ms_per_step": Spread.of([run.ms_per_step for run in runs]),
        }
        for method, runs in by_method.items()
    }
