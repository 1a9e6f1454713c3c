"""The released FaMUS code's training loss: MixMatch with learned weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from famus_ext._checks import check_finite, check_positive_integer
from famus_ext.losses import prior_penalty, squared_error
from famus_ext.losses.targets import check_no_positions, check_targets
from famus_ext.meta_models.example_weighting import ExampleWeighting, normalise
from famus_ext.meta_models.protocol import TrainingLoss


class SemiSupervised(nn.Module):
    """MixMatch with learned weights, of a batch of labelled examples and of others that are not.

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
        num_labelled: How many examples of a batch, the first ones, are labelled; None where the targets mark them, as
            they must where several processes join their batches.
        lambda_u: λ_u; an attribute that the loop sets, see `ramp_up`.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """

    def __init__(self, weighting: ExampleWeighting, num_labelled: int | None, lambda_u: float) -> None:
        super().__init__()
        if not isinstance(weighting, ExampleWeighting):
            raise TypeError(f"weighting: expected an ExampleWeighting, got {type(weighting).__name__}")
        self.weighting = weighting
        self.num_labelled = None if num_labelled is None else check_positive_integer(num_labelled, "num_labelled")
        self.lambda_u = check_finite(lambda_u, "lambda_u")
        if self.lambda_u < 0:
            raise ValueError(f"lambda_u: expected a number >= 0, got {lambda_u}")

    def forward(self, logits: Tensor, targets: tuple[Tensor, ...]) -> TrainingLoss:
        """The training loss of a batch.

        Args:
            logits: z, [N, C].
            targets: The targets of L, soft labels [N, C] or class indices [N]; the guessed targets of E, [N, C], of
                which the unlabelled rows are read; and, where `num_labelled` is None, which rows are labelled, bool
                [N].

        Raises:
            TypeError, ValueError: The targets are no such pair or triple, or the batch is smaller than its labelled
                part.
        """
        check_no_positions(logits)
        mixed, guessed, labelled = self._parts(logits, targets)
        check_targets(logits, guessed)
        weights, losses = self.weighting.evaluate(logits, mixed)
        # What stands in the labelled rows is nobody's guess, and may be NaN.
        errors = squared_error(logits, guessed.masked_fill(labelled.unsqueeze(1), 0.0))
        terms = 2 * torch.where(labelled, losses, self.lambda_u * errors)
        weights = normalise(weights)
        return TrainingLoss((weights * terms).sum() + prior_penalty(logits), weights, terms)

    def _parts(self, logits: Tensor, targets: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """The targets of L, those of E, and the mask of the labelled rows."""
        count, kind = (3, "triple") if self.num_labelled is None else (2, "pair")
        if not isinstance(targets, (tuple, list)) or len(targets) != count:
            more = " and a mask of labelled rows" if self.num_labelled is None else ""
            raise TypeError(
                f"targets: expected a {kind} of targets and guessed targets{more}, got {type(targets).__name__}"
            )
        if self.num_labelled is None:
            mixed, guessed, labelled = targets
            if labelled.dtype != torch.bool or labelled.shape != logits.shape[:1]:
                raise ValueError(
                    f"targets[2]: expected a bool mask of shape [{len(logits)}], got {labelled.dtype} of shape "
                    f"{list(labelled.shape)}"
                )
            return mixed, guessed, labelled
        if len(logits) < self.num_labelled:
            raise ValueError(
                f"logits: expected at least {self.num_labelled} rows, the labelled examples, got {len(logits)}"
            )
        return *targets, torch.arange(len(logits), device=logits.device) < self.num_labelled  # type: ignore[return-value]
