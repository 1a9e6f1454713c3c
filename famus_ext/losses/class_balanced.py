"""Class-balanced loss: every class weighted by the inverse of its effective number of examples."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from famus_ext._checks import check_finite
from famus_ext.losses.class_numbers import ClassNumbers
from famus_ext.losses.class_sizes import check_class_sizes
from famus_ext.losses.cross_entropy import cross_entropy
from famus_ext.losses.example_loss import ExampleLoss, check_example_loss
from famus_ext.losses.targets import check_no_positions, check_num_classes, check_targets


class ClassBalancedLoss(ClassNumbers):
    """Class-balanced loss of each example, w_y L_i with w_c ∝ (1 - β) / (1 - β^n_c) and mean 1 over the classes.

    β = 0 weights all classes alike, β → 1 by the inverse of their sizes. An example with a soft label has the mean
    weight under it, Σ_c y_ic w_c.

    Source: Cui et al., "Class-Balanced Loss Based on Effective Number of Samples", CVPR 2019, Eq. 2 and Section 4.

    Args:
        class_sizes: n, the number of training examples of each class [C], at least 1.
        beta: β, in [0, 1).
        loss: Loss of each example before weighting.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """

    weights: Tensor

    def __init__(
        self, class_sizes: Sequence[float] | Tensor, beta: float = 0.9999, loss: ExampleLoss = cross_entropy
    ) -> None:
        super().__init__()
        check_example_loss(loss)
        self.register_buffer("weights", class_balanced_weights(class_sizes, beta), persistent=False)
        self.loss = loss

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The weighted losses [N] of logits [N, C] and class indices [N] or soft labels [N, C].

        Raises:
            TypeError, ValueError: As for `cross_entropy`; or an example has several positions, or the number of classes
                is another.
        """
        check_targets(logits, targets)
        check_no_positions(logits)
        check_num_classes(logits, len(self.weights), "class_sizes")
        losses = self.loss(logits, targets)
        weights = self.weights.to(losses)
        return losses * ((targets * weights).sum(1) if targets.is_floating_point() else weights[targets])


def class_balanced_weights(class_sizes: Sequence[float] | Tensor, beta: float = 0.9999) -> Tensor:
    """The weights w [C] of `ClassBalancedLoss`, float64."""
    sizes = check_class_sizes(class_sizes)
    beta = check_finite(beta, "beta")
    if not 0 <= beta < 1:
        raise ValueError(f"beta: expected a number in [0, 1), got {beta}")
    # 1 - β^n without cancellation: β is close to 1.
    weights = -1 / torch.expm1(sizes * torch.tensor(beta, dtype=sizes.dtype).log())
    return weights / weights.mean()
