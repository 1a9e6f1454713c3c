"""Gates that the network's layers alone decide: all of them, or the last few."""

from __future__ import annotations

from collections.abc import Sequence

from famus_ext._checks import check_positive_integer
from famus_ext.network.layers import Layer
from famus_ext.samplers.sampler import Sampler


class AllLayers(Sampler):
    """r_l = 1 for every layer: the meta gradient of the method as it was before FaMUS (Eq. 7)."""

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """Every layer."""
        return range(len(found))


class LastLayers(Sampler):
    """r_l = 1 for the last k layers.

    Args:
        k: How many.
        layers: See `Sampler`.

    Raises:
        TypeError, ValueError: `k` is not a positive integer.
    """

    def __init__(self, k: int, layers: Sequence[Layer] | None = None) -> None:
        super().__init__(layers)
        self.k = check_positive_integer(k, "k")

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """The last k; all of them in a network that has fewer."""
        return range(max(len(found) - self.k, 0), len(found))
