"""A row of a table, ready to run."""

from collections.abc import Callable
from typing import Any

import torch
from rivals import DoubleBackwardStep, PlainStep, PublicDoubleBackwardStep
from tables import Row, Table
from torch import Tensor, nn

import famus_ext as famus
from famus_ext.models import wide_resnet

# The paper's settings for WRN-28-10.
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.05, 0.9, 5e-4
EXPECTED_LAYERS = 4


class Trial:
    """One row: every call takes one step on the same batch. Trials of equal seed begin in the same state."""

    def __init__(self, row: Row, table: Table, device: torch.device, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.batch = (*_random_batch(table.batch, device), *_random_batch(table.meta_batch, device))
        self.model = wide_resnet(table.depth, table.width).to(device)
        self.meta_model = getattr(famus, row.meta_model)().to(device)
        self.sampler = _sampler(row, table, self.model)
        self.step = self._step(row)
        self.gates: list[Tensor] = []

    def __call__(self) -> dict[str, Tensor]:
        """Take one step and return the meta gradient, by the names of θ."""
        output = self.step(*self.batch)
        if output.gates is not None:
            self.gates.append(output.gates)
        return output.meta_grads

    def gradients(self) -> dict[str, Tensor]:
        """Gradients of the last Actual-Train, by the names of w."""
        return {name: parameter.grad for name, parameter in self.model.named_parameters()}

    def active_layers(self, steps: int) -> float | None:
        """Mean number of layers whose gate was open in the last steps; None for a rival, which has no gates."""
        return torch.stack(self.gates[-steps:]).sum(1).mean().item() if self.gates else None

    def _step(self, row: Row) -> Callable[..., Any]:
        optimizer = torch.optim.SGD(
            self.model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY
        )
        if row.engine == "plain":
            return PlainStep(self.model, optimizer)
        if row.engine == "rival":
            return DoubleBackwardStep(self.model, optimizer, self.meta_model)
        if row.engine == "public rival":
            return PublicDoubleBackwardStep(self.model, optimizer, self.meta_model)
        weights = {"lambda_r": row.lambda_r, "lambda_g": row.lambda_g}
        return famus.MetaStep(
            self.model,
            optimizer,
            meta_model=self.meta_model,
            sampler=self.sampler,
            engine=row.engine,
            **{name: weight for name, weight in weights.items() if weight is not None},
        )


def _random_batch(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Images [size, 3, 32, 32] and labels [size] as in CIFAR-10, without the data."""
    return torch.randn(size, 3, 32, 32).to(device), torch.randint(10, (size,)).to(device)


def _sampler(row: Row, table: Table, model: nn.Module) -> nn.Module:
    """The sampler of a row; blocks are numbered from 1, as in the paper's Table 4."""
    if row.layers == "every":
        return famus.AllLayers()
    if row.layers == "sampled":
        return famus.GumbelSampler(model, EXPECTED_LAYERS, credit_inactive=row.credit_inactive)
    return famus.Block(f"blocks.{row.layers - 1 if row.layers > 0 else table.blocks + row.layers}")
