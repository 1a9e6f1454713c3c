"""What an experiment says while it runs: a line an epoch, and the comparison at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor
from tqdm import tqdm

from famus_ext.data import NoisyData, Source, shared_names
from famus_ext.data.class_findings import class_findings
from famus_ext.data.finding import counted
from famus_ext.data.sets.registry import data_set
from famus_ext.diagnostics.example_weights import WINDOW
from famus_ext.train.config import Config
from famus_ext.train.data_findings import data_findings
from famus_ext.train.names import method_name, seeds_name
from famus_ext.train.options.data import DataOptions
from famus_ext.train.options.meta_model import WEIGHTING
from famus_ext.train.processes import speaks
from famus_ext.train.recording.records import EpochRecord, RunResult, Spread, summarise
from famus_ext.train.recording.rising_weights import rising_weights

NOISE_NAMES = {
    "symmetric": "symmetric, the true class included",
    "symmetric-excluding": "symmetric, the true class excluded",
}
"""What can be misunderstood -> what it means."""

MEANING_OF_WEIGHT = f"a weight is an example's mean over the last {WINDOW} epochs, 1 = plain training"

_QUIET = ContextVar("quiet", default=False)


def data_line(config: Config, data: NoisyData, seed: int) -> str:
    """The sets of one seed, their class sizes where there is a long tail, and their actual noise rate."""
    rate = "unknown" if data.actual_noise_rate is None else f"{data.actual_noise_rate:.1%}"
    sizes = data.train.class_sizes.tolist()
    tail = (
        "" if config.data.imbalance is None else f" ({max(sizes)} of the largest class, {min(sizes)} of the smallest)"
    )
    trust = "clean" if config.data.meta_set == "clean" else "untrusted"
    # A pseudo-clean meta set has another size every epoch.
    meta = "pseudo-clean" if config.data.meta_set == "pseudo-clean" else f"{len(data.meta)} {trust}"
    tested = "test" if data.test_is_clean else "test split off, labels as they were found"
    return (
        f"seed {seed}: {len(data.train)} training images{tail}, {meta} meta, {len(data.test)} {tested}; "
        f"{_noise(config.data)}, actual rate {rate}, labels {data.labels_hash[:12]}"
    )


def data_warnings(source: Source, data: NoisyData) -> list[str]:
    """What is wrong with the data set and the sets of a run as far as names and labels tell, in `inspect`'s words."""
    problems = [found for found in class_findings(source) + data_findings(source, data) if found.is_problem]
    sets = {"training": data.train, "meta": data.meta, "test": data.test}
    if data.meta is data.train:  # pseudo-clean
        del sets["meta"]
    shared = [
        f"{one} and {other} set share {counted(count, 'image')} by name. python -m famus_ext inspect says more"
        for (one, other), count in shared_names(sets).items()
        if count
    ]
    return [f"warning: {line}" for line in (*(f"{found.problem}. {found.remedy}" for found in problems), *shared)]


def result_warnings(config: Config, result: RunResult, labels: Tensor) -> list[str]:
    """What is wrong with what a run has learned.

    Args:
        config: The options.
        result: What it reached.
        labels: Its training labels, int64 `[N]`.
    """
    if not config.weighs_by_loss:
        return []
    wrong = result.groups.get("wrong")
    found = rising_weights(
        result.history[-1].weight_function,
        result.losses.numpy(),
        result.weights.numpy(),
        labels.cpu().numpy(),
        None if wrong is None else wrong.numpy(),
    )
    if not found:
        return []
    return [f"warning: {result.method} seed {result.seed}: {found}; a smaller --meta-lr may help, see docs/trouble.md"]


def _noise(options: DataOptions) -> str:
    """The noise that was asked for."""
    noise_type, noise_rate = options.noise
    if noise_type == "file":
        key = "" if options.noise_key is None else f" ({options.noise_key})"
        return f"labels of {options.noise_file}{key}"
    if data_set(options.dataset).noisy:
        return "labels as they were found"
    return f"noise {NOISE_NAMES.get(noise_type, noise_type)}, rate {noise_rate:.1%}"


def epoch_line(record: EpochRecord, epochs: int, left: float | None = None) -> str:
    """One epoch: test accuracy, mean weights, active layers, and the seconds left or else those of a step."""
    parts = [
        f"{record.method:>5} seed {record.seed}  epoch {record.epoch:>{len(str(epochs))}}/{epochs}",
        f"test {record.test_accuracy:6.1%}",
    ]
    if record.active_layers is not None:
        if record.method in WEIGHTING and record.weight_clean is not None:
            parts.append(_weights(record))
        parts.append(f"layers {record.active_layers:.1f}/{len(record.gate_rates)}")
    parts.append(f"{record.ms_per_step:.1f} ms/step" if left is None else f"{duration(left)} left")
    if record.skipped_steps:
        parts.append(f"{record.skipped_steps} steps skipped, not finite")
    return "  ".join(parts)


def summary_lines(config: Config, results: list[RunResult]) -> list[str]:
    """A table, a line a method, and the comparison with plain cross-entropy where there is one."""
    summary = summarise(results)
    names = {method: method_name(config, method) for method in summary}
    width = max(map(len, names.values()))
    spread = ", mean ± deviation" if len(config.seeds) > 1 else ""
    lines = [f"test accuracy, {seeds_name(config)}{spread}:"]
    lines += [
        f"  {names[method]:<{width}}  final {_percent(spreads['final'])}  best {_percent(spreads['best'])}  "
        f"{spreads['ms_per_step'].mean:.1f} ms/step"
        for method, spreads in summary.items()
    ]
    method = config.method
    if config.baseline and method != "ce":
        lines.append(
            f"{names[method]} {_percent(summary[method]['final'])} against {names['ce']} "
            f"{_percent(summary['ce']['final'])} after {config.optimizer.epochs} epochs"
        )
    return lines


@contextmanager
def quietly(quiet: bool) -> Iterator[None]:
    """Within, `say` prints what has to be said alone."""
    before = _QUIET.set(quiet)
    try:
        yield
    finally:
        _QUIET.reset(before)


def is_quiet() -> bool:
    """Whether `quietly` is in force."""
    return _QUIET.get()


def say(line: str, *, always: bool = False) -> None:
    """Prints a line above the bar; where all is to be quiet, only one that is said `always`."""
    if speaks() and (always or not is_quiet()):
        tqdm.write(line, file=sys.stdout)
        sys.stdout.flush()


def duration(seconds: float) -> str:
    """A time in the unit that one would say it in: 45 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


def _weights(record: EpochRecord) -> str:
    """Mean weights of the groups that there are: right and wrong labels, head and tail."""
    pairs = {
        "clean": record.weight_clean,
        "wrong": record.weight_wrong,
        "head": record.weight_head,
        "tail": record.weight_tail,
    }
    shown = {name: value for name, value in pairs.items() if value is not None}
    return "weight " + ", ".join(f"{name} {value:.2f}" for name, value in shown.items())


def _percent(spread: Spread) -> str:
    mean = f"{100 * spread.mean:.1f}"
    return f"{mean} %" if spread.deviation is None else f"{mean} ± {100 * spread.deviation:.1f} %"
