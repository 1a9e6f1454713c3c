"""Options: which layers' meta gradients are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from famus_ext.train.options.check import require, require_count, require_not_negative, require_positive
from famus_ext.train.options.shown import left_open

Sampler = Literal["all", "last", "block", "random", "threshold", "gumbel"]


@dataclass(frozen=True)
class SamplerOptions:
    """Which layers' meta gradients are kept: fewer are faster (FaMUS)."""

    sampler: Sampler = "gumbel"
    """Layers kept: all, the last few, a block, random ones, those with large gradients, or learned ones (gumbel)."""
    last_layers: int = 1
    """Layers that --sampler last keeps."""
    block: str = "-1"
    """Block that --sampler block keeps: a module's name, or a number, from 1 on, or from the end from -1 on."""
    random_layers: int = 1
    """Layers that --sampler random draws."""
    threshold_share: float = 0.5
    """--sampler threshold keeps layers whose gradient is at least this share of the largest one."""
    expected_layers: float = 2.0
    """K, the number of layers that gumbel is drawn to keep active."""
    gumbel_variant: Literal["paper", "released"] = "paper"
    """released: as the authors' code, gates on single tensors with the classifier always on."""
    candidates: Annotated[int | None, left_open("INT", "all; released 15 tensors")] = None
    """Layers that gumbel chooses from, the last so many."""
    gate_lr: float = 0.1
    """Learning rate of gumbel's parameters (SGD, momentum 0.9)."""
    lambda_r: Annotated[float | None, left_open("FLOAT", "0.1 of gumbel, else 0")] = None
    """λ1, weight of the loss that keeps K layers active (Eq. 10)."""
    lambda_g: Annotated[float | None, left_open("FLOAT", "0.1 of gumbel, else 0")] = None
    """λ2, weight of the loss that matches the gradients of both batches (Eq. 11)."""

    def __post_init__(self) -> None:
        require_count("--last-layers", self.last_layers)
        require_count("--random-layers", self.random_layers)
        require(0.0 < self.threshold_share <= 1.0, "--threshold-share", "a number in (0, 1]", self.threshold_share)
        require_positive("--expected-layers", self.expected_layers)
        require_count("--candidates", self.candidates)
        require_positive("--gate-lr", self.gate_lr)
        require_not_negative("--lambda-r", self.lambda_r)
        require_not_negative("--lambda-g", self.lambda_g)
