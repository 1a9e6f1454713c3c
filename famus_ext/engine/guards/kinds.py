"""Of what kind the parts of a meta gradient are."""

from __future__ import annotations

from torch import nn

from famus_ext.samplers import Sampler


def check_kinds(meta_model: object, sampler: object, meta_loss: object) -> None:
    """Raise TypeError for a part of another kind; a sampler that is None is all layers."""
    if not isinstance(meta_model, nn.Module):
        raise TypeError(f"meta_model: expected a torch.nn.Module, got {type(meta_model).__name__}")
    if sampler is not None and not isinstance(sampler, Sampler):
        raise TypeError(f"sampler: expected a famus_ext sampler, got {type(sampler).__name__}")
    if not callable(meta_loss):
        raise TypeError(f"meta_loss: expected a function, got {type(meta_loss).__name__}")
