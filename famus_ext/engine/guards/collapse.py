"""Finding out that meta-learning learns nothing any more, which shows in no error and in few loss curves."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from famus_ext._checks import check_positive_integer
from famus_ext._widest import widened
from famus_ext.engine.output import StepOutput
from famus_ext.errors import CollapseWarning

SIGNS = {
    "weights": (
        "every example's weight was 0",
        "so the network no longer learns. Likely causes: a learning rate of θ that is too high, or a trusted set that "
        "no training example agrees with (are its labels right, and in the same order of classes?)",
    ),
    "gates": (
        "no layer was active",
        "so the meta model learns from none. Likely causes: a learning rate of the sampler that is too high, or "
        "lambda_r too small to hold the gates at expected_layers",
    ),
    "gradient": (
        "the meta gradient was 0",
        "so the meta model no longer changes. Likely causes: a learning rate of the network of 0, a saturated meta "
        "model (all weights 0 or 1), or a trusted set that the network fits perfectly",
    ),
}
"""What is watched -> what was seen, and what follows from it; a sign explains those after it."""


class CollapseWatch:
    """Warns, once a sign, when it holds in every meta step of a window: all weights 0, no layer active, ∂L/∂θ = 0.

    The largest value of each sign stays on the device and is read at the window's end, so a step waits for nothing.

    Args:
        window: Meta steps that a sign must hold for.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        self._steps = 0
        self._largest: dict[str, Tensor] = {}
        self._said: set[str] = set()

    @classmethod
    def of(cls, window: int | None) -> CollapseWatch | None:
        """One of this window; None for none.

        Raises:
            TypeError, ValueError: The window is no positive integer.
        """
        return None if window is None else cls(check_positive_integer(window, "collapse_window"))

    def add(self, output: StepOutput) -> None:
        """Look at a step; one without a meta step does not count."""
        if output.meta_loss is None:
            return
        for sign, value in _signs(output).items():
            known = self._largest.get(sign)
            self._largest[sign] = value if known is None else torch.maximum(known, value)
        self._steps += 1
        if self._steps == self.window:
            self._judge()
            self._steps, self._largest = 0, {}

    def _judge(self) -> None:
        """Warn of the first sign that held all along."""
        held = next((sign for sign in SIGNS if sign in self._largest and not float(self._largest[sign])), None)
        if held is None or held in self._said:
            return
        self._said.add(held)
        seen, consequence = SIGNS[held]
        # The line that called the step: above this method are `add` and the step itself.
        warnings.warn(f"{seen} in {self.window} meta steps in a row, {consequence}", CollapseWarning, stacklevel=4)


@torch.no_grad()
def _signs(output: StepOutput) -> dict[str, Tensor]:
    """A number a sign, 0-d, which is 0 where it holds."""
    signs = {"gates": widened(output.gates.sum())}
    if output.weights is not None:
        signs["weights"] = widened(output.weights.abs().max())
    if output.meta_grads:
        signs["gradient"] = torch.stack(
            [widened(g) for g in torch._foreach_norm(list(output.meta_grads.values()))]
        ).max()
    return signs
