"""The training loop of one run: one method, one seed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from famus_ext.data import NoisyData, epoch_batches, generator, meta_batch
from famus_ext.data.seeding import stream_seed
from famus_ext.train.assembly import learning_rate, make_network, make_optimizer, make_step
from famus_ext.train.config import Config, Method
from famus_ext.train.evaluation import accuracy, example_losses
from famus_ext.train.example_weights import ExampleWeights
from famus_ext.train.records import EpochRecord, RunResult


class TrainingError(RuntimeError):
    """Training that cannot go on."""


class Trainer:
    """Trains a fresh network by one method. Making it seeds PyTorch's global random state.

    Runs of one seed share labels, initial weights and training batches, whatever their method.

    Args:
        config: The options of the experiment.
        method: Which method to train by.
        seed: Decides initial weights, batches and whatever else is random.
        data: The data of that seed.
        device: Where to train.

    Attributes:
        history: A record an epoch trained so far.
    """

    def __init__(self, config: Config, method: Method, seed: int, data: NoisyData, device: torch.device) -> None:
        torch.manual_seed(stream_seed(seed, "network"))
        self.config, self.method, self.seed = config, method, seed
        self.device = device
        self.data = data.to(device)
        self.model = make_network(config.data, data.num_classes).to(device)
        self.optimizer = make_optimizer(config.optimizer, self.model)
        self.step = make_step(config.meta, method, self.model, self.optimizer)
        self.weights = ExampleWeights(len(data.train), normalised=method == "l2r", device=device)
        self.history: list[EpochRecord] = []
        self._batches = generator(seed, "batches")
        self._meta_batches = generator(seed, "meta batches")
        self._noise_rate, self._labels_hash = data.actual_noise_rate, data.labels_hash

    @property
    def epoch(self) -> int:
        """Epochs trained so far."""
        return len(self.history)

    def train_epoch(self, on_step: Callable[[], object] = lambda: None) -> EpochRecord:
        """Trains for one epoch, then looks at the test set.

        Args:
            on_step: Called after every step, for a progress bar.

        Returns:
            The epoch's record, the last one of `history`.

        Raises:
            TrainingError: when the loss stops being finite.
        """
        options, train, meta = self.config, self.data.train, self.data.meta
        lr = learning_rate(options.optimizer, self.epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.model.train()
        self.weights.start_epoch()
        losses, gates = [], []
        start = time.perf_counter()
        for batch in epoch_batches(len(train), options.optimizer.batch_size, self._batches):
            x = batch.to(self.device)
            v = meta_batch(len(meta), options.meta.meta_batch_size, self._meta_batches).to(self.device)
            out = self.step(train.images[x], train.labels[x], meta.images[v], meta.labels[v])
            self.weights.add(x, out.weights)
            losses.append(out.loss)
            gates.append(out.gates)
            on_step()
        loss = float(torch.stack(losses).mean())  # waits for the device, so the time is the steps' own
        seconds = time.perf_counter() - start
        if not math.isfinite(loss):
            raise TrainingError(
                f"{self.method}: the training loss of epoch {self.epoch + 1} is {loss}; try a lower --lr"
            )
        record = self._record(loss, torch.stack(gates), lr, 1e3 * seconds / len(losses))
        self.history.append(record)
        return record

    def result(self) -> RunResult:
        """What was reached so far."""
        wrong = None if self.data.wrong is None else self.data.wrong.cpu()
        return RunResult(self.method, self.seed, tuple(self.history), self.weights.mean.cpu(), wrong)

    def example_losses(self) -> Tensor:
        """Loss of every training example under its given label, `[N]`, on the CPU."""
        return example_losses(self.model, self.data.train).cpu()

    def _record(self, loss: float, gates: Tensor, lr: float, ms_per_step: float) -> EpochRecord:
        """The record of the epoch just trained; `gates` is `[steps, L]`."""
        wrong, weights = self.data.wrong, self.weights.latest
        rates: list[float] = gates.float().mean(dim=0).tolist()
        return EpochRecord(
            method=self.method,
            seed=self.seed,
            epoch=self.epoch + 1,
            test_accuracy=accuracy(self.model, self.data.test),
            train_loss=loss,
            weight_clean=None if wrong is None else _mean(weights[~wrong]),
            weight_wrong=None if wrong is None else _mean(weights[wrong]),
            active_layers=sum(rates) if rates else None,
            gate_rates=rates,
            lr=lr,
            ms_per_step=ms_per_step,
            actual_noise_rate=self._noise_rate,
            labels_hash=self._labels_hash,
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next epoch depends on, as tensors and plain values."""
        cuda = [torch.cuda.get_rng_state(self.device)] if self.device.type == "cuda" else []
        return {
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step.state_dict(),
            "weights": self.weights.state_dict(),
            "history": [record.to_dict() for record in self.history],
            "random": {
                "torch": torch.get_rng_state(),
                "cuda": cuda,
                "batches": self._batches.get_state(),
                "meta_batches": self._meta_batches.get_state(),
            },
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gave: the epochs that follow are those of a run that never stopped."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step.load_state_dict(state["step"])
        self.weights.load_state_dict(state["weights"])
        self.history = [EpochRecord(**record) for record in state["history"]]
        random = state["random"]
        torch.set_rng_state(random["torch"])
        if random["cuda"] and self.device.type == "cuda":
            torch.cuda.set_rng_state(random["cuda"][0], self.device)
        self._batches.set_state(random["batches"])
        self._meta_batches.set_state(random["meta_batches"])


def _mean(values: Tensor) -> float | None:
    """The mean, None of no values."""
    return float(values.mean()) if len(values) else None
