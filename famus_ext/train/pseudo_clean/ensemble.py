"""Both networks as one."""

from __future__ import annotations

from torch import Tensor, nn


class Ensemble(nn.Module):
    """The mean of the networks' logits, by which Algorithm 2 is tested.

    Args:
        networks: Of the same classes.
    """

    def __init__(self, *networks: nn.Module) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, x: Tensor) -> Tensor:
        """(1/K) Σ_k Φ_k(x), [N, C]."""
        first, *others = (network(x) for network in self.networks)
        total: Tensor = sum(others, first)
        return total / len(self.networks)
