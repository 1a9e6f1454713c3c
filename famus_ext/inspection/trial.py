"""A few real steps of a run: what they cost, and what they look like."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from famus_ext.data import NoisyData
from famus_ext.data.batches import num_batches
from famus_ext.data.files.workers import worker_errors
from famus_ext.data.seeding import stream_seed
from famus_ext.engine.distributed.processes import ALONE
from famus_ext.train.assembly.loss import begin_epoch, make_loss, to_device
from famus_ext.train.assembly.network import make_network
from famus_ext.train.assembly.optimizer import make_optimizer
from famus_ext.train.assembly.step import make_step
from famus_ext.train.batch_stream import BatchStream
from famus_ext.train.config import Config
from famus_ext.train.folder.learned_meta_model import take_meta_model
from famus_ext.train.options.meta_model import Method
from famus_ext.train.random_state import seed_everything
from famus_ext.train.recording.peak_memory import peak_memory_bytes, reset_peak_memory
from famus_ext.train.step import Step, StepResult

SECONDS = 60.0  # after which no further step is begun
FIRST = 1  # steps that are not timed: the first allocates, and reads its images while nobody works


@dataclass(frozen=True)
class Steps:
    """What a few steps gave.

    Attributes:
        model: The network after them.
        outputs: Of each step.
        losses: Cross-entropy of each step's batch under its given labels, before the step; NaN in one that was skipped.
        step_ms: Milliseconds of a step, the median.
        reading_ms: Milliseconds that a step waits for its images, the median.
        peak_bytes: The peak of memory, see `peak_memory_bytes`.
    """

    model: nn.Module
    outputs: tuple[StepResult, ...]
    losses: tuple[float, ...]
    step_ms: float
    reading_ms: float
    peak_bytes: int | None


class Trial:
    """The parts of a run, made as training makes them; nothing of it is written anywhere.

    Args:
        config: The options.
        method: What to train by.
        data: The data of the first seed.
        device: Where to train.

    Attributes:
        model: The network, with fresh weights.
        step: The step.
        images: A few training images as the network gets them.

    Raises:
        OptionError: for a network or a learned meta model that cannot be had, or options that do not go together.
    """

    def __init__(self, config: Config, method: Method, data: NoisyData, device: torch.device) -> None:
        seed = config.seeds[0]
        seed_everything(stream_seed(seed, "network"))
        self._config, self._seed, self._device = config, seed, device
        self._data = data.to(device)
        sizes = data.train.class_sizes
        loss = to_device(make_loss(config.meta_model, sizes), device)
        begin_epoch(loss, 0)
        self.model = make_network(config, data).to(device)
        optimizer = make_optimizer(config.optimizer, self.model)
        self.step: Step = make_step(config, method, seed, self.model, optimizer, loss, sizes)
        learned = config.meta_model.meta_model_from
        if learned is not None and method != "ce":
            take_meta_model(self.step.meta_model, method, seed, learned)  # type: ignore[attr-defined]
        self.images = self._data.train.view(torch.arange(min(2, len(data.train)), device=device))

    def forward_seconds(self) -> float:
        """The time of a forward pass, by image: of the second of two, since the first allocates."""
        self.model.eval()
        with torch.no_grad():
            for _ in range(2):
                begun = time.perf_counter()
                float(self.model(self.images).sum())  # waits for the device
                seconds = time.perf_counter() - begun
        return seconds / len(self.images)

    def run(self, count: int) -> Steps:
        """Takes the first steps of the run: `count`, or fewer where they are slow.

        Raises:
            RuntimeError, ValueError: what torch and the engine raise in a step.
        """
        stream = BatchStream(self._config, self._seed, self._data, self._device, ALONE)
        self.model.train()
        reset_peak_memory(self._device)
        outputs, losses, times, waits = [], [], [], []
        begun = before = time.perf_counter()
        with worker_errors():
            for _, examples in islice(stream.epoch(0, 0), count):
                ready = time.perf_counter()
                output = self.step(*examples)
                losses.append(_loss(output, examples[1]))  # waits for the device
                done = time.perf_counter()
                outputs.append(output)
                times.append(1e3 * (done - ready))
                waits.append(1e3 * (ready - before))
                before = done
                if done - begun > SECONDS:
                    break
        return Steps(
            self.model,
            tuple(outputs),
            tuple(losses),
            median(times[FIRST:] or times),
            median(waits[FIRST:] or waits),
            peak_memory_bytes(self._device),
        )


def smallest_batches(config: Config, data: NoisyData) -> dict[str, int]:
    """The smallest batch that the network is given, by the option that decides it."""
    parts = config.schedule.micro_batches
    smallest = len(data.train) // num_batches(len(data.train), config.optimizer.batch_size)
    sizes = {"--batch-size": smallest // parts}
    if config.method != "ce":
        sizes["--meta-batch-size"] = min(config.meta_model.meta_batch_size, len(data.meta)) // parts
    return sizes


def _loss(output: Any, y: Tensor) -> float:
    """The batch's mean cross-entropy."""
    return float("nan") if output.skipped is not None else float(cross_entropy(output.logits.float(), y))
