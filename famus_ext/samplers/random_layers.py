"""Gates that chance decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from famus_ext._checks import check_positive_integer
from famus_ext.network.layers import Layer
from famus_ext.samplers.sampler import Sampler, gates_at


class RandomLayers(Sampler):
    """r_l = 1 for layers drawn uniformly, without replacement and anew in every step (FaMUS, Table 4: "random layers").

    The draws come from a generator of this sampler's own, on the CPU: they neither depend on torch's global random
    state nor change it, and copies of a sampler draw alike. In evaluation mode every call gives the seed's first draw,
    and the generator stays where it is. Seed and generator are part of the `state_dict`.

    Args:
        count: s, how many layers a draw has; all of them in a network that has fewer.
        seed: Seed of the generator.
        layers: See `Sampler`.

    Raises:
        TypeError: `count` or `seed` is not an integer.
        ValueError: `count` is below 1, or `seed` is outside [0, 2⁶³).
    """

    def __init__(self, count: int, *, seed: int = 0, layers: Sequence[Layer] | None = None) -> None:
        super().__init__(layers)
        self.count = check_positive_integer(count, "count")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise TypeError(f"seed: expected an integer, got {type(seed).__name__}")
        if not 0 <= seed < 2**63:
            raise ValueError(f"seed: expected an integer in [0, 2^63), got {seed}")
        self._seed = seed
        # A torch.Generator can be neither copied nor pickled; its state can. No buffer: it stays on the CPU.
        self._generator_state = _seeded(seed).get_state()

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """Every layer: any of them can be drawn."""
        return range(len(found))

    def forward(self, found: Sequence[Layer], pooled: Sequence[Tensor]) -> Tensor:
        """Gates r [L], float32 on the CPU, of the next draw; in evaluation mode, of the first."""
        generator = _seeded(self._seed)
        if self.training:
            generator.set_state(self._generator_state)
        drawn = torch.randperm(len(found), generator=generator)[: self.count].tolist()
        if self.training:
            self._generator_state = generator.get_state()
        return gates_at(drawn, len(found))

    def get_extra_state(self) -> dict[str, Any]:
        """The seed, and the generator's state as a uint8 tensor."""
        return {"seed": self._seed, "generator": self._generator_state}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Continue where the sampler was whose state this is.

        Raises:
            ValueError: It is not the state of such a sampler.
        """
        if not isinstance(state, dict) or state.keys() != {"seed", "generator"}:
            raise ValueError(f"state: expected a RandomLayers' seed and generator, got {state!r:.80}")
        # A checkpoint may have been read onto a GPU.
        self._seed, self._generator_state = state["seed"], state["generator"].cpu()


def _seeded(seed: int) -> torch.Generator:
    """A generator at its start."""
    return torch.Generator().manual_seed(seed)
