"""A row of a table, ready to run."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from rivals.by_hand import DoubleBackwardStep, PlainStep, PublicDoubleBackwardStep
from rivals.forward import ForwardModeStep, OneSidedDifferenceStep
from rivals.packages import BettyStep, CompiledPlainStep, TorchOptStep
from torch import Tensor, nn

import famus_ext as famus
from famus_ext.models import wide_resnet
from meta_steps.group_norm import with_group_norm
from meta_steps.predicted import PLAIN_STEP, Work, forward_passes
from meta_steps.tables import Row, Table

# The paper's settings for WRN-28-10.
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.05, 0.9, 5e-4
NUM_CLASSES = 10
META_MODELS = {"MWNet": famus.MWNet, "L2R": famus.L2R, "MLC": partial(famus.MLC, NUM_CLASSES)}
RIVALS = {
    "compiled plain": CompiledPlainStep,
    "rival": DoubleBackwardStep,
    "public rival": PublicDoubleBackwardStep,
    "forward mode": ForwardModeStep,
    "one-sided difference": OneSidedDifferenceStep,
    "torchopt": TorchOptStep,
    "betty": BettyStep,
}


@dataclass(frozen=True)
class Prediction:
    """What steps should cost, in the mean over them.

    Attributes:
        forward_passes: see `predicted`.
        times_plain: the same as a multiple of plain SGD.
        above_lowest_active: φ, the part of a forward pass above the lowest active layer; None for a rival.
    """

    forward_passes: float
    times_plain: float
    above_lowest_active: float | None


class Trial:
    """One row: every call takes one step on the same batch. Trials of equal seed begin in the same state."""

    def __init__(self, row: Row, table: Table, device: torch.device, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.row = row
        self.batch = (*_random_batch(table.batch, device), *_random_batch(table.meta_batch, device))
        self.model = _network(table).to(device)
        self.meta_model = META_MODELS[row.meta_model]().to(device)
        self.sampler = _sampler(row, self.model)
        self.step = self._step(row)
        self.gates: list[Tensor] = []

    def __call__(self) -> dict[str, Tensor]:
        """Take one step and return the meta gradient, by the names of θ."""
        output = self.step(*self.batch)
        if output.gates is not None:
            self.gates.append(output.gates)
        return output.meta_grads

    def gradients(self) -> dict[str, Tensor]:
        """Gradients that the optimizer has taken last, by the names of w."""
        return {name: parameter.grad for name, parameter in self.model.named_parameters()}

    def weights(self) -> dict[str, Tensor]:
        """The network's weights as they are now, a copy by the names of w."""
        return {name: parameter.detach().clone() for name, parameter in self.model.named_parameters()}

    def active_layers(self, steps: int) -> float | None:
        """Mean number of layers whose gate was open in the last steps; None for a rival, which has no gates."""
        return torch.stack(self.gates[-steps:]).sum(1).mean().item() if self.gates else None

    def active(self, steps: int) -> list[list[str]]:
        """Names of the layers whose gate was open, step by step; once all of them for a rival, which has no gates."""
        names = [layer.name for layer in self.sampler.layers_of(self.model)]
        opened = [[name for name, gate in zip(names, gates.tolist(), strict=True) if gate > 0] for gates in self.gates]
        return opened[-steps:] or [names]

    def prediction(self, steps: int) -> Prediction:
        """What the last steps should have cost, with the gates that were open in them."""
        x, _, x_meta, _ = self.batch
        work, recent = Work.of(self.model, x[:1]), self.active(steps)
        passes = statistics.fmean(forward_passes(self.row, work, active, len(x_meta) / len(x)) for active in recent)
        above = statistics.fmean(map(work.above, recent)) if self.gates else None
        return Prediction(passes, passes / PLAIN_STEP, above)

    def _step(self, row: Row) -> Callable[..., Any]:
        optimizer = torch.optim.SGD(
            self.model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY
        )
        if row.engine == "plain":
            return PlainStep(self.model, optimizer)
        if row.engine in RIVALS:
            return RIVALS[row.engine](self.model, optimizer, self.meta_model)
        return famus.MetaStep(
            self.model,
            optimizer,
            meta_model=self.meta_model,
            sampler=self.sampler,
            engine=row.engine,
            schedule=row.schedule,
            micro_batches=row.micro_batches,
            recompute=row.recompute,
            capture=row.capture,
            lambda_r=row.lambda_r,
            lambda_g=row.lambda_g,
        )


def _random_batch(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Images [size, 3, 32, 32] and labels [size] as in CIFAR-10, without the data."""
    return torch.randn(size, 3, 32, 32).to(device), torch.randint(NUM_CLASSES, (size,)).to(device)


def _network(table: Table) -> nn.Module:
    """The network of a table."""
    network = wide_resnet(table.depth, table.width, NUM_CLASSES)
    return network if table.norm == "batch" else with_group_norm(network)


def _sampler(row: Row, model: nn.Module) -> famus.Sampler:
    """The sampler of a row. Random layers are drawn alike in every trial."""
    if row.layers == "every":
        return famus.AllLayers()
    if row.layers == "block":
        return famus.Block(row.number)
    if row.layers == "random":
        return famus.RandomLayers(row.number)
    return famus.GumbelSampler(model, row.number, credit_inactive=row.credit_inactive)
