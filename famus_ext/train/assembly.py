"""From options to objects: the data, the network, its optimizer and the step of one run.

A new data set or network is a line in `DATASETS`; a new method or sampler a branch in the function of its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

import famus_ext as famus
from famus_ext.data import LabelledImages, NoisyData, load_digits, make_noisy
from famus_ext.models import DigitsNet
from famus_ext.network.layers import layers
from famus_ext.train.config import DataOptions, MetaOptions, Method, OptimizerOptions, OptionError
from famus_ext.train.plain_step import PlainStep

GATE_MOMENTUM = 0.9  # the paper's, for the gradient sampler's optimizer


@dataclass(frozen=True)
class Dataset:
    """A clean source of images and the network that is trained on it, made for a number of classes."""

    load: Callable[[], LabelledImages]
    network: Callable[[int], nn.Module]


DATASETS = {"digits": Dataset(load_digits, DigitsNet)}


class StepOutput(Protocol):
    """What the trainer reads from one step."""

    @property
    def loss(self) -> Tensor:
        """Training loss, 0-d, detached."""

    @property
    def weights(self) -> Tensor | None:
        """Weights `[N]` of the batch's losses; None where every example counts the same."""

    @property
    def gates(self) -> Tensor:
        """1 for every layer with a meta gradient, else 0, `[L]`; empty for a step without one."""


class Step(Protocol):
    """One training step: `famus_ext.MetaStep`, `PlainStep` or anything with their face."""

    def __call__(self, x: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> StepOutput:
        """Trains on one batch and one meta batch."""

    def state_dict(self) -> dict[str, Any]:
        """State beyond the network's and its optimizer's: meta model, sampler, their optimizers."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gave."""


def make_data(options: DataOptions, seed: int) -> NoisyData:
    """The data of one seed, on the CPU.

    Raises:
        OptionError: when the data set is too small for the meta and test sets asked for.
    """
    source = DATASETS[options.dataset].load()
    try:
        return make_noisy(source, options.noise_type, options.noise_rate, options.num_meta, options.num_test, seed)
    except ValueError as error:
        raise OptionError(f"--dataset {options.dataset}: {error}") from error


def make_network(options: DataOptions, num_classes: int) -> nn.Module:
    """The data set's network with fresh weights, drawn from PyTorch's global random state."""
    return DATASETS[options.dataset].network(num_classes)


def make_optimizer(options: OptimizerOptions, model: nn.Module) -> torch.optim.Optimizer:
    """SGD of the network."""
    return torch.optim.SGD(
        model.parameters(), lr=options.lr, momentum=options.momentum, weight_decay=options.weight_decay
    )


def learning_rate(options: OptimizerOptions, epoch: int) -> float:
    """α in `epoch` (from 0): divided by 10 at every milestone passed.

    It depends on the epoch alone, never on the number of epochs, so a longer run begins like a shorter one.
    """
    return options.lr * 0.1 ** sum(epoch >= milestone for milestone in options.lr_milestones)


def make_step(options: MetaOptions, method: Method, model: nn.Module, optimizer: torch.optim.Optimizer) -> Step:
    """The step of `method`, with meta model and sampler on the network's device.

    Raises:
        OptionError: when the sampler is asked for more layers than the network has.
    """
    if method == "ce":
        return PlainStep(model, optimizer)
    device = next(model.parameters()).device
    meta_model = (famus.MWNet() if method == "mwnet" else famus.L2R()).to(device)
    sampler = make_sampler(options, model).to(device)
    # L2R's weights are made anew for every batch and take no optimizer.
    meta_optimizer = _sgd(meta_model, options.meta_lr) if method == "mwnet" else None
    return famus.MetaStep(
        model,
        optimizer,
        meta_model=meta_model,
        sampler=sampler,
        engine=options.engine,
        meta_optimizer=meta_optimizer,
        sampler_optimizer=_sgd(sampler, options.gate_lr, GATE_MOMENTUM),
    )


def make_sampler(options: MetaOptions, model: nn.Module) -> famus.Sampler:
    """The gradient sampler that the options name.

    Raises:
        OptionError: when it is asked for more layers than the network has.
    """
    num_layers = len(layers(model))
    if options.sampler == "gumbel":
        _check_layers("--expected-layers", options.expected_layers, num_layers)
        return famus.GumbelSampler(model, expected_layers=options.expected_layers)
    if options.sampler == "last":
        _check_layers("--last-layers", options.last_layers, num_layers)
        return famus.LastLayers(options.last_layers)
    return famus.AllLayers()


def _sgd(module: nn.Module, lr: float, momentum: float = 0.0) -> torch.optim.Optimizer | None:
    """SGD of a module's parameters, None where it has none."""
    parameters = list(module.parameters())
    return torch.optim.SGD(parameters, lr=lr, momentum=momentum) if parameters else None


def _check_layers(option: str, wanted: float, num_layers: int) -> None:
    if wanted > num_layers:
        raise OptionError(f"{option}: expected at most {num_layers}, the network's layers, got {wanted}")
