"""Gates of one block of the network."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from famus_ext.network.blocks import at_or_below, blocks
from famus_ext.network.layers import Layer
from famus_ext.samplers.sampler import Sampler


class Block(Sampler):
    """r_l = 1 for the layers of one block of the network, and no other (FaMUS, Table 4: "pre-specified block").

    Args:
        block: Qualified name of the block's module, "layer4.1" say; or its number b in 1..B among the model's blocks as
            `famus_ext.network.blocks` lists them, the paper's b ∈ [1, 12] for WRN-28-10, or -1 for the last of them,
            -2 for the one before, and so on. A number is looked up anew in every model.
        layers: See `Sampler`.

    Raises:
        TypeError: `block` is neither a name nor an integer.
        ValueError: `block` is 0.
    """

    def __init__(self, block: str | int, layers: Sequence[Layer] | None = None) -> None:
        super().__init__(layers)
        if isinstance(block, bool) or not isinstance(block, (str, int)):
            raise TypeError(
                f"block: expected a module's qualified name or a block's number, got {type(block).__name__}"
            )
        if block == 0:
            raise ValueError("block: expected a number from 1 on, or from -1 down to count from the end, got 0")
        self.block = block
        self._looked_up: tuple[tuple[Layer, ...], str] | None = None

    def layers_of(self, model: nn.Module) -> tuple[Layer, ...]:
        """The layers of this model; the block's number is looked up in it.

        Raises:
            ValueError: The model has no block of this number, or the sampler was built for another model.
        """
        found = super().layers_of(model)
        if isinstance(self.block, int):
            self._looked_up = found, _numbered(model, self.block)
        return found

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """The layers in the block.

        Raises:
            ValueError: None of the layers is in it; or its number has not been looked up for these layers, which
                `layers_of` does.
        """
        name = self._name(found)
        inside = at_or_below([layer.name for layer in found], name)
        if not inside:
            known = ", ".join(layer.name for layer in found)
            raise ValueError(f"block: no trainable layer in the block {name!r}; the layers are {known}")
        return inside

    def _name(self, found: Sequence[Layer]) -> str:
        """Qualified name of the block's module."""
        if isinstance(self.block, str):
            return self.block
        known, name = self._looked_up or ((), "")
        # Layers alone do not tell where a block begins; a name looked up in another model would be a guess.
        if tuple(found) != known:
            raise ValueError(f"found: expected the layers that layers_of(model) gave last, to know block {self.block}")
        return name


def _numbered(model: nn.Module, number: int) -> str:
    """Name of block b of a model, counted from 1, or from -1 down from the end."""
    names = blocks(model)
    if abs(number) > len(names):
        known = f"the {len(names)} blocks {', '.join(names)}" if names else "none: give the block's name instead"
        raise ValueError(f"block: expected the number of one of the model's blocks, got {number}; it has {known}")
    return names[number - 1 if number > 0 else number]
