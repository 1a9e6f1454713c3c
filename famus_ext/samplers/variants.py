"""The gradient sampler of the paper, and that of the authors' released code."""

from __future__ import annotations

from dataclasses import dataclass

from famus_ext.network.layers import Granularity
from famus_ext.samplers.selection import Selection


@dataclass(frozen=True)
class Variant:
    """What a `GumbelSampler` is where its arguments do not say.

    Attributes:
        granularity: What a layer is, see `famus_ext.layers`.
        candidates: The layers with a Γ of their own; None is all.
        always_on: The layers with r_l = 1 and no Γ.
        depth: Number of Γ's fully connected layers.
        summed: Whether Γ reads the sum of a gradient's entries in a row rather than their mean.
        standardise: Whether Γ's input has zero mean and unit deviation.
        counts_always_on: Whether K of L_r (Eq. 10) includes the layers that are always on.
    """

    granularity: Granularity
    candidates: Selection | None
    always_on: Selection
    depth: int
    summed: bool
    standardise: bool
    counts_always_on: bool


VARIANTS = {
    "paper": Variant(
        granularity="module",
        candidates=None,
        always_on=(),
        depth=2,
        summed=False,
        standardise=False,
        counts_always_on=True,
    ),
    # The last 15 tensors, of which the classifier's weight and bias are always on. The released code's loss sees the
    # gate of one tensor alone, by a slip of indentation; here it sees them all.
    "released": Variant(
        granularity="tensor",
        candidates=15,
        always_on=2,
        depth=3,
        summed=True,
        standardise=True,
        counts_always_on=False,
    ),
}


def variant(name: str) -> Variant:
    """The variant of this name.

    Raises:
        ValueError: There is none.
    """
    if not isinstance(name, str) or name not in VARIANTS:
        raise ValueError(f"variant: expected one of {tuple(VARIANTS)}, got {name!r}")
    return VARIANTS[name]
