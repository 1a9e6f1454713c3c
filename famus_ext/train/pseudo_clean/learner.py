"""One of the two networks, with what trains it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from famus_ext.engine.step import MetaStep
from famus_ext.meta_models import SemiSupervised
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
