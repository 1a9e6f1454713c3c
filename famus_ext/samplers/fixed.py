"""Gates that the network's layers alone decide."""

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
    """

    def __init__(self, k: int, layers: Sequence[Layer] | None = None) -> None:
        super().__init__(layers)
        self.k = check_positive_integer(k, "k")

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """The last k; all of them in a network that has fewer."""
        return range(max(len(found) - self.k, 0), len(found))


class Block(Sampler):
    """r_l = 1 for the layers of one block of the network, and no other (FaMUS, Table 4: "pre-specified block").

    Args:
        name: Qualified name of the block's module, "layer4.1" say.
        layers: See `Sampler`.
    """

    def __init__(self, name: str, layers: Sequence[Layer] | None = None) -> None:
        super().__init__(layers)
        if not isinstance(name, str):
            raise TypeError(f"name: expected a module's qualified name, got {type(name).__name__}")
        self.name = name

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """The layers at or below the block's name."""
        inside = [i for i, layer in enumerate(found) if f"{layer.name}.".startswith(f"{self.name}.")]
        if not inside:
            known = ", ".join(layer.name for layer in found)
            raise ValueError(f"name: no trainable layer in the block {self.name!r}; the layers are {known}")
        return inside
