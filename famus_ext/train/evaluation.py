"""How good a network is: test accuracy, and the loss of every training example."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from famus_ext.data import LabelledImages

EVALUATION_BATCH = 1000  # images a forward pass: bounds the memory, changes no number


def accuracy(model: nn.Module, data: LabelledImages) -> float:
    """Share of examples whose largest logit is their label's, in evaluation mode."""
    return int((_logits(model, data.images).argmax(dim=1) == data.labels).sum()) / len(data)


def example_losses(model: nn.Module, data: LabelledImages) -> Tensor:
    """Cross-entropy of every example under its given label, `[N]`, in evaluation mode."""
    return functional.cross_entropy(_logits(model, data.images), data.labels, reduction="none")


@torch.no_grad()
def _logits(model: nn.Module, images: Tensor) -> Tensor:
    """Logits `[N, C]` in evaluation mode; the mode that the network was in comes back."""
    training = model.training
    model.eval()
    logits = torch.cat([model(part) for part in torch.split(images, EVALUATION_BATCH)])
    model.train(training)
    return logits
