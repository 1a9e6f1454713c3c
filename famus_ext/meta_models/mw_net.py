"""Meta-Weight-Net: a learned function from an example's loss to its weight."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from famus_ext._checks import check_positive_integer
from famus_ext.losses import cross_entropy
from famus_ext.meta_models.protocol import ExampleLoss, TrainingLoss


class MWNet(nn.Module):
    """Meta-Weight-Net: ℓ = (1/N) Σ_i V_i L_i with V_i = Ψ(L_i; θ), an MLP from loss to weight in (0, 1).

    Source: Shu et al., "Meta-Weight-Net", NeurIPS 2019; FaMUS, Eq. 1 and 3. The default is the paper's 1-100-1.

    Args:
        hidden: Width of the hidden layers.
        layers: Number of hidden layers.
        loss: Loss of each example.
    """

    def __init__(self, hidden: int = 100, layers: int = 1, loss: ExampleLoss = cross_entropy) -> None:
        super().__init__()
        check_positive_integer(hidden, "hidden")
        check_positive_integer(layers, "layers")
        widths = [1] + [hidden] * layers
        body = [m for a, b in pairwise(widths) for m in (nn.Linear(a, b), nn.ReLU())]
        self.net = nn.Sequential(*body, nn.Linear(hidden, 1), nn.Sigmoid())
        self.loss = loss

    def forward(self, logits: Tensor, targets: Tensor) -> TrainingLoss:
        """The weighted training loss of logits [N, ...] and targets [N, ...]."""
        losses = self.loss(logits, targets)
        weights = self.weigh(losses.detach())
        return TrainingLoss((weights * losses).mean(), weights, losses)

    def weigh(self, losses: Tensor) -> Tensor:
        """V = Ψ(L; θ): the learned weight function, [N] to [N]."""
        # The network's precision need not be the meta model's.
        weights: Tensor = self.net(losses.unsqueeze(-1).to(next(self.parameters()).dtype)).squeeze(-1)
        return weights.to(losses.dtype)
