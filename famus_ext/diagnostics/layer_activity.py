"""Which layers had a meta gradient, over the steps of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from famus_ext._checks import check_positive_integer, check_sequence
from famus_ext.network.layers import Layer


class LayerActivity:
    """The gates r [L] of every step, kept as one bit each: a million steps of 60 layers take 8 MB.

    Args:
        layers: The layers that are gated, l = 1..L: `MetaStep.layers`.

    Attributes:
        names: Their names, L.

    Raises:
        TypeError: `layers` is not a list of layers.
        ValueError: It is empty.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        check_sequence(layers, "layers")
        for index, layer in enumerate(layers):
            if not isinstance(layer, Layer):
                raise TypeError(f"layers[{index}]: expected a layer, got {type(layer).__name__}")
        if not layers:
            raise ValueError("layers: expected at least one layer, got none")
        self.names = tuple(layer.name for layer in layers)
        self._bits = bytearray()

    def __len__(self) -> int:
        """How many steps were added."""
        return len(self._bits) // self._bytes_per_step

    def add(self, gates: Tensor) -> None:
        """Add the gates of one step, r [L] in {0, 1}: `StepOutput.gates`. Waits for the device that they are on.

        Raises:
            TypeError: `gates` is not a tensor.
            ValueError: It is not one number for each layer, or not all are 0 or 1.
        """
        if not isinstance(gates, Tensor):
            raise TypeError(f"gates: expected a tensor, got {type(gates).__name__}")
        if gates.shape != (len(self.names),):
            raise ValueError(f"gates: expected a gate for each layer, [{len(self.names)}], got {list(gates.shape)}")
        values = gates.detach().cpu()
        active = values == 1
        if not bool((active | (values == 0)).all()):
            raise ValueError(f"gates: expected 0 or 1, got {values.tolist()}")
        self._bits += np.packbits(active.numpy()).tobytes()

    def rates(self, window: int = 1) -> Tensor:
        """The share of steps in which each layer was active, by window of steps.

        Args:
            window: Steps a row; 1 is the gates themselves.

        Returns:
            The shares [T, L], float64 in [0, 1], with T the number of steps over the window, rounded up: the last row
            is of the steps that are left.

        Raises:
            TypeError, ValueError: The window is not a positive integer.
        """
        check_positive_integer(window, "window")
        packed = np.frombuffer(bytes(self._bits), np.uint8).reshape(-1, self._bytes_per_step)
        gates = np.unpackbits(packed, axis=1, count=len(self.names))
        starts = np.arange(0, len(gates), window)
        steps = np.diff(starts, append=len(gates))
        # numpy refuses a sum over no windows.
        active = np.add.reduceat(gates, starts, axis=0, dtype=np.int64) if len(gates) else gates
        return torch.from_numpy(active / steps[:, None])

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes: the layers' names, and the bits of the gates, uint8 [bytes]."""
        bits = torch.from_numpy(np.frombuffer(bytearray(self._bits), np.uint8))
        return {"names": list(self.names), "bits": bits}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken.

        Raises:
            ValueError: The state has other entries, or is of other layers.
        """
        if state.keys() != {"names", "bits"}:
            raise ValueError(f"state: expected the entries ['bits', 'names'], got {sorted(state)}")
        if tuple(state["names"]) != self.names:
            raise ValueError(f"state: expected the layers {list(self.names)}, got {list(state['names'])}")
        self._bits = bytearray(state["bits"].cpu().numpy().tobytes())

    @property
    def _bytes_per_step(self) -> int:
        """Eight gates a byte; every step starts a byte of its own."""
        return -(-len(self.names) // 8)
