"""Meta Label Correction: a learned network that replaces the given label by a soft one."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from famus_ext._checks import check_finite, check_positive_integer
from famus_ext.losses import cross_entropy
from famus_ext.losses.targets import check_no_positions, check_num_classes, check_targets
from famus_ext.meta_models.protocol import TrainingLoss


class LabelCorrection(nn.Module):
    """Meta Label Correction: ℓ = -(1/N) Σ_i Σ_c q_ic log softmax(z_i)_c with a learned label q_i = Ψ(p_i, y_i; θ).

        q_i = (1 - s_i) y_i + s_i c_i                    (c_i, s_i) = softmax, sigmoid of MLP(p_i, y_i)

    with the prediction p_i = softmax(z_i), a constant here, and the given label y_i, one-hot or soft. s_i in (0, 1) is
    how far the given label is distrusted. It starts at about `distrust`, so that q starts near y, and q stays on the
    simplex.

    Source: Zheng, Awadallah, Dumais, "Meta Label Correction for Noisy Label Learning", AAAI 2021. Theirs reads the
    network's features where this one reads its prediction, since a meta model is given logits and targets; theirs has
    no residual form; and their meta gradient looks k steps back where the engines look back one.

    Args:
        num_classes: C.
        hidden: Width of the MLP's two hidden layers.
        distrust: The first s, in (0, 1).

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """

    def __init__(self, num_classes: int, hidden: int = 64, distrust: float = 0.1) -> None:
        super().__init__()
        self.num_classes = check_positive_integer(num_classes, "num_classes")
        check_positive_integer(hidden, "hidden")
        distrust = check_finite(distrust, "distrust")
        if not 0 < distrust < 1:
            raise ValueError(f"distrust: expected a number in (0, 1), got {distrust}")
        # The first layer's columns for a one-hot label are the label's embedding.
        first, second = nn.Linear(2 * num_classes, hidden), nn.Linear(hidden, hidden)
        last = nn.Linear(hidden, num_classes + 1)
        nn.init.constant_(last.bias[-1:], math.log(distrust / (1 - distrust)))
        self.net = nn.Sequential(first, nn.Tanh(), second, nn.Tanh(), last)

    def forward(self, logits: Tensor, targets: Tensor) -> TrainingLoss:
        """The loss of logits [N, C] against the corrected labels."""
        losses = cross_entropy(logits, self.correct(logits, targets))
        return TrainingLoss(losses.mean(), losses=losses)

    def correct(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The corrected labels q.

        Args:
            logits: z, [N, C]; taken as a constant.
            targets: Class indices [N], int64, or soft labels [N, C].

        Returns:
            q [N, C], rows on the simplex.

        Raises:
            TypeError, ValueError: As for `cross_entropy`; or an example has several positions, or the number of classes
                is another.
        """
        check_targets(logits, targets)
        check_no_positions(logits)
        check_num_classes(logits, self.num_classes, "num_classes")
        predictions = logits.detach().softmax(1)
        given = targets if targets.is_floating_point() else functional.one_hot(targets, self.num_classes)
        given = given.to(predictions.dtype)
        outputs: Tensor = self.net(torch.cat([predictions, given], 1).to(next(self.parameters()).dtype))
        outputs = outputs.to(predictions.dtype)
        correction, distrust = outputs[:, :-1].softmax(1), outputs[:, -1:].sigmoid()
        return (1 - distrust) * given + distrust * correction
