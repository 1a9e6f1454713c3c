"""The terms of MixMatch, as the released FaMUS code trains with them."""

from __future__ import annotations

import math

from torch import Tensor

from famus_ext._checks import check_finite
from famus_ext.losses.targets import check_no_positions, check_targets


def squared_error(logits: Tensor, targets: Tensor) -> Tensor:
    """Squared error of each example's prediction, L_i = (1/C) Σ_c (softmax(z_i)_c - y_ic)².

    Source: Berthelot et al., "MixMatch", NeurIPS 2019, Eq. 4.

    Args:
        logits: z, [N, C].
        targets: Soft labels y, [N, C].

    Returns:
        L, [N].

    Raises:
        TypeError: Targets are no soft labels.
        ValueError: The shapes do not fit.
    """
    check_targets(logits, targets)
    check_no_positions(logits)
    if not targets.is_floating_point():
        raise TypeError(f"targets: expected floating-point soft labels, got {targets.dtype}")
    return (logits.softmax(1) - targets).square().mean(1)


def prior_penalty(logits: Tensor) -> Tensor:
    """KL(uniform ‖ p̄) = -(1/C) Σ_c log(C p̄_c), 0-d, of the batch's mean prediction p̄ = (1/N) Σ_i softmax(z_i).

    It keeps a network with many wrong labels from giving up classes.

    Source: Arazo et al., "Unsupervised Label Noise Modeling and Loss Correction", ICML 2019, Section 3.3.

    Args:
        logits: z, [N, C].

    Raises:
        ValueError: The shape is another.
    """
    check_no_positions(logits)
    examples, classes = logits.shape
    # In logarithms, since a class that nobody predicts has p̄ = 0 in floating point.
    log_mean = logits.log_softmax(1).logsumexp(0) - math.log(examples)
    return -log_mean.mean() - math.log(classes)


def ramp_up(epoch: float, maximum: float, length: float = 16) -> float:
    """λ_u at an epoch: from 0 to `maximum` in a straight line over `length` epochs, then constant.

    Args:
        epoch: Epochs since the end of warm-up, fractions allowed.
        maximum: The final λ_u.
        length: Epochs until it is reached, at least 0.

    Raises:
        TypeError, ValueError: An argument is no finite number, or `length` is negative.
    """
    epoch, maximum, length = (
        check_finite(value, name) for value, name in ((epoch, "epoch"), (maximum, "maximum"), (length, "length"))
    )
    if length < 0:
        raise ValueError(f"length: expected a number >= 0, got {length}")
    return maximum * (min(max(epoch / length, 0.0), 1.0) if length else 1.0)
