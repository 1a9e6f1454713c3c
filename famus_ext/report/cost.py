"""What a run cost: the time of its steps and its memory."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from famus_ext.train.folder.read_run import FinishedRun, RunError
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.names import method_name
from famus_ext.train.options.meta_model import Method
from famus_ext.train.recording.phase_times import read_phase_times

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Cost:
    """One method's.

    Attributes:
        method: What it is called.
        ms_per_step: Median over epochs and seeds.
        of_plain: Multiple of plain training's; None where it was not trained, and for itself.
        seconds: Of all training steps, a seed on average.
        memory: Largest over epochs and seeds in MiB; None where it was not measured.
        skipped: Steps that were skipped because something was not finite.
    """

    method: str
    ms_per_step: float
    of_plain: float | None
    seconds: float
    memory: float | None
    skipped: int


def costs(run: FinishedRun) -> tuple[Cost, ...]:
    """Every method that has trained an epoch, plain training first."""
    plain = _ms_per_step(run, "ce") if run.seeds("ce") else None
    return tuple(_cost(run, method, plain) for method in run.config.methods if run.seeds(method))


@dataclass(frozen=True)
class PhaseShare:
    """A phase of the meta steps and its share of the time of all of them, in [0, 1]."""

    name: str
    share: float


def phase_shares(run: FinishedRun) -> tuple[PhaseShare, ...]:
    """What the meta steps spent their time on, phases without any left out; none where it was not measured.

    Raises:
        RunError: for a damaged file.
    """
    path = RunFolder(run.path).phases
    if not path.exists():
        return ()
    try:
        seconds = read_phase_times(path)
    except ValueError as error:
        raise RunError(f"{path}: damaged: {error}") from error
    total = sum(seconds.values())
    return tuple(PhaseShare(name, of_phase / total) for name, of_phase in seconds.items() if of_phase)


def _cost(run: FinishedRun, method: Method, plain: float | None) -> Cost:
    """One method's cost."""
    seeds = run.seeds(method)
    records = [record for seed in seeds for record in run.histories[method, seed]]
    ms_per_step = _ms_per_step(run, method)
    peaks = [record.peak_memory_bytes for record in records if record.peak_memory_bytes is not None]
    return Cost(
        method=method_name(run.config, method),
        ms_per_step=ms_per_step,
        of_plain=ms_per_step / plain if plain and method != "ce" else None,
        seconds=sum(record.seconds for record in records) / len(seeds),
        memory=max(peaks) / MEBIBYTE if peaks else None,
        skipped=sum(record.skipped_steps for record in records),
    )


def _ms_per_step(run: FinishedRun, method: Method) -> float:
    """Median over epochs and seeds: the first epoch warms up, and others may share the machine."""
    return median(record.ms_per_step for seed in run.seeds(method) for record in run.histories[method, seed])
