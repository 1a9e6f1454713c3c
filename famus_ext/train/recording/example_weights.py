"""The weight that a method learned for every training example."""

from __future__ import annotations

import torch
from torch import Tensor

WINDOW = 5
"""Epochs over which an example's weight is averaged. L2R draws a new weight from every batch, and one draw is noisy."""


class ExampleWeights:
    """Weights of the last few epochs, one an example and epoch, in units of plain training.

    A weight of 1 is what plain cross-entropy gives every example. L2R's weights sum to 1 over a batch, so they are
    multiplied by the batch size; MW-Net's, whose losses are averaged, are already in that unit.

    Args:
        num_examples: N.
        normalised: Whether the weights of a batch sum to 1.
        device: Where they are kept.
    """

    def __init__(self, num_examples: int, *, normalised: bool, device: torch.device | str = "cpu") -> None:
        self._normalised = normalised
        self._epochs = torch.empty(0, num_examples, device=device)

    def start_epoch(self) -> None:
        """Makes room for an epoch's weights, 1 until an example is seen, and forgets epochs beyond the window."""
        fresh = self._epochs.new_ones(1, self._epochs.shape[1])
        self._epochs = torch.cat([self._epochs, fresh])[-WINDOW:]

    def add(self, indices: Tensor, weights: Tensor | None) -> None:
        """Notes a batch's weights `[n]` for the examples `indices` `[n]`; None is plain training."""
        if weights is not None:
            scale = len(indices) if self._normalised else 1
            self._epochs[-1, indices] = (weights * scale).to(self._epochs.dtype)

    @property
    def latest(self) -> Tensor:
        """Weights of the epoch at hand, `[N]`."""
        return self._epochs[-1]

    @property
    def mean(self) -> Tensor:
        """Mean over the window, `[N]`."""
        return self._epochs.mean(dim=0)

    def state_dict(self) -> dict[str, Tensor]:
        """The window, `[epochs, N]`."""
        return {"epochs": self._epochs}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Takes what `state_dict` gave."""
        self._epochs = state["epochs"].to(self._epochs)
