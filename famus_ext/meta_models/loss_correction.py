"""Meta Loss Correction: a learned matrix of label noise, through which the network's prediction is read."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from famus_ext._checks import check_finite, check_positive_integer
from famus_ext.losses.targets import check_num_classes, check_targets, mean_of_positions
from famus_ext.meta_models.protocol import ProjectedMetaModel, TrainingLoss

SMALLEST_FLOOR = 1e-18
"""The least δ: its square is a normal float32 number, so that the second derivative stays finite."""

SIMPLEX_TOLERANCE = 1e-4
"""How far from 1 the sum of a row of the initial matrix may be: estimates are written with four decimals."""


class MLC(ProjectedMetaModel):
    """Meta Loss Correction: ℓ = -(1/N) Σ_i log((Tᵀ softmax(z_i))_{y_i} + δ), where θ = T [C, C].

    T_cd = p(given label d | true class c), so rows lie on the simplex; a soft label y takes -Σ_d y_d log((Tᵀ p)_d + δ).
    After every step of the meta optimizer negative entries become 0 and rows are divided by their sums; a row without
    a positive entry becomes the identity's.

    δ is not part of the method. With it an entry of T that is 0 has an exact and finite slope, -p_c / ((Tᵀ p)_y + δ),
    at most 1/δ; and an example whose label network and T together hold for less likely than δ hardly pulls on the
    network. The default is as good as none. A network that is sure of itself then makes the slope so large that one
    example can overturn a row; a δ of 0.01 to 0.1, or clipped meta gradients, keep it bounded.

    Source: Wang, Hu, Hu, "Training Noise-Robust Deep Neural Networks via Meta-Learning", CVPR 2020; not to be confused
    with Meta Label Correction, which is `LabelCorrection`.

    Args:
        num_classes: C.
        initial: The first T, rows on the simplex; None is the identity, the loss without correction.
        floor: δ, from 1e-18 to less than 1.

    Attributes:
        transition: T.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """

    def __init__(
        self,
        num_classes: int,
        *,
        initial: Sequence[Sequence[float]] | Tensor | None = None,
        floor: float = SMALLEST_FLOOR,
    ) -> None:
        super().__init__()
        check_positive_integer(num_classes, "num_classes")
        self.floor = check_finite(floor, "floor")
        if not SMALLEST_FLOOR <= self.floor < 1:
            raise ValueError(f"floor: expected a number in [{SMALLEST_FLOOR}, 1), got {floor}")
        first = torch.eye(num_classes) if initial is None else _stochastic(initial, num_classes)
        self.transition = nn.Parameter(first)
        self.project()

    def forward(self, logits: Tensor, targets: Tensor) -> TrainingLoss:
        """The corrected loss of logits [N, C, ...] and class indices [N, ...] or soft labels of the logits' shape.

        Raises:
            TypeError, ValueError: As for `cross_entropy`; or the number of classes is another.
        """
        check_targets(logits, targets)
        check_num_classes(logits, len(self.transition), "num_classes")
        kind = torch.promote_types(torch.promote_types(logits.dtype, self.transition.dtype), torch.float32)
        predictions = logits.to(kind).softmax(1).movedim(1, -1)  # [N, ..., C]
        transition = self.transition.to(kind)
        if targets.is_floating_point():
            given = targets.to(kind).movedim(1, -1)
            with torch.autocast(logits.device.type, enabled=False):  # a product in half precision is no probability
                corrected = predictions @ transition
            losses = -(given * (corrected + self.floor).log()).sum(-1)
        else:
            losses = -((predictions * transition.T[targets]).sum(-1) + self.floor).log()
        losses = mean_of_positions(losses)
        return TrainingLoss(losses.mean(), losses=losses)

    @torch.no_grad()
    def project(self) -> None:
        """Put the rows of T back on the simplex, in place."""
        positive = self.transition.clamp(min=0)
        sums = positive.sum(1, keepdim=True)
        identity = torch.eye(len(positive), dtype=positive.dtype, device=positive.device)
        self.transition.copy_(torch.where(sums > 0, positive / sums, identity))


def _stochastic(initial: Sequence[Sequence[float]] | Tensor, num_classes: int) -> Tensor:
    """The first T, checked, in torch's default dtype or its own."""
    try:
        matrix = torch.as_tensor(initial)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"initial: expected a matrix of numbers, got {type(initial).__name__}") from error
    if matrix.is_complex() or matrix.dtype == torch.bool:
        raise TypeError(f"initial: expected real numbers, got {matrix.dtype}")
    if matrix.shape != (num_classes, num_classes):
        raise ValueError(f"initial: expected shape {[num_classes, num_classes]}, got {list(matrix.shape)}")
    matrix = matrix.detach().to(matrix.dtype if matrix.is_floating_point() else torch.get_default_dtype(), copy=True)
    wrong = ~((matrix >= 0).all(1) & ((matrix.sum(1) - 1).abs() <= SIMPLEX_TOLERANCE))
    if wrong.any():
        row = int(wrong.nonzero()[0])
        raise ValueError(
            f"initial[{row}]: expected numbers >= 0 with the sum 1, got {matrix[row].min():g} as the smallest and "
            f"{matrix[row].sum():g} as the sum"
        )
    return matrix
