"""The losses that the paper adds to the meta loss: L_r and L_g (FaMUS, Eq. 10 and 11)."""

from __future__ import annotations

from torch import Tensor


def layer_count_loss(gates: Tensor, expected_layers: float) -> Tensor:
    """L_r = (Σ_l r_l - K)², with gates r [L] and K expected layers (FaMUS, Eq. 10)."""
    return (gates.sum() - expected_layers) ** 2


def gradient_matching_loss(training: Tensor, validation: Tensor) -> Tensor:
    """L_g = ‖ḡ_L^tra - ḡ_L^val‖², of two pooled gradients [D] of the last layer (FaMUS, Eq. 11)."""
    return (training - validation).square().sum()
