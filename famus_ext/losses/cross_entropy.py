"""Cross-entropy of each example, for class indices and soft labels."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from famus_ext.losses.targets import check_targets, expectation, mean_of_positions


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of each example, L_i = -Σ_c y_ic log softmax(z_i)_c.

    Args:
        logits: z, [N, C] or [N, C, ...].
        targets: Class indices [N] (or [N, ...]), int64, or soft labels of the shape of z.

    Returns:
        L, [N]; where an example has several positions, their mean.

    Raises:
        TypeError: Targets are neither int64 indices nor floating-point labels.
        ValueError: The shapes do not fit, or an index is outside [0, C).
    """
    check_targets(logits, targets)
    if targets.is_floating_point():
        # Soft labels may be wider than the logits; torch's own wants one dtype.
        return mean_of_positions(-expectation(logits.log_softmax(1), targets))
    return mean_of_positions(functional.cross_entropy(logits, targets, reduction="none"))
