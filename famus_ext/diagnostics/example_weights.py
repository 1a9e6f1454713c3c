"""The weight that a method learned for every training example."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from famus_ext._checks import check_flag, check_positive_integer, check_tensor

WINDOW = 5
"""Epochs over which an example's weight is averaged. L2R draws a new weight from every batch, and one draw is noisy."""


class ExampleWeights:
    """Weights of the last 5 epochs, one an example and epoch, in units of plain training.

    A weight of 1 is what plain cross-entropy gives every example. L2R's weights sum to 1 over a batch, so they are
    multiplied by the batch size; MW-Net's, whose losses are averaged, are already in that unit.

    In a loop of one's own, whose data set gives each example's number:

        >>> import torch
        >>> import famus_ext as famus
        >>> weights = famus.ExampleWeights(4, normalised=True)  # of L2R
        >>> for batch_weights in ([0.0, 1.0], [0.5, 0.5]):  # out.weights of `MetaStep`
        ...     weights.start_epoch()
        ...     weights.add(torch.tensor([3, 0]), torch.tensor(batch_weights))
        >>> weights.mean  # examples 1 and 2 have not been seen
        tensor([1.5000, 1.0000, 1.0000, 0.5000])

    Args:
        num_examples: N.
        normalised: Whether the weights of a batch sum to 1: L2R's do, and those of `MWNet(normalised=True)`.
        device: Where they are kept, float32.

    Raises:
        TypeError, ValueError: An argument is none of these.
    """

    def __init__(self, num_examples: int, *, normalised: bool, device: torch.device | str = "cpu") -> None:
        check_positive_integer(num_examples, "num_examples")
        self._normalised = check_flag(normalised, "normalised")
        self._epochs = torch.empty(0, num_examples, device=_device(device))

    def start_epoch(self) -> None:
        """Makes room for an epoch's weights, 1 until an example is seen, and forgets epochs beyond the window."""
        fresh = self._epochs.new_ones(1, self._epochs.shape[1])
        self._epochs = torch.cat([self._epochs, fresh])[-WINDOW:]

    def add(self, indices: Tensor, weights: Tensor | None) -> None:
        """Notes a batch's weights; of an example's in one epoch the last counts. The first batch starts an epoch.

        Args:
            indices: The examples' numbers in 0..N - 1, int64 [n]; on a GPU the range is not looked at, which would wait
                for it.
            weights: Their weights [n]: `StepOutput.weights`. None is plain training, which changes nothing.

        Raises:
            TypeError: One is not a tensor, or of another kind of numbers.
            ValueError: There is not a weight for each example, or no such example.
        """
        self._check(indices, weights)
        if not len(self._epochs):
            self.start_epoch()
        if weights is not None:
            scale = len(indices) if self._normalised else 1
            self._epochs[-1, indices.to(self._epochs.device)] = (weights.detach() * scale).to(self._epochs)

    @property
    def latest(self) -> Tensor:
        """Weights of the epoch at hand, [N]."""
        return self._window[-1].clone()

    @property
    def mean(self) -> Tensor:
        """Mean over the window, [N]."""
        return self._window.mean(dim=0)

    def state_dict(self) -> dict[str, Tensor]:
        """What `load_state_dict` takes: the window, [epochs, N]."""
        return {"epochs": self._epochs.clone()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on where `state_dict` was taken.

        Raises:
            ValueError: The state has other entries, or is of another number of examples.
        """
        if state.keys() != {"epochs"}:
            raise ValueError(f"state: expected the entries ['epochs'], got {sorted(state)}")
        epochs, num_examples = state["epochs"], self._epochs.shape[1]
        if epochs.ndim != 2 or epochs.shape[1] != num_examples:
            raise ValueError(f"state: expected the weights of {num_examples} examples, got {list(epochs.shape)}")
        self._epochs = epochs.to(self._epochs, copy=True)

    @property
    def _window(self) -> Tensor:
        """The epochs' weights; before the first epoch, those of plain training."""
        return self._epochs if len(self._epochs) else self._epochs.new_ones(1, self._epochs.shape[1])

    def _check(self, indices: object, weights: object) -> None:
        """Raise unless there is a weight for each of some examples."""
        if not isinstance(indices, Tensor):
            raise TypeError(f"indices: expected a tensor, got {type(indices).__name__}")
        if indices.dtype != torch.int64:
            raise TypeError(f"indices: expected int64, got {indices.dtype}")
        if indices.ndim != 1:
            raise ValueError(f"indices: expected a number for each example, [n], got {list(indices.shape)}")
        if weights is not None:
            check_tensor(weights, "weights")
            if isinstance(weights, Tensor) and weights.shape != indices.shape:
                expected = f"one for each of indices, {list(indices.shape)}"
                raise ValueError(f"weights: expected {expected}, got {list(weights.shape)}")
        if indices.is_cpu and len(indices):
            least, most = (int(index) for index in indices.aminmax())
            if least < 0 or most >= self._epochs.shape[1]:
                raise ValueError(f"indices: expected 0 to {self._epochs.shape[1] - 1}, got {least} to {most}")


def _device(device: object) -> torch.device:
    """The device; raise unless it is one, or the name of one."""
    if not isinstance(device, torch.device | str):
        raise TypeError(f"device: expected a torch.device or its name, got {type(device).__name__}")
    try:
        return torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device: expected a device such as 'cpu' or 'cuda:0', got {device!r}") from error
