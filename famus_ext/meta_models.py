"""Meta models Ψ(·; θ): training losses that learn which examples to trust.

A meta model is any module that maps logits and targets to the scalar training loss ℓ(z, y; θ), as a `TrainingLoss` or
a 0-d tensor. θ may enter nowhere else. What Ψ reads off the logits (the losses, for MW-Net) it must detach, since V_i
is a constant in ∂ℓ/∂w (Eq. 3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from famus_ext._checks import check_positive_integer
from famus_ext.losses import cross_entropy

ExampleLoss = Callable[[Tensor, Tensor], Tensor]
"""Maps logits [N, ...] and targets to the loss of each example [N]."""


class TrainingLoss(NamedTuple):
    """What a meta model returns.

    Attributes:
        value: ℓ(z, y; θ), 0-d.
        weights: V, the weight of each example [N]; None where the meta model weights none.
        losses: L, the loss of each example before weighting [N]; None where there is no such thing.
    """

    value: Tensor
    weights: Tensor | None = None
    losses: Tensor | None = None


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


class BatchMetaModel(nn.Module):
    """A meta model whose θ belongs to one batch, and starts where ℓ and its gradient are zero.

    So the virtual step changes nothing, ŵ = w; a meta step is no descent but turns the meta gradient into θ.
    """

    def begin(self, logits: Tensor, targets: Tensor) -> None:
        """Start a batch: make θ anew, for logits [N, ...]."""
        raise NotImplementedError

    def gate_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """A loss, 0-d, whose gradient a learned sampler reads in place of the virtual gradient, which is zero."""
        raise NotImplementedError

    def meta_update(self, grads: Mapping[str, Tensor]) -> None:
        """Set θ from the meta gradient, by name."""
        raise NotImplementedError


class L2R(BatchMetaModel):
    """Learning to Reweight: ℓ = Σ_i ε_i L_i, where θ = ε [N] is zero for every new batch.

    One meta step turns ε into weights, w̃_i = max(-∂L/∂ε_i, 0) and ε_i = w̃_i / Σ_j w̃_j (all zero if every w̃ is), and
    Actual-Train uses the same ℓ with them. At ε = 0 the virtual step changes nothing, ŵ = w.

    Source: Ren et al., "Learning to Reweight Examples for Robust Deep Learning", ICML 2018, Eq. 12 to 14.

    Args:
        loss: Loss of each example.
    """

    epsilon: nn.Parameter

    def __init__(self, loss: ExampleLoss = cross_entropy) -> None:
        super().__init__()
        # Belongs to one batch, so it is no part of a checkpoint.
        self.epsilon = nn.Parameter(torch.zeros(0))
        self.loss = loss

    def forward(self, logits: Tensor, targets: Tensor) -> TrainingLoss:
        """The weighted training loss of logits [N, ...] and targets [N, ...]."""
        losses = self.loss(logits, targets)
        return TrainingLoss((self.epsilon * losses).sum(), self.epsilon, losses)

    def begin(self, logits: Tensor, targets: Tensor) -> None:
        """Start a batch: ε = 0, [N]."""
        kind = torch.promote_types(logits.dtype, torch.float32)
        self.epsilon = nn.Parameter(torch.zeros(len(logits), dtype=kind, device=logits.device))

    def gate_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss whose gradient the gradient sampler reads: uniform weights, since ε = 0 has no gradient at all.

        The last step's actual gradient would save this backward; on digits with 60 % noise it trained no better (0.917
        against 0.925 over three seeds), and it is state that a resumed run would have to keep.
        """
        return self.loss(logits, targets).mean()

    def meta_update(self, grads: Mapping[str, Tensor]) -> None:
        """Turn the meta gradient into the batch's weights."""
        weights = (-grads["epsilon"]).clamp(min=0)
        total = weights.sum()
        with torch.no_grad():
            self.epsilon.copy_(weights / torch.where(total > 0, total, torch.ones_like(total)))

    def _save_to_state_dict(self, *args: object, **kwargs: object) -> None:
        """Nothing outlives a batch."""

    def _load_from_state_dict(self, *args: object, **kwargs: object) -> None:
        """Nothing outlives a batch."""


def training_loss(meta_model: nn.Module, logits: Tensor, targets: Tensor) -> TrainingLoss:
    """Evaluate a meta model; a plain 0-d tensor is taken as the loss.

    Raises:
        TypeError: The meta model returned something else.
        ValueError: The loss is not one number, or weights or losses are not one for each example.
    """
    returned = meta_model(logits, targets)
    loss = TrainingLoss(returned) if isinstance(returned, Tensor) else returned
    if not isinstance(loss, TrainingLoss):
        raise TypeError(f"meta_model: expected a TrainingLoss or a 0-d tensor, got {type(returned).__name__}")
    if loss.value.dim():
        raise ValueError(f"meta_model: expected a 0-d loss, got shape {list(loss.value.shape)}")
    for name, values in (("weights", loss.weights), ("losses", loss.losses)):
        if values is not None and values.shape != logits.shape[:1]:
            raise ValueError(f"meta_model: expected {name} of shape [{len(logits)}], got {list(values.shape)}")
    return loss
