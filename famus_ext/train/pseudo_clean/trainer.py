"""The training loop of Algorithm 2: two networks, each trained on the sets that the other's losses make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from famus_ext.data import NoisyData, epoch_batches, generator
from famus_ext.data.batches import num_batches
from famus_ext.data.seeding import stream_seed
from famus_ext.diagnostics import ExampleWeights
from famus_ext.engine.processes import ALONE, Processes
from famus_ext.engine.step import MetaStep
from famus_ext.losses import cross_entropy, ramp_up
from famus_ext.meta_models import SemiSupervised
from famus_ext.train.assembly.network import make_network
from famus_ext.train.assembly.optimizer import make_optimizer
from famus_ext.train.assembly.step import Step, StepOutput, make_step
from famus_ext.train.config import Config
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.meta_model import Method
from famus_ext.train.plain_step import PlainStep
from famus_ext.train.pseudo_clean.batch import of_examples, step_inputs
from famus_ext.train.pseudo_clean.clean_probability import clean_probability
from famus_ext.train.pseudo_clean.division import Division, divide
from famus_ext.train.pseudo_clean.draws import Draw, draw_epoch
from famus_ext.train.pseudo_clean.ensemble import Ensemble
from famus_ext.train.pseudo_clean.learner import Learner
from famus_ext.train.pseudo_clean.views import Views, two_views
from famus_ext.train.recording.evaluation import predictions
from famus_ext.train.trainer import PreparedStep, Trainer


class PseudoCleanTrainer(Trainer):
    """Trains two fresh networks without any clean meta set.

    Some epochs of plain cross-entropy warm both up. Each epoch then begins with two divisions of the training set, each
    by one network's losses and for the other; network 1 is trained on its sets, then network 2. Both are tested by the
    mean of their logits.

    An epoch's record is that of all steps of both networks; its weight function is network 1's. The weight of an
    example is the one it had in the step that looked at it last, both views together.

    Source: FaMUS, Algorithm 2.

    Args:
        config: The options of the experiment.
        method: mwnet.
        seed: Decides initial weights, batches and whatever else is random.
        data: The data of that seed, see `NoisyData.meta`.
        device: Where to train.
        processes: This process alone.

    Attributes:
        learners: The two networks with what trains them.
        divisions: The division for each at the start of the epoch at hand, or of the last one; none in the warm-up.

    Raises:
        OptionError: see `Trainer`; and for several processes.
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
        if not processes.alone:
            raise OptionError(f"--meta-set pseudo-clean: expected one process, got {processes.count}")
        super().__init__(config, method, seed, data, device, processes)
        model = make_network(config, data).to(device)
        optimizer = make_optimizer(config.optimizer, model)
        step = make_step(
            config, method, stream_seed(seed, "second network"), model, optimizer, self.loss, data.train.class_sizes
        )
        self.learners = (
            _learner(config, self.model, self.optimizer, self.step),
            _learner(config, model, optimizer, step),
        )
        self.model = Ensemble(*(learner.model for learner in self.learners))
        self.weights = ExampleWeights(len(data.train), normalised=True, device=device)
        self.divisions: tuple[Division, ...] = ()
        self._epoch_steps = 2 * num_batches(len(data.train), config.optimizer.batch_size)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run, if the epochs to come have as many as the one at hand."""
        done = self.steps - (0 if self._log is None else len(self._log))
        return done + (self.config.optimizer.epochs - self.epoch) * self._epoch_steps

    def try_step(self) -> None:
        """See `Trainer.try_step`; both kinds of step are taken."""
        self.model.train()
        some = torch.arange(2 * self.config.schedule.micro_batches).remainder(len(self.data.train))
        draw, size = Draw(some, some, some), len(self.data.train)
        half, everyone = torch.full((size,), 0.5), torch.ones(size, dtype=torch.bool)
        self.divisions = (Division(half, everyone, everyone),) * 2
        for number, learner in enumerate(self.learners):
            images = self.data.train.view(some.to(self.device))
            self._warm_up(learner, images, some)
            views = self.data.train.view(draw.positions.to(self.device))
            self._take(number, draw, (views, views), progress=0.0, seed=0)

    def _set_learning_rate(self, lr: float) -> None:
        """See `Trainer`."""
        for learner in self.learners:
            for group in learner.optimizer.param_groups:
                group["lr"] = lr

    def _prepared_steps(self, done: int) -> Iterator[PreparedStep]:
        """See `Trainer`: those of network 1, then those of network 2."""
        if self.epoch < self.config.pseudo_clean.warmup_epochs:
            yield from self._warm_up_steps(done)
            return
        if done == 0:
            self.divisions = self._divide()
        options = self.config.optimizer.batch_size, self.config.meta_model.meta_batch_size
        draws = [
            draw_epoch(division, *options, generator(self.seed, f"batches {self._stream(number)}"))
            for number, division in enumerate(self.divisions)
        ]
        self._epoch_steps = sum(len(drawn) for drawn in draws)
        for number, drawn in enumerate(draws):
            yield from self._steps_of(number, drawn, done)
            done = max(done - len(drawn), 0)

    def _steps_of(self, number: int, draws: Sequence[Draw], done: int) -> Iterator[PreparedStep]:
        """The steps of one network without the first `done`."""
        seeds = self._augmentation(number, "view 1"), self._augmentation(number, "view 2")
        left = draws[done:]
        views = two_views(self.data.train, [draw.positions for draw in left], seeds, done) if left else ()
        for index, (draw, pair) in enumerate(zip(left, views, strict=True), start=done):
            seed = stream_seed(self.seed, f"mixing {self._stream(number)}, step {index}")
            positions = draw.training.to(self.device)
            yield positions, partial(self._take, number, draw, pair, progress=index / len(draws), seed=seed)

    def _take(self, number: int, draw: Draw, views: Views, *, progress: float, seed: int) -> StepOutput:
        """Meta-Train and Actual-Train of one network; its output has a weight for each of `draw.training`."""
        options, learner = self.config.pseudo_clean, self.learners[number]
        networks = learner.model, self.learners[1 - number].model
        probabilities = self.divisions[number].probabilities.to(self.device)
        inputs = step_inputs(draw, views, self.data.train.labels, probabilities, networks, options, seed)
        learned = self.epoch + progress - options.warmup_epochs
        learner.loss.lambda_u = ramp_up(learned, options.lambda_u, options.ramp_epochs)
        out = learner.step(inputs.x, inputs.y, inputs.x_meta, inputs.y_meta)
        return out if out.weights is None else replace(out, weights=of_examples(out.weights, draw))

    def _warm_up_steps(self, done: int) -> Iterator[PreparedStep]:
        """The steps of an epoch of plain training."""
        size, batch_size = len(self.data.train), self.config.optimizer.batch_size
        for number, learner in enumerate(self.learners):
            batches = epoch_batches(size, batch_size, generator(self.seed, f"batches {self._stream(number)}"))
            left = batches[done:]
            views = self.data.train.views(left, self._augmentation(number, "warm-up"), done) if left else ()
            for batch, x in zip(left, views, strict=True):
                yield batch.to(self.device), partial(self._warm_up, learner, x, batch)
            done = max(done - len(batches), 0)

    def _warm_up(self, learner: Learner, x: Tensor, positions: Tensor) -> StepOutput:
        """Plain training of one network."""
        y = self.data.train.labels[positions.to(self.device)]
        return learner.warm_up(x, y, x[:0], y[:0])

    def _divide(self) -> tuple[Division, ...]:
        """For each network the division by the other's losses, of the training set without augmentation."""
        options, divisions = self.config.pseudo_clean, []
        for number, learner in enumerate(self.learners):
            losses = predictions(learner.model, self.data.train, cross_entropy).losses
            seed = stream_seed(self.seed, f"mixture {self._stream(number)}") % 2**32
            probabilities = clean_probability(losses, seed)
            divisions.append(divide(probabilities, losses, options.p_threshold, options.meta_threshold))
        return tuple(reversed(divisions))

    def _stream(self, number: int) -> str:
        """What the random streams of a network in the epoch at hand are called."""
        return f"{self.epoch}, network {number + 1}"

    def _augmentation(self, number: int, what: str) -> int | None:
        """The seed of an augmentation in the epoch at hand; None for none."""
        if not self.config.data.augmentation:
            return None
        return stream_seed(self.seed, f"augmentation {self._stream(number)}, {what}")

    def state_dict(self) -> dict[str, Any]:
        """See `Trainer.state_dict`."""
        second = self.learners[1]
        return {
            **super().state_dict(),
            "second": {"optimizer": second.optimizer.state_dict(), "step": second.step.state_dict()},
            "warm_up": [learner.warm_up.state_dict() for learner in self.learners],
            "divisions": [division.state_dict() for division in self.divisions],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `Trainer.load_state_dict`."""
        second = self.learners[1]
        second.optimizer.load_state_dict(state["second"]["optimizer"])
        second.step.load_state_dict(state["second"]["step"])
        for learner, stored in zip(self.learners, state["warm_up"], strict=True):
            learner.warm_up.load_state_dict(stored)
        self.divisions = tuple(Division(**stored) for stored in state["divisions"])
        super().load_state_dict(state)


def _learner(config: Config, model: nn.Module, optimizer: torch.optim.Optimizer, step: Step) -> Learner:
    """A network with the steps that train it."""
    if not isinstance(step, MetaStep) or not isinstance(step.meta_model, SemiSupervised):
        raise OptionError("--method: expected one with a meta model that weights examples")
    options = config.optimizer, config.recovery
    warm_up = PlainStep(model, optimizer, cross_entropy, options[0].clip_norm, options[1].max_skips)
    return Learner(model, optimizer, step, step.meta_model, warm_up)
