"""The virtual step of all parameters, beside PyTorch's fused multi-tensor update and a mean a tensor."""

from collections.abc import Iterator

import torch
from torch import Tensor

from contenders.case import Case, Families, total_bytes
from contenders.network import Network
from famus_ext import ops

LEARNING_RATE = 0.05


def cases(network: Network) -> Iterator[Case]:
    """All parameters in one call."""
    w, g = network.like_parameters(), network.like_parameters()
    size = f"{network.name}, parameters"
    yield Case("virtual_step", size, (w, g), virtual_step, foreach_virtual_step, bytes=total_bytes(w, g, w))


def virtual_step(w: list[Tensor], g: list[Tensor]) -> Families:
    """The op."""
    return ops.virtual_step(w, g, LEARNING_RATE)


def foreach_virtual_step(w: list[Tensor], g: list[Tensor]) -> Families:
    """A multi-tensor update, and the means one by one."""
    pooled = [tensor.flatten(1).mean(1) if tensor.dim() > 1 else tensor.clone() for tensor in g]
    return list(torch._foreach_add(w, g, alpha=-LEARNING_RATE)), pooled
