"""Targets, as class indices or soft labels: what is refused, and how a loss reads them."""

from __future__ import annotations

import torch
from torch import Tensor


def check_targets(logits: Tensor, targets: Tensor) -> None:
    """Refuse what the loss kernels would misread, or on a GPU abort on."""
    if not isinstance(targets, Tensor):
        raise TypeError(f"targets: expected a tensor, got {type(targets).__name__}")
    if logits.dim() < 2:
        raise ValueError(f"logits: expected shape [N, C] or [N, C, ...], got {list(logits.shape)}")
    if targets.is_floating_point():
        if targets.shape != logits.shape:
            raise ValueError(
                f"targets: expected soft labels of shape {list(logits.shape)}, or class indices as int64, got "
                f"{targets.dtype} of shape {list(targets.shape)}"
            )
        return
    if targets.dtype != torch.int64:
        raise TypeError(f"targets: expected int64 class indices or floating-point soft labels, got {targets.dtype}")
    positions = logits.shape[:1] + logits.shape[2:]
    if targets.shape != positions:
        raise ValueError(f"targets: expected class indices of shape {list(positions)}, got {list(targets.shape)}")
    if not _can_be_read(targets):
        return
    classes = logits.shape[1]
    if targets.numel() and bool(((targets < 0) | (targets >= classes)).any()):
        low, high = targets.min().item(), targets.max().item()
        raise ValueError(
            f"targets: expected class indices in [0, {classes}), got values from {low} to {high}; "
            "ignored positions take a loss of your own"
        )


def _can_be_read(tensor: Tensor) -> bool:
    """Whether the host may see values: not while a CUDA graph is recorded."""
    return not (tensor.is_cuda and torch.cuda.is_current_stream_capturing())


def check_class_indices(logits: Tensor, targets: Tensor, reason: str) -> None:
    """Refuse soft labels too, for the reason given."""
    check_targets(logits, targets)
    if targets.is_floating_point():
        raise TypeError(f"targets: expected int64 class indices ({reason}), got soft labels")


def check_no_positions(logits: Tensor) -> None:
    """Refuse logits with several positions an example."""
    if logits.dim() != 2:
        raise ValueError(f"logits: expected shape [N, C], got {list(logits.shape)}")


def check_num_classes(logits: Tensor, num_classes: int, source: str) -> None:
    """Refuse logits of another number of classes than the argument `source` has."""
    if logits.dim() < 2 or logits.shape[1] != num_classes:
        raise ValueError(f"logits: expected {num_classes} classes, as {source} has, got shape {list(logits.shape)}")


def expectation(terms: Tensor, targets: Tensor) -> Tensor:
    """Σ_c y_ic t_ic of terms t [N, C, ...]: the target's own term, or the mean under a soft label; [N, ...]."""
    if targets.is_floating_point():
        return (targets * terms).sum(1)
    return terms.gather(1, targets.unsqueeze(1)).squeeze(1)


def mean_of_positions(losses: Tensor) -> Tensor:
    """One loss an example, [N], of losses [N] or [N, ...]."""
    return losses.flatten(1).mean(1) if losses.dim() > 1 else losses
