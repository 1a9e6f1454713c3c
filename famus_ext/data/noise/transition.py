"""Label noise that depends on the class: a transition matrix by name, and labels drawn from it.

Papers use one word, "symmetric", for two kinds of noise whose actual rates differ by the factor 1 - 1/C. Here they
have two names, and whoever draws labels is told the actual rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from famus_ext.data.labelled_set import check_labels
from famus_ext.data.noise.kinds import MATRIX_NOISE, MatrixNoise

CHUNK = 4096  # labels at a time, of which each takes a row of C numbers


def transition_matrix(
    noise_type: MatrixNoise,
    num_classes: int,
    rate: float,
    *,
    confused: Mapping[int, int] | None = None,
    superclasses: Sequence[int] | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Probability of every given label under every true label, T = (1 - p) I + p F.

    With I the identity, 1 the matrix of ones, S the cyclic shift (S[c, (c + 1) mod C] = 1) and s(c) the superclass::

        symmetric             F = 1 / C                                        actual rate p (1 - 1/C)
        symmetric-excluding   F = (1 - I) / (C - 1)                            actual rate p
        pairflip              F = S                                            actual rate p
        flip                  F[c, d] = 1 for a class d ≠ c drawn for c        actual rate p
        flip2                 F[c, d] = 1/2 for two classes d ≠ c drawn        actual rate p
        asymmetric            F[c, confused[c]] = 1, else F[c, c] = 1          actual rate p · share of confused classes
        hierarchical          F[c, d] uniform over d ≠ c with s(d) = s(c)      actual rate p

    Args:
        noise_type: The kind of noise.
        num_classes: C, at least 2.
        rate: p, in `[0, 1]`.
        confused: The class that each is taken for, for `asymmetric`; classes that are left out keep their labels.
        superclasses: The superclass of every class, C numbers, for `hierarchical`.
        generator: Source of randomness, for `flip` and `flip2`.

    Returns:
        T, float64 `[C, C]`; row = true label, column = given label; rows sum to 1.

    Raises:
        ValueError: for an unknown kind, too few classes, a rate outside `[0, 1]`, or when what the kind needs to know
            of the classes is not given.
    """
    if num_classes < 2:
        raise ValueError(f"num_classes: expected at least 2, got {num_classes}")
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"noise_rate: expected a number in [0, 1], got {rate}")
    identity = torch.eye(num_classes, dtype=torch.float64)
    ones = torch.ones_like(identity)
    if noise_type == "symmetric":
        flipped = ones / num_classes
    elif noise_type == "symmetric-excluding":
        flipped = (ones - identity) / (num_classes - 1)
    elif noise_type == "pairflip":
        flipped = identity.roll(1, dims=1)
    elif noise_type == "flip":
        flipped = _drawn_classes(num_classes, 1, generator)
    elif noise_type == "flip2":
        flipped = _drawn_classes(num_classes, 2, generator)
    elif noise_type == "asymmetric":
        flipped = identity[_taken_for(num_classes, confused)]
    elif noise_type == "hierarchical":
        flipped = _siblings(num_classes, superclasses)
    else:
        raise ValueError(f"noise_type: expected one of {', '.join(MATRIX_NOISE)}, got {noise_type!r}")
    return (1.0 - rate) * identity + rate * flipped


def _drawn_classes(num_classes: int, count: int, generator: torch.Generator | None) -> Tensor:
    """F of `flip` and `flip2`: `count` other classes for every class, equally likely."""
    if num_classes <= count:
        raise ValueError(f"num_classes: expected at least {count + 1}, got {num_classes}")
    if generator is None:
        raise ValueError("generator: expected one, since the classes are drawn, got None")
    order = torch.rand(num_classes, num_classes, dtype=torch.float64, generator=generator).fill_diagonal_(-1.0)
    drawn = order.topk(count, dim=1).indices
    return torch.zeros(num_classes, num_classes, dtype=torch.float64).scatter_(1, drawn, 1.0 / count)


def _taken_for(num_classes: int, confused: Mapping[int, int] | None) -> list[int]:
    """The class that each is taken for, itself where it is not confused."""
    if confused is None:
        raise ValueError("noise_type: asymmetric needs a map of confused classes, and none is known for these classes")
    if not all(0 <= label < num_classes for label in (*confused, *confused.values())):
        raise ValueError(f"confused: expected classes in [0, {num_classes}), got {dict(confused)}")
    return [confused.get(label, label) for label in range(num_classes)]


def _siblings(num_classes: int, superclasses: Sequence[int] | None) -> Tensor:
    """F of `hierarchical`: the other classes of the same superclass, equally likely."""
    if superclasses is None:
        raise ValueError("noise_type: hierarchical needs superclasses, and none are known for these classes")
    if len(superclasses) != num_classes:
        raise ValueError(f"superclasses: expected {num_classes}, one a class, got {len(superclasses)}")
    groups = torch.tensor(superclasses)
    siblings = (groups[:, None] == groups).double().fill_diagonal_(0.0)
    sizes = siblings.sum(dim=1, keepdim=True)
    if not bool(sizes.all()):
        alone = int((sizes == 0).nonzero()[0, 0])
        raise ValueError(f"superclasses: expected at least two classes in each, got class {alone} alone")
    return siblings / sizes


def expected_noise_rate(matrix: Tensor, labels: Tensor) -> float:
    """Expected share of wrong labels, mean_i (1 - T[y_i, y_i]), for true labels int64 `[N]`."""
    return float((1.0 - matrix.diagonal()[labels]).mean())


def corrupt(labels: Tensor, matrix: Tensor, generator: torch.Generator) -> tuple[Tensor, float]:
    """Draws a given label for every example from its true label's row, independently.

    By inversion: the given label is the first class whose cumulated probability exceeds a uniform number.

    Args:
        labels: True labels, int64 `[N]`.
        matrix: Transition matrix, float64 `[C, C]`.
        generator: Source of randomness, one uniform number an example.

    Returns:
        The given labels, int64 `[N]`, and the actual rate: the share of them that is wrong (0 for no examples).

    Raises:
        ValueError: for a label that the matrix does not know.
    """
    check_labels(labels, len(matrix))
    cumulated = _cumulated(matrix)
    uniform = torch.rand(len(labels), 1, dtype=torch.float64, generator=generator)
    parts = zip(torch.split(labels, CHUNK), torch.split(uniform, CHUNK), strict=True)
    given = torch.cat([(numbers >= cumulated[part]).sum(dim=1) for part, numbers in parts])
    wrong = int((given != labels).sum())
    return given, wrong / max(len(labels), 1)


def drawn_labels(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """A label from every row of probabilities, float64 `[N, C]`: int64 `[N]`, one uniform number a row."""
    uniform = torch.rand(len(probabilities), 1, dtype=torch.float64, generator=generator)
    return (uniform >= _cumulated(probabilities)).sum(dim=1)


def _cumulated(probabilities: Tensor) -> Tensor:
    """Running sums of each row, which end at 1 exactly, so that rounding cannot lead past the last class."""
    sums = probabilities.cumsum(dim=1)
    return sums / sums[:, -1:]
