"""What a step and a whole run cost: predicted by counting products, and measured in a few steps."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from statistics import fmean

import torch

import famus_ext as famus
from famus_ext.data import NoisyData
from famus_ext.data.batches import num_batches
from famus_ext.data.finding import Finding, remark
from famus_ext.inspection.predicted import PLAIN_STEP, StepKind, Work, forward_passes
from famus_ext.inspection.trial import SECONDS, Steps, Trial
from famus_ext.train.config import Config
from famus_ext.train.console import duration

LONG = 3600.0
"""Seconds of a run."""
METHOD_STEP = 10.0
"""Forward passes of a meta step with every layer, the most that a sampler can ask for."""


@dataclass(frozen=True)
class Cost:
    """The cost of a step and of a run.

    Attributes:
        method: The method.
        engine: None for plain training, which has none.
        schedule: The same.
        meta_every: Iterations from one meta step to the next.
        batch: N, images of a batch.
        meta_batch: M, images of a meta batch.
        device: Where.
        steps: How many were taken.
        active_layers: Mean number of layers whose meta gradient was kept; None for plain training.
        predicted_passes: Forward passes f of the training batch that an iteration is worth.
        predicted_ratio: The same as a multiple of a plain step's 3 f.
        step_ms: Milliseconds of a step.
        reading_ms: Milliseconds that a step waits for its images.
        plain_ms: Milliseconds of a plain step; None where it failed.
        measured_ratio: The step as a multiple of the plain one.
        peak_bytes: The peak of memory: on a GPU of tensors, else of the whole process; None where nobody knows.
        epoch_seconds: An epoch of training, without the look at the test set.
        run_seconds: All epochs of all seeds, with those of plain training beside them.
    """

    method: str
    engine: str | None
    schedule: str | None
    meta_every: int
    batch: int
    meta_batch: int
    device: str
    steps: int
    active_layers: float | None
    predicted_passes: float
    predicted_ratio: float
    step_ms: float
    reading_ms: float
    plain_ms: float | None
    measured_ratio: float | None
    peak_bytes: int | None
    epoch_seconds: float
    run_seconds: float


def cost_of(
    config: Config,
    data: NoisyData,
    device: torch.device,
    taken: Steps,
    plain: Steps | None,
    work: Work,
    sampler: famus.Sampler | None,
) -> Cost:
    """What a few steps tell of a run.

    Args:
        config: The options.
        data: The data of the first seed.
        device: Where the steps were taken.
        taken: The method's steps.
        plain: As many plain steps; None where they failed.
        work: Of the network.
        sampler: The sampler; None for plain training.
    """
    is_plain = config.method == "ce"
    batch = min(config.optimizer.batch_size, len(data.train))
    meta_batch = min(config.meta_model.meta_batch_size, len(data.meta))
    active = [] if sampler is None else _active(sampler, taken)
    every = 1 if is_plain else config.schedule.meta_every
    kind = step_kind(config, sampler)
    passes = PLAIN_STEP
    if active:
        passes = fmean(forward_passes(kind, work, owners, meta_batch / batch, every=every) for _, owners in active)
    steps = num_batches(len(data.train), config.optimizer.batch_size)
    seconds = {"ce": _epoch_seconds(plain, steps), config.method: _epoch_seconds(taken, steps)}
    return Cost(
        method=config.method,
        engine=None if is_plain else config.schedule.engine,
        schedule=None if is_plain else config.schedule.schedule,
        meta_every=every,
        batch=batch,
        meta_batch=meta_batch,
        device=str(device),
        steps=len(taken.outputs),
        active_layers=fmean(count for count, _ in active) if active else None,
        predicted_passes=passes,
        predicted_ratio=passes / PLAIN_STEP,
        step_ms=taken.step_ms,
        reading_ms=taken.reading_ms,
        plain_ms=None if plain is None else plain.step_ms,
        measured_ratio=None if plain is None else taken.step_ms / plain.step_ms,
        peak_bytes=taken.peak_bytes,
        epoch_seconds=seconds[config.method],
        run_seconds=len(config.seeds) * config.optimizer.epochs * sum(seconds[method] for method in config.methods),
    )


def too_slow(config: Config, data: NoisyData, trial: Trial) -> list[Finding]:
    """A remark where a step would take so long that none is taken to measure it."""
    batch = min(config.optimizer.batch_size, len(data.train))
    passes = PLAIN_STEP if config.method == "ce" else METHOD_STEP
    seconds = passes * batch * trial.forward_seconds()
    if seconds <= SECONDS:
        return []
    steps = num_batches(len(data.train), config.optimizer.batch_size)
    hours = len(config.seeds) * config.optimizer.epochs * steps * seconds / 3600
    return [
        remark(
            f"a step takes about {seconds:,.0f} s here, by the time of a forward pass, and the run {hours:,.0f} hours; "
            "none was taken",
            "Take a smaller --image-size, --network or --batch-size, or a GPU.",
        )
    ]


def takes_long(cost: Cost, threads: int) -> list[Finding]:
    """A remark where a run on a CPU takes so long that another size may be meant.

    Args:
        cost: Of the run.
        threads: Those that it is given.
    """
    if cost.device != "cpu" or cost.run_seconds <= LONG:
        return []
    cores = os.cpu_count() or 1
    more = f"--threads {cores}, " if threads < cores else ""
    return [
        remark(
            f"the whole command takes about {duration(cost.run_seconds)} on this CPU",
            f"Take fewer --epochs, a smaller --image-size or --network, --no-baseline, {more}or a GPU.",
        )
    ]


def step_kind(config: Config, sampler: famus.Sampler | None) -> StepKind:
    """The step that the options ask for, as its cost is predicted."""
    return StepKind(
        engine=config.schedule.engine,
        schedule=config.schedule.schedule,
        micro_batches=config.schedule.micro_batches,
        recompute=config.schedule.recompute,
        zero_virtual_loss=config.method == "l2r",
        samples_gradients=sampler is not None and sampler.reads_gradients,
        credits_inactive=sampler is not None and sampler.learned and sampler.credit_inactive,
    )


def _active(sampler: famus.Sampler, taken: Steps) -> list[tuple[int, Collection[str]]]:
    """Of every meta step, how many layers were active, and the modules that own their tensors."""
    found = sampler.layers_of(taken.model)
    steps: list[tuple[int, Collection[str]]] = []
    for output in taken.outputs:
        if output.meta_loss is not None:
            active = [layer for layer, gate in zip(found, output.gates.tolist(), strict=True) if gate > 0]
            owners = {name.rpartition(".")[0] for layer in active for name in layer.parameters}
            steps.append((len(active), owners))
    return steps


def _epoch_seconds(taken: Steps | None, steps: int) -> float:
    """An epoch of such steps."""
    return 0.0 if taken is None else steps * (taken.step_ms + taken.reading_ms) / 1e3
