"""One network, trained by its method's step on the batches of a `BatchStream`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from famus_ext._widest import widest_dtype
from famus_ext.data import NoisyData
from famus_ext.data.batches import num_batches
from famus_ext.engine.distributed.processes import Processes
from famus_ext.losses.given_weights import GivenWeights
from famus_ext.train.assembly.loss import begin_epoch, make_loss, to_device
from famus_ext.train.assembly.network import make_network
from famus_ext.train.assembly.optimizer import make_optimizer
from famus_ext.train.assembly.step import make_step
from famus_ext.train.batch_stream import BatchStream
from famus_ext.train.config import Config
from famus_ext.train.given_weights import check_same, hash_weights, read_weights
from famus_ext.train.options.meta_model import Method
from famus_ext.train.regime import PreparedStep, Regime


class OneNetwork(Regime):
    """Trains a fresh network.

    Args:
        config: The options of the experiment.
        method: Which method to train by.
        seed: The run's seed.
        data: The data, on the device of training.
        processes: Those that take every step together.

    Raises:
        OptionError: see `make_network`, `make_step`, `read_weights` and `BatchStream`.
    """

    def __init__(self, config: Config, method: Method, seed: int, data: NoisyData, processes: Processes) -> None:
        device, options = data.train.labels.device, config.meta_model
        class_sizes = data.train.class_sizes.cpu()
        self.loss = to_device(make_loss(options, class_sizes), device)
        self.model = make_network(config, data).to(device)
        optimizer = make_optimizer(config.optimizer, self.model)
        self.optimizers = (optimizer,)
        given = None if options.example_weights is None else read_weights(options.example_weights, data)
        loss = self.loss if given is None else GivenWeights(self.loss)
        self.step = make_step(config, method, seed, self.model, optimizer, loss, class_sizes)
        self.normalised = method != "ce" and options.weights_sum_to_one
        self.epoch_steps = num_batches(len(data.train), config.optimizer.batch_size)
        self._given = given
        weights = None if given is None else given.to(device, widest_dtype(device))
        self._batches = BatchStream(config, seed, data, device, processes, weights)

    def steps(self, epoch: int, done: int) -> Iterator[PreparedStep]:
        """See `Regime.steps`."""
        begin_epoch(self.loss, epoch)
        for batch, examples in self._batches.epoch(epoch, done):
            yield batch, partial(self.step, *examples)

    def try_step(self) -> None:
        """See `Regime.try_step`."""
        self.step(*self._batches.few())

    def state_dict(self, *, within_epoch: bool) -> dict[str, Any]:
        """See `Regime.state_dict`."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizers[0].state_dict(),
            "step": self.step.state_dict(),
            "batches": self._batches.state_dict(within_epoch=within_epoch),
            "example_weights": hash_weights(self._given),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `Regime.load_state_dict`; raises `OptionError` for a file of weights that has changed."""
        check_same(state["example_weights"], self._given)
        self.model.load_state_dict(state["model"])
        self.optimizers[0].load_state_dict(state["optimizer"])
        self.step.load_state_dict(state["step"])
        self._batches.load_state_dict(state["batches"])
