"""Do the rows of a table compute the same step? Asked before any of them is timed."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from tables import Row
from torch import Tensor
from trial import Trial

# Rounding in float32 leaves some 1e-6 through a network with BatchNorm; a missing term leaves 1e-2 and more.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Agreement:
    """Relative errors of a row's first step against its reference row.

    Attributes:
        meta_gradient: error of the gradients of θ and, for a learned sampler, of the change of η.
        actual_gradient: error of the gradients of w in Actual-Train, with the updated θ.
    """

    meta_gradient: float
    actual_gradient: float


def first_steps(rows: tuple[Row, ...], trials: Mapping[str, Trial], seed: int = 0) -> dict[str, Agreement]:
    """Let every trial take its first step, all from the same random numbers, and compare where a row asks for it.

    Raises:
        ArithmeticError: a row's gradients are not those of its reference, or the reference's are zero.
    """
    meta: dict[str, dict[str, Tensor]] = {}
    actual: dict[str, dict[str, Tensor]] = {}
    for row in rows:
        torch.manual_seed(seed)
        trial = trials[row.name]
        eta = {name: parameter.detach().clone() for name, parameter in trial.sampler.named_parameters()}
        meta[row.name] = trial()
        for name, parameter in trial.sampler.named_parameters():
            meta[row.name][f"η.{name}"] = parameter.detach() - eta[name]
        actual[row.name] = trial.gradients()
    found: dict[str, Agreement] = {}
    for row in rows:
        reference = row.same_gradient_as
        if reference is None:
            continue
        if not any(grad.any() for grad in meta[reference].values()):
            raise ArithmeticError(f"the meta gradient of {reference!r} is zero, which can show nothing")
        agreement = Agreement(
            relative_error(meta[row.name], meta[reference]), relative_error(actual[row.name], actual[reference])
        )
        if not max(agreement.meta_gradient, agreement.actual_gradient) <= TOLERANCE:
            raise ArithmeticError(f"{row.name!r} does not compute the step of {reference!r}: {agreement}")
        found[row.name] = agreement
    return found


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
