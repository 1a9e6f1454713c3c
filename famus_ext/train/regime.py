"""What a trainer trains, and by which steps: one network by its method's, or two by those of Algorithm 2."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from famus_ext.losses import ExampleLoss
from famus_ext.train.step import Step, StepResult

PreparedStep = tuple[Tensor, Callable[[], StepResult]]
"""Positions `[n]` of a batch in the training set, and the step to take on it."""


class Regime(ABC):
    """The networks of a run with what trains them. Making one draws from the global random state.

    Attributes:
        model: What is tested.
        optimizers: Of the network or networks, which share their learning rate.
        step: The step whose layers and learned weight function the records show.
        loss: Loss of each training example.
        normalised: Whether the weights of a batch sum to 1, see `ExampleWeights`.
        epoch_steps: Steps of the epoch at hand, and of those to come as far as one can know.
    """

    model: nn.Module
    optimizers: tuple[torch.optim.Optimizer, ...]
    step: Step
    loss: ExampleLoss
    normalised: bool
    epoch_steps: int

    @abstractmethod
    def steps(self, epoch: int, done: int) -> Iterator[PreparedStep]:
        """The steps of an epoch, from 0, without the first `done`, each with what it needs at hand."""

    @abstractmethod
    def try_step(self) -> None:
        """Takes a step of every kind on a few examples."""

    @abstractmethod
    def state_dict(self, *, within_epoch: bool) -> dict[str, Any]:
        """Everything that the steps to come depend on, but for the global random state.

        Args:
            within_epoch: Whether those that come first are the rest of an epoch.
        """

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gave; entries of other names are left alone."""
