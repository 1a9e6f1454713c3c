"""Focal loss: cross-entropy that turns from the examples that are already right."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from famus_ext._checks import check_finite
from famus_ext.losses.class_numbers import ClassNumbers
from famus_ext.losses.class_sizes import per_class
from famus_ext.losses.targets import check_num_classes, check_targets, expectation, mean_of_positions


class FocalLoss(ClassNumbers):
    """Focal loss of each example, L_i = -Σ_c y_ic α_c (1 - p_ic)^γ log p_ic, with p = softmax(z).

    Source: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, Eq. 5, in the softmax form. γ = 0 without α
    is cross-entropy.

    Args:
        gamma: γ, at least 0.
        alpha: α, a factor for each class [C]; None is 1.

    Raises:
        TypeError, ValueError: γ is no number of at least 0, or α is not one such number a class.
    """

    alpha: Tensor | None

    def __init__(self, gamma: float = 2.0, alpha: Sequence[float] | Tensor | None = None) -> None:
        super().__init__()
        self.gamma = check_finite(gamma, "gamma")
        if self.gamma < 0:
            raise ValueError(f"gamma: expected a number >= 0, got {gamma}")
        factors = None if alpha is None else per_class(alpha, "alpha", at_least=0)
        self.register_buffer("alpha", factors, persistent=False)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """L [N] of logits [N, C, ...] and class indices [N, ...] or soft labels of the shape of the logits.

        Raises:
            TypeError, ValueError: As for `cross_entropy`; or there are fewer than two classes, or another number than
                α has.
        """
        check_targets(logits, targets)
        if logits.shape[1] < 2:
            raise ValueError(f"logits: expected at least two classes, got shape {list(logits.shape)}")
        terms = -(self.gamma * log_complement(logits)).exp() * logits.log_softmax(1)
        if self.alpha is not None:
            check_num_classes(logits, len(self.alpha), "alpha")
            terms = terms * self.alpha.to(terms).view(-1, *[1] * (logits.dim() - 2))
        return mean_of_positions(expectation(terms, targets))


def log_complement(logits: Tensor) -> Tensor:
    """log(1 - softmax(z)_c) of every class, [N, C, ...].

    Finite, and so is its gradient, where softmax(z)_c rounds to 1. Only the largest can: its complement is the sum of
    the others.
    """
    top = torch.zeros_like(logits, dtype=torch.bool).scatter(1, logits.argmax(1, keepdim=True), True)
    rest = logits.masked_fill(top, -torch.inf).logsumexp(1, keepdim=True) - logits.logsumexp(1, keepdim=True)
    return torch.where(top, rest, (-logits.softmax(1).masked_fill(top, 0)).log1p())
