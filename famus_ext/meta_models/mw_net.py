"""Meta-Weight-Net: a learned function from an example's loss to its weight, one for all classes or one a group."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from famus_ext._checks import check_positive_integer, check_sequence
from famus_ext.losses import ExampleLoss, cross_entropy
from famus_ext.losses.class_sizes import per_class
from famus_ext.losses.targets import check_num_classes
from famus_ext.meta_models.example_weighting import ExampleWeighting


class MWNet(ExampleWeighting):
    """Meta-Weight-Net: V_i = Ψ(L_i; θ), an MLP from loss to weight in (0, 1).

    With `class_groups` the MLP has an output for each group of classes, and V_i is that of its label's group (of the
    largest entry of a soft label): classes of similar size share a weight function.

    Source: Shu et al., "Meta-Weight-Net", NeurIPS 2019; FaMUS, Eq. 1 and 3. The default is the paper's 1-100-1. The
    groups: Shu et al., "CMW-Net: Learning a Class-Aware Sample Weighting Mapping for Robust Deep Learning", TPAMI 2023.

    Args:
        hidden: Width of the hidden layers.
        layers: Number of hidden layers.
        loss: Loss of each example: what is weighted.
        inputs: Further losses of each example that the MLP reads beside `loss`.
        class_groups: The group of each class [C], integers from 0, as `group_classes` makes them; None is one for all.
        normalised: Whether the weights of a batch are divided by their sum; see `ExampleWeighting`.

    Attributes:
        num_groups: The number of weight functions.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """

    class_groups: Tensor | None

    def __init__(
        self,
        hidden: int = 100,
        layers: int = 1,
        loss: ExampleLoss = cross_entropy,
        *,
        inputs: Sequence[ExampleLoss] = (),
        class_groups: Sequence[int] | Tensor | None = None,
        normalised: bool = False,
    ) -> None:
        check_positive_integer(hidden, "hidden")
        check_positive_integer(layers, "layers")
        check_sequence(inputs, "inputs")
        groups = None if class_groups is None else _class_groups(class_groups)
        num_groups = 1 if groups is None else int(groups.max()) + 1
        widths = [1 + len(inputs)] + [hidden] * layers
        body = [m for a, b in pairwise(widths) for m in (nn.Linear(a, b), nn.ReLU())]
        net = nn.Sequential(*body, nn.Linear(hidden, num_groups), nn.Sigmoid())
        super().__init__(net, loss=loss, inputs=inputs, normalised=normalised)
        self.num_groups = num_groups
        self.register_buffer("class_groups", groups)

    def evaluate(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """V and L, both [N], of a batch; V before it is normalised."""
        if self.class_groups is not None:
            check_num_classes(logits, len(self.class_groups), "class_groups")
        return super().evaluate(logits, targets)

    def weigh(self, losses: Tensor, group: int | Tensor = 0) -> Tensor:
        """V = Ψ(L; θ): the learned weight function of a group.

        Args:
            losses: [N], or [N, k] where the MLP reads several.
            group: The group of all examples, or of each [N].

        Returns:
            The weights [N], before they are normalised, in the losses' dtype.

        Raises:
            ValueError: There is no such group.
        """
        if isinstance(group, Tensor):
            return self._outputs(losses).gather(1, group.unsqueeze(1)).squeeze(1)
        if not 0 <= group < self.num_groups:
            raise ValueError(f"group: expected a number in [0, {self.num_groups}), got {group}")
        return self._outputs(losses)[:, group]

    def _weigh_batch(self, losses: Tensor, targets: Tensor) -> Tensor:
        """V [N] of a batch's losses [N, k], each by its label's group."""
        if self.class_groups is None:
            return self.weigh(losses)
        classes = targets.argmax(1) if targets.is_floating_point() else targets
        if classes.dim() != 1:
            raise ValueError(f"targets: expected one label an example, for its group, got shape {list(targets.shape)}")
        return self.weigh(losses, self.class_groups[classes])


def _class_groups(class_groups: Sequence[int] | Tensor) -> Tensor:
    """The group of each class, int64 [C]."""
    values = per_class(class_groups, "class_groups", at_least=0)
    groups = values.to(torch.int64)
    if (groups != values).any() or len(torch.unique(groups)) <= int(groups.max()):
        raise ValueError(f"class_groups: expected groups 0, 1, ... without a gap, got {sorted(set(values.tolist()))}")
    return groups
