"""The inner products of all layers, beside a dot product a tensor."""

from collections.abc import Iterator

import torch
from torch import Tensor

from contenders.case import Case, Families, total_bytes
from contenders.network import Network
from famus_ext import ops


def cases(network: Network) -> Iterator[Case]:
    """A layer a parameter."""
    a, b = network.like_parameters(), network.like_parameters()
    yield Case("layer_dots", f"{network.name}, parameters", (a, b), layer_dots, dot_by_dot, bytes=total_bytes(a, b))


def layer_dots(a: list[Tensor], b: list[Tensor]) -> Families:
    """The op."""
    return ([ops.layer_dots([[tensor] for tensor in a], [[tensor] for tensor in b])],)


def dot_by_dot(a: list[Tensor], b: list[Tensor]) -> Families:
    """One after another."""
    return ([torch.stack([torch.dot(x.flatten(), y.flatten()) for x, y in zip(a, b, strict=True)])],)
