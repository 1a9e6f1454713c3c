"""A sweep over a checkpointed network runs each block once, and is exact."""

from collections import Counter

import pytest
import torch
from torch import Tensor, nn
from torch.utils import checkpoint

from famus_ext import pushforward

BLOCKS = {
    "convolution": lambda: nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
    "group norm": lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.GroupNorm(2, 4), nn.SiLU(), nn.PReLU()),
    "dropout": lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.Dropout(0.5), nn.Hardtanh()),
    "layer norm": lambda: nn.Sequential(nn.Linear(6, 6), nn.LayerNorm(6), nn.GELU()),
    "division": lambda: Divided(),
}


class Divided(nn.Module):
    """Every input of these elementwise operations moves."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        y = self.scale(x)
        return torch.maximum(x / (1 + y * y), torch.where(x > 0, y, x)) + (1 + y * y) ** x.sigmoid()


class Network(nn.Module):
    """Two blocks and a mean, [N, 4, 6, 6] to [N, 4]; counts the runs of each block."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(BLOCKS[kind]() for _ in range(2))
        self.runs = Counter()
        self.double()

    def run(self, index: int, x: Tensor) -> Tensor:
        self.runs[index] += 1
        return self.blocks[index](x)

    def forward(self, x: Tensor, checkpointed: bool) -> Tensor:
        for index in range(2):
            x = checkpoint.checkpoint(self.run, index, x, use_reentrant=False) if checkpointed else self.run(index, x)
        return x.flatten(2).mean(2)


@pytest.mark.parametrize("kind", list(BLOCKS))
def test_each_block_runs_once_a_sweep(kind: str) -> None:
    torch.manual_seed(0)
    network, x = Network(kind), torch.randn(3, 4, 6, 6).double()
    tangents = {p: torch.randn_like(p) for p in network.parameters()}
    torch.manual_seed(1)
    expected = pushforward(network(x, checkpointed=False), tangents)
    torch.manual_seed(1)
    logits = network(x, checkpointed=True)
    for _ in range(2):
        network.runs.clear()
        assert torch.equal(pushforward(logits, tangents), expected)
        if hasattr(checkpoint, "GraphExecGroup"):
            assert network.runs == {0: 1, 1: 1}
    network.runs.clear()
    torch.autograd.grad(logits.sum(), list(network.parameters()))
    assert network.runs == {0: 1, 1: 1}, "a backward afterwards runs each block by itself"
