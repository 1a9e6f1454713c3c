"""How good a network is: test accuracy, and the loss of every training example."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from famus_ext.data import LabelledSet
from famus_ext.engine.agreement import share_buffers
from famus_ext.engine.processes import ALONE, Processes
from famus_ext.losses import ExampleLoss
from famus_ext.train.processes import own_part, rows_of_all

EVALUATION_BATCH = 1000  # images a forward pass at most: bounds the memory, changes no number
EVALUATION_VALUES = 2**23  # entries a forward pass at most, 55 images of 224x224 pixels


def accuracy(model: nn.Module, data: LabelledSet, processes: Processes = ALONE) -> float:
    """Share of examples whose largest logit is their label's, in evaluation mode; each process looks at a part."""
    return int((_logits(model, data, processes).argmax(dim=1) == data.labels).sum()) / len(data)


@torch.no_grad()
def example_losses(model: nn.Module, data: LabelledSet, loss: ExampleLoss, processes: Processes = ALONE) -> Tensor:
    """Loss of every example under its given label, `[N]`, in evaluation mode; each process looks at a part."""
    return loss(_logits(model, data, processes), data.labels)


@torch.no_grad()
def _logits(model: nn.Module, data: LabelledSet, processes: Processes) -> Tensor:
    """Logits `[N, C]` in evaluation mode, by parts; the mode that the network was in comes back."""
    share_buffers(model, processes)
    # A process without an example would have no logits to send.
    processes = processes if len(data) >= processes.count else ALONE
    own = own_part(torch.arange(len(data)), processes)
    training = model.training
    model.eval()
    size = max(min(EVALUATION_BATCH, EVALUATION_VALUES // math.prod(data.image_shape)), 1)
    logits = torch.cat([model(images) for images in data.views(torch.split(own, size))])
    model.train(training)
    return rows_of_all(logits, len(data), processes)
