"""Mean and variance of the meta gradient over the steps of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from famus_ext._widest import widest_dtype


class MomentSummary(NamedTuple):
    """The moments of a gradient in three numbers: a point of FaMUS, Figure 4.

    Attributes:
        steps: T, how many gradients were added.
        mean: (1/P) Σ_p mean_p, over all P entries; NaN without a gradient.
        variance: (1/P) Σ_p var_p, the mean over the entries of each one's variance over the steps; NaN with fewer than
            two gradients.
    """

    steps: int
    mean: float
    variance: float


class GradientMoments:
    """Running mean and variance of each entry of a gradient, over the steps t = 1..T.

        mean = (1/T) Σ_t g_t,    variance = 1/(T - 1) Σ_t (g_t - mean)²

    Updated one gradient at a time and in float64, so that a mean far larger than the spread costs no digits; on a GPU
    of Apple's, which has no float64, in float32. The variance is the unbiased one; of a single gradient it is NaN, as
    there is none. All gradients have the names and shapes of the first: where they depend on the batch (L2R's ε [N]),
    leave the smaller last batch of an epoch out.

    Source: FaMUS, Figure 4; the update is Welford's, "Note on a Method for Calculating Corrected Sums of Squares and
    Products", Technometrics 1962.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all gradients, and their names and shapes: for a new epoch."""
        self._steps = 0
        self._mean: dict[str, Tensor] = {}
        self._squares: dict[str, Tensor] = {}

    def __len__(self) -> int:
        """T, how many gradients were added."""
        return self._steps

    @property
    def mean(self) -> dict[str, Tensor]:
        """The mean by name, in the widest dtype of the device; empty without a gradient."""
        return {name: mean.clone() for name, mean in self._mean.items()}

    @property
    def variance(self) -> dict[str, Tensor]:
        """The unbiased variance by name, likewise; NaN with one gradient, empty without any."""
        if self._steps == 1:
            return {name: torch.full_like(squares, math.nan) for name, squares in self._squares.items()}
        return {name: squares / (self._steps - 1) for name, squares in self._squares.items()}

    @torch.no_grad()
    def add(self, gradients: Mapping[str, Tensor]) -> None:
        """Add the gradient of one step, by name: `StepOutput.meta_grads`.

        Raises:
            TypeError: It is not a mapping to floating-point tensors.
            ValueError: It has no entry, or other names or shapes than the first.
        """
        self._check(gradients)
        if not self._steps:
            zeros = {name: torch.zeros_like(g, dtype=widest_dtype(g.device)) for name, g in gradients.items()}
            self._mean, self._squares = zeros, {name: zero.clone() for name, zero in zeros.items()}
        self._steps += 1
        for name, gradient in gradients.items():
            mean = self._mean[name]
            deviation = gradient.to(mean) - mean
            mean += deviation / self._steps
            self._squares[name] += deviation * (gradient.to(mean) - mean)

    def summary(self) -> MomentSummary:
        """Both moments averaged over all entries of all names."""
        return MomentSummary(self._steps, _mean_entry(self._mean), _mean_entry(self.variance))

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes."""
        return {"steps": self._steps, "mean": self.mean, "squares": {n: s.clone() for n, s in self._squares.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken.

        Raises:
            ValueError: The state has other entries.
        """
        if state.keys() != self.state_dict().keys():
            raise ValueError(f"state: expected the entries {sorted(self.state_dict())}, got {sorted(state)}")
        self._steps = int(state["steps"])
        self._mean = {name: mean.clone() for name, mean in state["mean"].items()}
        self._squares = {name: squares.clone() for name, squares in state["squares"].items()}

    def _check(self, gradients: object) -> None:
        """A gradient has entries, and the names and shapes of those before it."""
        if not isinstance(gradients, Mapping):
            raise TypeError(f"gradients: expected a mapping from names to tensors, got {type(gradients).__name__}")
        if not gradients:
            raise ValueError("gradients: expected at least one tensor, got none")
        for name, gradient in gradients.items():
            if not isinstance(gradient, Tensor) or not gradient.is_floating_point():
                kind = gradient.dtype if isinstance(gradient, Tensor) else type(gradient).__name__
                raise TypeError(f"gradients[{name!r}]: expected a floating-point tensor, got {kind}")
        if not self._steps:
            return
        if gradients.keys() != self._mean.keys():
            raise ValueError(f"gradients: expected the names {sorted(self._mean)}, got {sorted(gradients)}")
        for name, gradient in gradients.items():
            if gradient.shape != self._mean[name].shape:
                expected, got = list(self._mean[name].shape), list(gradient.shape)
                raise ValueError(f"gradients[{name!r}]: expected shape {expected}, as before, got {got}")


def _mean_entry(tensors: Mapping[str, Tensor]) -> float:
    """The mean of all entries; NaN without one."""
    entries = sum(tensor.numel() for tensor in tensors.values())
    return sum(float(tensor.sum()) for tensor in tensors.values()) / entries if entries else math.nan
