"""Cross-entropy of each example, for class indices and soft labels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


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
        losses = -(targets * logits.log_softmax(1)).sum(1)
    else:
        losses = functional.cross_entropy(logits, targets, reduction="none")
    return losses.flatten(1).mean(1) if losses.dim() > 1 else losses


def check_targets(logits: Tensor, targets: Tensor) -> None:
    """Refuse what the loss kernels would misread, or on a GPU abort on."""
    if not isinstance(targets, Tensor):
        raise TypeError(f"targets: expected a tensor, got {type(targets).__name__}")
    if logits.dim() < 2:
        raise ValueError(f"logits: expected shape [N, C] or [N, C, ...], got {list(logits.shape)}")
    if targets.is_floating_point():
        if targets.shape != logits.shape:
            raise ValueError(f"targets: expected soft labels of shape {list(logits.shape)}, got {list(targets.shape)}")
        return
    if targets.dtype != torch.int64:
        raise TypeError(f"targets: expected int64 class indices or floating-point soft labels, got {targets.dtype}")
    positions = logits.shape[:1] + logits.shape[2:]
    if targets.shape != positions:
        raise ValueError(f"targets: expected class indices of shape {list(positions)}, got {list(targets.shape)}")
    if targets.is_cuda and torch.cuda.is_current_stream_capturing():
        return
    classes = logits.shape[1]
    if targets.numel() and bool(((targets < 0) | (targets >= classes)).any()):
        low, high = targets.min().item(), targets.max().item()
        raise ValueError(
            f"targets: expected class indices in [0, {classes}), got values from {low} to {high}; "
            "ignored positions take a loss of your own"
        )
