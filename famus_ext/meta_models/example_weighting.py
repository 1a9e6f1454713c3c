"""Weighting meta models: a network from an example's losses to its weight."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from famus_ext._checks import check_flag, check_sequence
from famus_ext.losses import ExampleLoss, cross_entropy
from famus_ext.losses.example_loss import check_example_loss
from famus_ext.meta_models.protocol import TrainingLoss


class ExampleWeighting(nn.Module):
    """A learned weight for each example, V_i = Ψ(L_i; θ), where Ψ is any module from losses to weights.

        ℓ = (1/N) Σ_i V_i L_i                            FaMUS, Eq. 3
        ℓ = Σ_i V_i L_i / Σ_j V_j                        normalised, as the released code trains; differentiated in
                                                         the sum too, and left as it is where the sum is 0

    `TrainingLoss.weights` are V in the first case, V_i / Σ_j V_j, which sum to 1, in the second.

    Args:
        net: Ψ, from losses [N, k] to weights [N] or [N, 1]; k is 1, and one more for each of `inputs`.
        loss: L, the loss of each example: what is weighted, and the first that Ψ reads.
        inputs: Further losses of each example that Ψ reads.
        normalised: Whether the weights of a batch are divided by their sum.

    Raises:
        TypeError: `net` is no module, a loss cannot be called, or `normalised` is neither True nor False.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        loss: ExampleLoss = cross_entropy,
        inputs: Sequence[ExampleLoss] = (),
        normalised: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(net, nn.Module):
            raise TypeError(f"net: expected a torch.nn.Module, got {type(net).__name__}")
        check_example_loss(loss)
        check_sequence(inputs, "inputs")
        for index, further in enumerate(inputs):
            check_example_loss(further, f"inputs[{index}]")
        self.net = net
        self.loss = loss
        self.inputs = tuple(inputs)
        # Registered, so that their class sizes follow the meta model to its device.
        self.input_modules = nn.ModuleList([further for further in inputs if isinstance(further, nn.Module)])
        self.normalised = check_flag(normalised, "normalised")

    def forward(self, logits: Tensor, targets: Tensor) -> TrainingLoss:
        """The weighted training loss of logits [N, ...] and targets [N, ...]."""
        weights, losses = self.evaluate(logits, targets)
        if self.normalised:
            weights = normalise(weights)
            return TrainingLoss((weights * losses).sum(), weights, losses)
        return TrainingLoss((weights * losses).mean(), weights, losses)

    def evaluate(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """V and L, both [N], of a batch; V before it is normalised."""
        losses = self.loss(logits, targets)
        with torch.no_grad():
            read = torch.stack([losses, *(further(logits, targets) for further in self.inputs)], 1)
        return self._weigh_batch(read, targets), losses

    def weigh(self, losses: Tensor) -> Tensor:
        """V = Ψ(L; θ): the learned weight function.

        Args:
            losses: [N], or [N, k] where Ψ reads several.

        Returns:
            The weights [N], before they are normalised, in the losses' dtype.

        Raises:
            TypeError, ValueError: Ψ did not return one weight an example.
        """
        outputs = self._outputs(losses)
        if outputs.shape not in ((len(losses),), (len(losses), 1)):
            count = len(losses)
            raise ValueError(f"net: expected weights of shape [{count}] or [{count}, 1], got {list(outputs.shape)}")
        return outputs.view(-1)

    def _weigh_batch(self, losses: Tensor, targets: Tensor) -> Tensor:
        """V [N] of a batch's losses [N, k]."""
        return self.weigh(losses)

    def _outputs(self, losses: Tensor) -> Tensor:
        """What Ψ returns, in the losses' dtype: the network's precision need not be the meta model's."""
        if not isinstance(losses, Tensor):
            raise TypeError(f"losses: expected a tensor, got {type(losses).__name__}")
        kind = next((p.dtype for p in self.net.parameters()), losses.dtype)
        outputs = self.net((losses.unsqueeze(1) if losses.dim() == 1 else losses).to(kind))
        if not isinstance(outputs, Tensor):
            raise TypeError(f"net: expected a module that returns a tensor, got {type(outputs).__name__}")
        return outputs.to(losses.dtype)


def normalise(weights: Tensor) -> Tensor:
    """V_i / Σ_j V_j, [N]; as they are where the sum is 0."""
    total = weights.sum()
    return weights / torch.where(total != 0, total, torch.ones_like(total))
