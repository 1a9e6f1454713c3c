"""The training loop of one run: one method, one seed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import torch

from famus_ext.data import NoisyData
from famus_ext.data.seeding import stream_seed
from famus_ext.diagnostics import ExampleWeights
from famus_ext.engine.distributed.processes import ALONE, Processes
from famus_ext.train.assembly.loss import begin_epoch
from famus_ext.train.assembly.optimizer import learning_rate
from famus_ext.train.config import Config
from famus_ext.train.one_network import OneNetwork
from famus_ext.train.options.meta_model import WEIGHTING, Method
from famus_ext.train.processes import rows_of_all
from famus_ext.train.pseudo_clean.two_networks import TwoNetworks
from famus_ext.train.random_state import random_state, seed_everything, set_random_state
from famus_ext.train.recording.epoch_log import EpochLog
from famus_ext.train.recording.epoch_weights import epoch_weights
from famus_ext.train.recording.evaluation import Predictions, accuracy_and_loss, predictions
from famus_ext.train.recording.example_groups import example_groups
from famus_ext.train.recording.peak_memory import peak_memory_bytes, reset_peak_memory
from famus_ext.train.recording.records import EpochRecord, RunResult
from famus_ext.train.recording.weight_curves import weight_curves
from famus_ext.train.regime import Regime


class TrainingError(RuntimeError):
    """Training that cannot go on."""


class Trainer:
    """Trains a fresh network, or two, by one method. Making it seeds the global random states.

    Runs of one seed share labels, initial weights and training batches, whatever their method. A method that needs a
    meta set takes the two networks of Algorithm 2 where that is to be pseudo-clean.

    Args:
        config: The options of the experiment.
        method: Which method to train by.
        seed: Decides initial weights, batches and whatever else is random.
        data: The data of that seed.
        device: Where to train.
        processes: Those that take every step together, each with a part of its batches.

    Attributes:
        regime: What is trained, and by which steps.
        weights: The weights that the training examples had.
        history: A record an epoch trained so far.
        steps: Steps taken so far, skipped ones included.

    Raises:
        OptionError: for a network that cannot be had, or options that do not go together.
    """

    def __init__(
        self,
        config: Config,
        method: Method,
        seed: int,
        data: NoisyData,
        device: torch.device,
        processes: Processes = ALONE,
    ) -> None:
        seed_everything(stream_seed(seed, "network"))
        self.config, self.method, self.seed = config, method, seed
        self.device = device
        self.processes = Processes(processes.group, device)
        self.data = data.to(device)
        self.regime: Regime
        if config.data.meta_set == "pseudo-clean" and method != "ce":
            self.regime = TwoNetworks(config, seed, self.data, self.processes)
        else:
            self.regime = OneNetwork(config, method, seed, self.data, self.processes)
        self.model, self.step = self.regime.model, self.regime.step
        self.weights = ExampleWeights(len(data.train), normalised=self.regime.normalised, device=device)
        self.groups = example_groups(self.data, long_tailed=config.data.imbalance is not None)
        self.history: list[EpochRecord] = []
        self.steps = 0
        self._log: EpochLog | None = None
        self._noise_rate, self._labels_hash = data.actual_noise_rate, data.labels_hash

    @property
    def epoch(self) -> int:
        """Epochs trained so far."""
        return len(self.history)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run, if the epochs to come have as many as the one at hand."""
        done = self.steps - (0 if self._log is None else len(self._log))
        return done + (self.config.optimizer.epochs - self.epoch) * self.regime.epoch_steps

    def train_epoch(self, on_step: Callable[[], object] = lambda: None) -> EpochRecord:
        """Trains to the end of the epoch, one that a checkpoint left unfinished included; then looks at the test set.

        Args:
            on_step: Called after every step, for a progress bar or a checkpoint; what it raises ends the epoch, and a
                checkpoint taken before goes on with it.

        Returns:
            The epoch's record, the last one of `history`.

        Raises:
            NonFiniteError: when more steps in a row than allowed have a loss or gradient that is not finite.
            TrainingError: when no step of the epoch could be taken.
        """
        lr = learning_rate(self.config.optimizer, self.epoch)
        for optimizer in self.regime.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = lr
        self.model.train()
        log = self._begin_log()
        reset_peak_memory(self.device)
        for batch, take in self.regime.steps(self.epoch, len(log)):
            start = time.perf_counter()
            self._seed_other_processes()
            out = take()
            weights = out.weights
            self.weights.add(batch, None if weights is None else rows_of_all(weights, len(batch), self.processes))
            log.add(out)
            self.steps += 1
            log.seconds += time.perf_counter() - start
            on_step()
        start = time.perf_counter()
        loss = log.loss  # waits for the device, so the time is the steps' own
        log.seconds += time.perf_counter() - start
        if log.skipped == len(log):
            raise TrainingError(
                f"{self.method}: every step of epoch {self.epoch + 1} was skipped, the last because {log.last_reason}"
            )
        record = self._record(log, lr, loss)
        self.history.append(record)
        self._log = None
        return record

    def try_step(self) -> None:
        """Takes a step on a few examples: what a network and a method cannot do together comes out here.

        It changes the network and the random streams, so the trainer is then of no further use.
        """
        self.model.train()
        self.regime.try_step()

    def result(self) -> RunResult:
        """What was reached so far."""
        groups = {name: mask.cpu() for name, mask in self.groups.items()}
        layers = tuple(layer.name for layer in self.step.layers)
        weights, found = self.weights.mean.cpu(), self.predictions()
        return RunResult(self.method, self.seed, tuple(self.history), weights, found, groups, layers)

    def predictions(self) -> Predictions:
        """What the network makes of every training example, on the CPU."""
        return predictions(self.model, self.data.train, self.regime.loss, self.processes).cpu()

    def _begin_log(self) -> EpochLog:
        """The log of the epoch at hand: a new one, or that of an epoch that a checkpoint left unfinished."""
        if self._log is None:
            self._log = EpochLog(lasting_theta=self.method != "l2r")
            self.weights.start_epoch()
        return self._log

    def _seed_other_processes(self) -> None:
        """Let random masks differ over processes, and follow from the step: a checkpoint holds process 0's state."""
        if self.processes.rank:
            torch.manual_seed(stream_seed(self.seed, f"process {self.processes.rank}, step {self.steps}"))

    def _record(self, log: EpochLog, lr: float, loss: float) -> EpochRecord:
        """The record of the epoch just trained."""
        peak_memory = peak_memory_bytes(self.device)  # before the test set is looked at
        test_accuracy, test_loss = accuracy_and_loss(self.model, self.data.test, self.processes)
        return EpochRecord(
            method=self.method,
            seed=self.seed,
            epoch=self.epoch + 1,
            test_accuracy=test_accuracy,
            test_loss=test_loss if math.isfinite(test_loss) else None,
            train_loss=loss,
            meta_loss=log.meta_loss,
            **epoch_weights(self.weights.latest, self.groups, weighting=self.method in WEIGHTING),
            weight_function=weight_curves(self.step),
            gradient_mean=log.gradient_mean,
            gradient_variance=log.gradient_variance,
            active_layers=sum(log.gate_rates) if log.gate_rates else None,
            gate_rates=log.gate_rates,
            lr=lr,
            ms_per_step=1e3 * log.seconds / len(log),
            seconds=log.seconds,
            peak_memory_bytes=peak_memory,
            skipped_steps=log.skipped,
            actual_noise_rate=self._noise_rate,
            labels_hash=self._labels_hash,
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything that the steps to come depend on, as tensors and plain values."""
        return {
            "epoch": self.epoch,
            "steps": self.steps,
            **self.regime.state_dict(within_epoch=self._log is not None),
            "weights": self.weights.state_dict(),
            "history": [record.to_dict() for record in self.history],
            "log": None if self._log is None else self._log.state_dict(),
            "random": random_state(self.device),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gave: the steps that follow are those of a run that never stopped."""
        self.regime.load_state_dict(state)
        self.weights.load_state_dict(state["weights"])
        self.history = [EpochRecord(**record) for record in state["history"]]
        self.steps = state["steps"]
        begin_epoch(self.regime.loss, max(self.epoch - 1, 0))  # a finished run only predicts, by its last epoch's loss
        self._log = None
        if state["log"] is not None:
            self._log = EpochLog(lasting_theta=self.method != "l2r")
            self._log.load_state_dict(state["log"])
        set_random_state(state["random"], self.device)
