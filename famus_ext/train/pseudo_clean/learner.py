"""One of the two networks, with what trains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from famus_ext.data import NoisyData
from famus_ext.engine.step import MetaStep
from famus_ext.losses import cross_entropy
from famus_ext.meta_models import SemiSupervised
from famus_ext.train.assembly.network import make_network
from famus_ext.train.assembly.optimizer import make_optimizer
from famus_ext.train.assembly.step import make_step
from famus_ext.train.config import Config
from famus_ext.train.options.check import OptionError
from famus_ext.train.plain_step import PlainStep


@dataclass(frozen=True)
class Learner:
    """A network with its own optimizer, meta model and sampler.

    Attributes:
        model: The network.
        optimizer: Its optimizer.
        step: The step after the warm-up, with the meta model `SemiSupervised`.
        loss: That meta model.
        warm_up: The step of the warm-up, by the same optimizer.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    step: MetaStep
    loss: SemiSupervised
    warm_up: PlainStep

    def state_dict(self) -> dict[str, Any]:
        """The states of all of them; the meta model's is part of the step's."""
        return {name: part.state_dict() for name, part in self._parts.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gave."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])

    @property
    def _parts(self) -> dict[str, Any]:
        """What has a state, by name."""
        return {"model": self.model, "optimizer": self.optimizer, "step": self.step, "warm_up": self.warm_up}


def make_learner(config: Config, seed: int, data: NoisyData) -> Learner:
    """A fresh network with what trains it, drawn from the global random state.

    Args:
        config: The options of the experiment.
        seed: Of the sampler, where it draws layers.
        data: The data, on the device of training.

    Raises:
        OptionError: see `make_network` and `make_step`; and for a meta model that does not weight examples.
    """
    model = make_network(config, data).to(data.train.labels.device)
    optimizer = make_optimizer(config.optimizer, model)
    class_sizes = data.train.class_sizes.cpu()
    step = make_step(config, config.method, seed, model, optimizer, cross_entropy, class_sizes)
    if not isinstance(step, MetaStep) or not isinstance(step.meta_model, SemiSupervised):
        raise OptionError("--method: expected one with a meta model that weights examples")
    warm_up = PlainStep(model, optimizer, cross_entropy, config.optimizer.clip_norm, config.recovery.max_skips)
    return Learner(model, optimizer, step, step.meta_model, warm_up)
