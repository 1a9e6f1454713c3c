"""The released FaMUS code's training loss: MixMatch with learned weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from famus_ext._checks import check_finite, check_positive_integer
from famus_ext.losses import prior_penalty, squared_error
from famus_ext.losses.targets import check_targets
from famus_ext.meta_models.example_weighting import ExampleWeighting, normalise
from famus_ext.meta_models.protocol import TrainingLoss


class SemiSupervised(nn.Module):
    """MixMatch with learned weights, of a batch whose first examples are labelled and whose others are not.

        ℓ = 2 Σ_{labelled} V_i L_i + 2 λ_u Σ_{unlabelled} V_i E_i + KL(uniform ‖ mean prediction)

    L_i is the cross-entropy against the (mixed) target, E_i the squared error against the guessed one, and
    V_i = Ψ(L_i; θ), of labelled and unlabelled examples alike, is divided by its sum over the whole batch. The factor 2
    makes each sum a mean where half of the batch is labelled and all weights are equal. `TrainingLoss.losses` are
    what V multiplies: 2 L_i, or 2 λ_u E_i.

    The released code adds the penalty to the meta loss too:
    ``meta_loss=lambda logits, targets: cross_entropy(logits, targets) + prior_penalty(logits)``.

    Source: FaMUS, Algorithm 2 and the released training script; Berthelot et al., "MixMatch", NeurIPS 2019.

    Args:
        weighting: Ψ and L; an `MWNet`, say.
        num_labelled: How many examples of a batch, the first ones, are labelled.
        lambda_u: λ_u; an attribute that the loop sets, see `ramp_up`.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """

    def __init__(self, weighting: ExampleWeighting, num_labelled: int, lambda_u: float) -> None:
        super().__init__()
        if not isinstance(weighting, ExampleWeighting):
            raise TypeError(f"weighting: expected an ExampleWeighting, got {type(weighting).__name__}")
        self.weighting = weighting
        self.num_labelled = check_positive_integer(num_labelled, "num_labelled")
        self.lambda_u = check_finite(lambda_u, "lambda_u")
        if self.lambda_u < 0:
            raise ValueError(f"lambda_u: expected a number >= 0, got {lambda_u}")

    def forward(self, logits: Tensor, targets: tuple[Tensor, Tensor]) -> TrainingLoss:
        """The training loss of a batch.

        Args:
            logits: z, [N, C].
            targets: The targets of L, soft labels [N, C] or class indices [N]; and the guessed targets of E, [N, C], of
                which the unlabelled rows are read.

        Raises:
            TypeError, ValueError: The targets are no such pair, or the batch is smaller than its labelled part.
        """
        if not isinstance(targets, (tuple, list)) or len(targets) != 2:
            raise TypeError(f"targets: expected a pair of targets and guessed targets, got {type(targets).__name__}")
        mixed, guessed = targets
        check_targets(logits, guessed)
        labelled = self.num_labelled
        if len(logits) < labelled:
            raise ValueError(f"logits: expected at least {labelled} rows, the labelled examples, got {len(logits)}")
        weights, losses = self.weighting.evaluate(logits, mixed)
        errors = squared_error(logits[labelled:], guessed[labelled:])
        terms = torch.cat([2 * losses[:labelled], 2 * self.lambda_u * errors])
        weights = normalise(weights)
        return TrainingLoss((weights * terms).sum() + prior_penalty(logits), weights, terms)
