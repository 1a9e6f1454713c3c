"""How good a network is: test accuracy, and the loss of every training example."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from famus_ext.data import LabelledImages
from famus_ext.losses import ExampleLoss

EVALUATION_BATCH = 1000  # images a forward pass: bounds the memory, changes no number


def accuracy(model: nn.Module, data: LabelledImages) -> float:
    """Share of examples whose largest logit is their label's, in evaluation mode."""
    return int((_logits(model, data.images).argmax(dim=1) == data.labels).sum()) / len(data)


@torch.no_grad()
def example_losses(model: nn.Module, data: LabelledImages, loss: ExampleLoss) -> Tensor:
    """Loss of every example under its given label, `[N]`, in evaluation mode."""
    return loss(_logits(model, data.images), data.labels)


@torch.no_grad()
def _logits(model: nn.Module, images: Tensor) -> Tensor:
    """Logits `[N, C]` in evaluation mode, by parts; the mode that the network was in comes back."""
    training = model.training
    model.eval()
    logits = torch.cat([model(part) for part in torch.split(images, EVALUATION_BATCH)])
    model.train(training)
    return logits
