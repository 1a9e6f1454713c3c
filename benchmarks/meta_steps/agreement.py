"""Do the rows of a table compute the same step? Asked before any of them is timed."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass

import torch
from torch import Tensor

from meta_steps.tables import Row
from meta_steps.trial import Trial

# Rounding in float32 leaves some 1e-6 through a network with BatchNorm; a missing term leaves 1e-2 and more.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Agreement:
    """Relative errors of a row's first step against its reference row; of an approximate row's meta gradient alone.

    Attributes:
        meta_gradient: error of the gradients of θ and, for a learned sampler, of the change of η.
        gradient: error of the gradients of w that the optimizer took: in the paper's schedule with the updated θ.
        weights: error of the change of w.
    """

    meta_gradient: float
    gradient: float | None
    weights: float | None


@dataclass(frozen=True)
class _FirstStep:
    """What one step computed, by the names of θ and η, and of w."""

    meta_gradient: dict[str, Tensor]
    gradient: dict[str, Tensor]
    weights: dict[str, Tensor]


def first_steps(rows: tuple[Row, ...], trials: Mapping[str, Trial], seed: int = 0) -> dict[str, Agreement]:
    """Let every trial take its first step, all from the same random numbers, and compare where a row asks for it.

    Raises:
        ArithmeticError: a row's step is not that of its reference, or the reference's meta gradient is zero.
    """
    steps = {row.name: _first_step(trials[row.name], seed) for row in rows}
    found: dict[str, Agreement] = {}
    for row in rows:
        if row.same_gradient_as is None:
            continue
        step, reference = steps[row.name], steps[row.same_gradient_as]
        if not any(grad.any() for grad in reference.meta_gradient.values()):
            raise ArithmeticError(f"the meta gradient of {row.same_gradient_as!r} is zero, which can show nothing")
        meta_gradient = relative_error(step.meta_gradient, reference.meta_gradient)
        if row.approximate:
            found[row.name] = Agreement(meta_gradient, None, None)
            continue
        agreement = Agreement(
            meta_gradient,
            relative_error(step.gradient, reference.gradient),
            relative_error(step.weights, reference.weights),
        )
        if not max(astuple(agreement)) <= TOLERANCE:
            raise ArithmeticError(f"{row.name!r} does not compute the step of {row.same_gradient_as!r}: {agreement}")
        found[row.name] = agreement
    return found


def _first_step(trial: Trial, seed: int) -> _FirstStep:
    """Take it."""
    torch.manual_seed(seed)
    eta = {name: parameter.detach().clone() for name, parameter in trial.sampler.named_parameters()}
    weights = trial.weights()
    meta_gradient = dict(trial())
    for name, parameter in trial.sampler.named_parameters():
        meta_gradient[f"η.{name}"] = parameter.detach() - eta[name]
    moved = {name: after - weights[name] for name, after in trial.weights().items()}
    return _FirstStep(meta_gradient, trial.gradients(), moved)


def relative_error(values: Mapping[str, Tensor], reference: Mapping[str, Tensor]) -> float:
    """‖values - reference‖ / ‖reference‖ over all tensors together, in float64.

    Raises:
        ArithmeticError: the names differ.
    """
    if values.keys() != reference.keys():
        raise ArithmeticError(f"gradients of {sorted(values)} cannot be compared with those of {sorted(reference)}")
    difference = sum((values[name].double() - reference[name].double()).square().sum().item() for name in reference)
    norm = sum(tensor.double().square().sum().item() for tensor in reference.values())
    if norm == 0:
        return 0.0 if difference == 0 else float("inf")
    return (difference / norm) ** 0.5
