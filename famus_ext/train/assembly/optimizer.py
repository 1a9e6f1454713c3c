"""The network's optimizer and its learning rates."""

from __future__ import annotations

import torch
from torch import nn

from famus_ext.train.options.optimizer import OptimizerOptions


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
