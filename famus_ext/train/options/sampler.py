"""Options: which layers' meta gradients are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from famus_ext.train.options.check import require, require_count, require_not_negative, require_positive

Sampler = Literal["all", "last", "block", "random", "threshold", "gumbel"]


@dataclass(frozen=True)
class SamplerOptions:
    """Gradient sampler: the layers whose meta gradient is kept."""

    sampler: Sampler = "gumbel"
    """Layers kept: all, the last few, a block, some at random, those with large gradients, or learned ones (FaMUS)."""
    last_layers: int = 1
    """Layers that --sampler last keeps."""
    block: str = "-1"
    """Block that --sampler block keeps: the name of its module, or its number from 1 on, or from -1 on from the end."""
    random_layers: int = 1
    """Layers that --sampler random draws."""
    threshold_share: float = 0.5
    """--sampler threshold keeps layers with a root-mean-square gradient of at least this share of the largest."""
    expected_layers: Annotated[float, tyro.conf.arg(aliases=("--num-act",))] = 2.0
    """K, the number of layers that the gumbel sampler is drawn to keep active."""
    gumbel_variant: Literal["paper", "released"] = "paper"
    """paper, or released: what the authors' code does, gates on single tensors with the classifier always on."""
    candidates: Annotated[int | None, tyro.conf.arg(aliases=("--top-k",))] = None
    """Layers that gumbel chooses from, the last so many; None is the variant's: paper all, released 15 tensors."""
    gate_lr: Annotated[float, tyro.conf.arg(aliases=("--go-lr",))] = 0.1
    """Learning rate of the gumbel sampler's parameters (SGD, momentum 0.9)."""
    lambda_r: Annotated[float | None, tyro.conf.arg(aliases=("--act-factor",))] = None
    """λ1, weight of L_r, which keeps K layers active; None is 0.1 for gumbel and 0 for the others."""
    lambda_g: Annotated[float | None, tyro.conf.arg(aliases=("--mse-factor",))] = None
    """λ2, weight of L_g, which matches the gradients of both batches; None is 0.1 for gumbel and 0 for the others."""

    def __post_init__(self) -> None:
        require_count("--last-layers", self.last_layers)
        require_count("--random-layers", self.random_layers)
        require(0.0 < self.threshold_share <= 1.0, "--threshold-share", "a number in (0, 1]", self.threshold_share)
        require_positive("--expected-layers", self.expected_layers)
        require_count("--candidates", self.candidates)
        require_positive("--gate-lr", self.gate_lr)
        require_not_negative("--lambda-r", self.lambda_r)
        require_not_negative("--lambda-g", self.lambda_g)
