"""How good a network is: on the test set, and on every training example."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from famus_ext._widest import widened
from famus_ext.data import LabelledSet
from famus_ext.engine.distributed.agreement import share_buffers
from famus_ext.engine.distributed.processes import ALONE, Processes
from famus_ext.losses import ExampleLoss, cross_entropy
from famus_ext.train.processes import own_part, rows_of_all

EVALUATION_BATCH = 1000  # images a forward pass at most: bounds the memory, changes no number
EVALUATION_VALUES = 2**23  # entries a forward pass at most, 55 images of 224x224 pixels


@dataclass(frozen=True)
class Predictions:
    """What a network makes of N examples, in evaluation mode.

    Attributes:
        losses: Loss of each under its given label, `[N]`.
        labels: The label that it holds for likeliest, int64 `[N]`.
        probabilities: That label's probability, `[N]`.
        given_probabilities: The given label's probability, `[N]`.
    """

    losses: Tensor
    labels: Tensor
    probabilities: Tensor
    given_probabilities: Tensor

    def cpu(self) -> Predictions:
        """The same on the CPU."""
        return Predictions(
            self.losses.cpu(), self.labels.cpu(), self.probabilities.cpu(), self.given_probabilities.cpu()
        )


@torch.no_grad()
def accuracy_and_loss(model: nn.Module, data: LabelledSet, processes: Processes = ALONE) -> tuple[float, float]:
    """Share of examples whose largest logit is their label's, and mean cross-entropy, in evaluation mode.

    Each process looks at a part.
    """
    logits = _logits(model, data, processes)
    right = int((logits.argmax(dim=1) == data.labels).sum())
    return right / len(data), float(cross_entropy(widened(logits), data.labels).mean())


@torch.no_grad()
def predictions(model: nn.Module, data: LabelledSet, loss: ExampleLoss, processes: Processes = ALONE) -> Predictions:
    """What the network makes of every example, in evaluation mode; each process looks at a part."""
    logits = _logits(model, data, processes)
    given = data.labels[:, None]
    probabilities = logits.softmax(dim=1)
    largest, labels = probabilities.max(dim=1)
    return Predictions(loss(logits, data.labels), labels, largest, probabilities.gather(1, given).squeeze(1))


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
