"""Label-distribution-aware margin loss: the rarer a class, the wider its margin."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from famus_ext._checks import check_finite
from famus_ext.losses.class_numbers import ClassNumbers
from famus_ext.losses.class_sizes import check_class_sizes
from famus_ext.losses.cross_entropy import cross_entropy
from famus_ext.losses.targets import check_class_indices, check_num_classes


class LDAMLoss(ClassNumbers):
    """Label-distribution-aware margin loss, L_i = -log softmax(s (z_i - Δ_y e_y))_y with Δ_c ∝ n_c^(-1/4).

    The rarest class has the margin `max_margin`. The source's s = 30 supposes logits that are cosines, of a classifier
    with normalised rows and features; plain logits take a scale of about 1.

    Source: Cao et al., "Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss", NeurIPS 2019,
    Section 3.2.

    Args:
        class_sizes: n, the number of training examples of each class [C], at least 1.
        max_margin: The largest Δ_c, at least 0.
        scale: s, greater than 0.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """

    margins: Tensor

    def __init__(self, class_sizes: Sequence[float] | Tensor, max_margin: float = 0.5, scale: float = 30.0) -> None:
        super().__init__()
        sizes = check_class_sizes(class_sizes)
        max_margin, self.scale = check_finite(max_margin, "max_margin"), check_finite(scale, "scale")
        if max_margin < 0:
            raise ValueError(f"max_margin: expected a number >= 0, got {max_margin}")
        if self.scale <= 0:
            raise ValueError(f"scale: expected a number > 0, got {scale}")
        self.register_buffer("margins", max_margin * (sizes.min() / sizes) ** 0.25, persistent=False)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """L [N] of logits [N, C, ...] and class indices [N, ...].

        Raises:
            TypeError: Targets are soft labels: a margin belongs to one class.
            ValueError: As for `cross_entropy`; or the number of classes is another.
        """
        check_class_indices(logits, targets, "a margin belongs to one class")
        check_num_classes(logits, len(self.margins), "class_sizes")
        target = functional.one_hot(targets, logits.shape[1]).movedim(-1, 1)
        margins = self.margins.to(logits).view(-1, *[1] * (logits.dim() - 2))
        return cross_entropy(self.scale * (logits - margins * target), targets)
