"""The steps of Algorithm 2: two networks, each trained on the sets that the other's losses make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from famus_ext._widest import widest_dtype
from famus_ext.data import NoisyData, epoch_batches, generator
from famus_ext.data.batches import num_batches
from famus_ext.data.seeding import stream_seed
from famus_ext.engine.distributed.processes import Processes
from famus_ext.losses import cross_entropy, ramp_up
from famus_ext.train.config import Config
from famus_ext.train.options.check import OptionError
from famus_ext.train.pseudo_clean.batch import of_examples, step_inputs
from famus_ext.train.pseudo_clean.clean_probability import clean_probability
from famus_ext.train.pseudo_clean.division import Division, divide
from famus_ext.train.pseudo_clean.draws import Draw, draw_epoch
from famus_ext.train.pseudo_clean.ensemble import Ensemble
from famus_ext.train.pseudo_clean.learner import Learner, make_learner
from famus_ext.train.pseudo_clean.views import Views, two_views
from famus_ext.train.recording.evaluation import predictions
from famus_ext.train.regime import PreparedStep, Regime
from famus_ext.train.step import StepResult


class TwoNetworks(Regime):
    """Trains two fresh networks by MW-Net without any clean meta set.

    Some epochs of plain cross-entropy warm both up. Each epoch then begins with two divisions of the training set, each
    by one network's losses and for the other; network 1 is trained on its sets, then network 2. Both are tested by the
    mean of their logits.

    The records show network 1's weight function, and of an example the weight that it had in the step that looked at
    it last, both views together.

    Source: FaMUS, Algorithm 2.

    Args:
        config: The options of the experiment.
        seed: The run's seed.
        data: The data, on the device of training.
        processes: This process alone.

    Attributes:
        learners: The two networks with what trains them.
        divisions: The division for each at the start of the epoch at hand, or of the last one; none in the warm-up.

    Raises:
        OptionError: for several processes; and see `make_network` and `make_step`.
    """

    def __init__(self, config: Config, seed: int, data: NoisyData, processes: Processes) -> None:
        if not processes.alone:
            raise OptionError(f"--meta-set pseudo-clean: expected one process, got {processes.count}")
        self.config, self.seed, self.data = config, seed, data
        seeds = seed, stream_seed(seed, "second network")
        self.learners = make_learner(config, seeds[0], data), make_learner(config, seeds[1], data)
        self.model = Ensemble(*(learner.model for learner in self.learners))
        self.optimizers = tuple(learner.optimizer for learner in self.learners)
        self.step = self.learners[0].step
        self.loss = cross_entropy
        self.normalised = True
        self.divisions: tuple[Division, ...] = ()
        self.epoch_steps = 2 * num_batches(len(data.train), config.optimizer.batch_size)

    def try_step(self) -> None:
        """See `Regime.try_step`."""
        some = torch.arange(2 * self.config.schedule.micro_batches).remainder(len(self.data.train))
        draw, size = Draw(some, some, some), len(self.data.train)
        half, everyone = torch.full((size,), 0.5), torch.ones(size, dtype=torch.bool)
        self.divisions = (Division(half, everyone, everyone),) * 2
        for number, learner in enumerate(self.learners):
            self._warm_up(learner, self.data.train.view(some), some)
            views = self.data.train.view(draw.positions)
            self._take(number, draw, (views, views), learned=0.0, seed=0)

    def steps(self, epoch: int, done: int) -> Iterator[PreparedStep]:
        """See `Regime.steps`: those of network 1, then those of network 2."""
        if epoch < self.config.pseudo_clean.warmup_epochs:
            yield from self._warm_up_steps(epoch, done)
            return
        if done == 0:
            self.divisions = self._divide(epoch)
        options = self.config.optimizer.batch_size, self.config.meta_model.meta_batch_size
        draws = [
            draw_epoch(division, *options, generator(self.seed, f"batches {_stream(epoch, number)}"))
            for number, division in enumerate(self.divisions)
        ]
        self.epoch_steps = sum(len(drawn) for drawn in draws)
        for number, drawn in enumerate(draws):
            yield from self._steps_of(number, epoch, drawn, done)
            done = max(done - len(drawn), 0)

    def _steps_of(self, number: int, epoch: int, draws: Sequence[Draw], done: int) -> Iterator[PreparedStep]:
        """The steps of one network without the first `done`."""
        seeds = self._augmentation(epoch, number, "view 1"), self._augmentation(epoch, number, "view 2")
        left = draws[done:]
        views = two_views(self.data.train, [draw.positions for draw in left], seeds, done) if left else ()
        for index, (draw, pair) in enumerate(zip(left, views, strict=True), start=done):
            seed = stream_seed(self.seed, f"mixing {_stream(epoch, number)}, step {index}")
            learned = epoch + index / len(draws) - self.config.pseudo_clean.warmup_epochs
            positions = draw.training.to(self._device)
            yield positions, partial(self._take, number, draw, pair, learned=learned, seed=seed)

    def _take(self, number: int, draw: Draw, views: Views, *, learned: float, seed: int) -> StepResult:
        """Meta-Train and Actual-Train of one network, `learned` epochs after the warm-up.

        The output has a weight for each of `draw.training`.
        """
        options, learner = self.config.pseudo_clean, self.learners[number]
        networks = learner.model, self.learners[1 - number].model
        probabilities = self.divisions[number].probabilities.to(self._device, widest_dtype(self._device))
        inputs = step_inputs(draw, views, self.data.train.labels, probabilities, networks, options, seed)
        learner.loss.lambda_u = ramp_up(learned, options.lambda_u, options.ramp_epochs)
        out = learner.step(inputs.x, inputs.y, inputs.x_meta, inputs.y_meta)
        return out if out.weights is None else replace(out, weights=of_examples(out.weights, draw))

    def _warm_up_steps(self, epoch: int, done: int) -> Iterator[PreparedStep]:
        """The steps of an epoch of plain training."""
        size, batch_size = len(self.data.train), self.config.optimizer.batch_size
        for number, learner in enumerate(self.learners):
            batches = epoch_batches(size, batch_size, generator(self.seed, f"batches {_stream(epoch, number)}"))
            left = batches[done:]
            views = self.data.train.views(left, self._augmentation(epoch, number, "warm-up"), done) if left else ()
            for batch, x in zip(left, views, strict=True):
                yield batch.to(self._device), partial(self._warm_up, learner, x, batch)
            done = max(done - len(batches), 0)

    def _warm_up(self, learner: Learner, x: Tensor, positions: Tensor) -> StepResult:
        """Plain training of one network."""
        y = self.data.train.labels[positions.to(self._device)]
        return learner.warm_up(x, y, x[:0], y[:0])

    def _divide(self, epoch: int) -> tuple[Division, ...]:
        """For each network the division by the other's losses, of the training set without augmentation."""
        options, divisions = self.config.pseudo_clean, []
        for number, learner in enumerate(self.learners):
            losses = predictions(learner.model, self.data.train, cross_entropy).losses
            seed = stream_seed(self.seed, f"mixture {_stream(epoch, number)}") % 2**32
            probabilities = clean_probability(losses, seed)
            divisions.append(divide(probabilities, losses, options.p_threshold, options.meta_threshold))
        return tuple(reversed(divisions))

    def _augmentation(self, epoch: int, number: int, what: str) -> int | None:
        """The seed of an augmentation of an epoch; None for none."""
        if not self.config.data.augmentation:
            return None
        return stream_seed(self.seed, f"augmentation {_stream(epoch, number)}, {what}")

    @property
    def _device(self) -> torch.device:
        """The device of training."""
        return self.data.train.labels.device

    def state_dict(self, *, within_epoch: bool) -> dict[str, Any]:
        """See `Regime.state_dict`; batches follow from the epoch, divisions are kept for the rest of one."""
        return {
            "learners": [learner.state_dict() for learner in self.learners],
            "divisions": [division.state_dict() for division in self.divisions],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `Regime.load_state_dict`."""
        for learner, stored in zip(self.learners, state["learners"], strict=True):
            learner.load_state_dict(stored)
        self.divisions = tuple(Division(**stored) for stored in state["divisions"])


def _stream(epoch: int, number: int) -> str:
    """What the random streams of a network in an epoch are called."""
    return f"{epoch}, network {number + 1}"
