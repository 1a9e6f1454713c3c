"""The probe for mixing sees it through a backward that rounds, and rounding is not taken for it."""

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch import nn

import famus_ext as famus
from famus_ext.engine.per_example import coupling


class Rounded(torch.autograd.Function):
    """y = x, whose gradient is rounded to 11 bits, as TF32 rounds a convolution's factors."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        # The sum of two roundings that leave only the leading bits.
        large = grad * (2**13 + 1)
        return large - (large - grad)


class Rounding(nn.Module):
    def forward(self, x):
        return Rounded.apply(x)


class Mixing(nn.Module):
    """Every example beside a partner."""

    def __init__(self, partner):
        super().__init__()
        self.partner = partner

    def forward(self, x):
        return x + x[[self.partner(i, len(x)) for i in range(len(x))]].tanh()


def gradient(network, engine="ghost", size=32):
    torch.manual_seed(1)
    batches = [(torch.randn(n, 3, 9, 9), torch.randint(0, CLASSES, (n,))) for n in (size, 6)]
    return famus.sampled_meta_grad(network, famus.MWNet(8), *batches, lr=0.3, engine=engine)


def test_rounding_is_no_mixing():
    torch.manual_seed(0)
    network = NETWORKS["group norm"][0]().float()
    network.insert(3, Rounding())
    assert all(grad.isfinite().all() for grad in gradient(network).grads.values())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", ["wide residual", "group norm"])
def test_autocast(name, dtype):
    torch.manual_seed(0)
    network = NETWORKS[name][0]().float()
    with torch.autocast("cpu", dtype=dtype):
        if name == "group norm":
            assert all(grad.isfinite().all() for grad in gradient(network).grads.values())
        else:
            with pytest.raises(ValueError, match="mix the examples"):
                gradient(network)


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_what_arrives_scaled_alike_is_learned_at_once(dtype, monkeypatch):
    """However little it is beside the rest: a probe in every step would cost two backwards each time."""
    torch.manual_seed(0)
    probed = []
    probe = coupling.probe
    monkeypatch.setattr(coupling, "probe", lambda *args: probed.append(args[-1]) or probe(*args))
    network = NETWORKS["group norm"][0]().float()
    with torch.no_grad():
        network[-1].weight *= 1e-3
    optimizer, meta_model = torch.optim.SGD(network.parameters(), lr=0.1), famus.MWNet(8)
    step = famus.MetaStep(network, optimizer, meta_model, engine="ghost")
    x, y = torch.randn(8, 3, 9, 9), torch.randint(0, CLASSES, (8,))
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype is not None):
        for _ in range(5):
            step(x, y, x, y)
    assert probed == [1, 2, 4]


PARTNER = {
    "half a batch away": lambda i, size: (i + size // 2) % size,
    "from the end": lambda i, size: size - 1 - i,
    "neighbours": lambda i, size: (i + 1) % size,
    "eight away": lambda i, size: (i + 8) % size,
}


@pytest.mark.parametrize("size", [3, 6, 16, 26, 42, 64, 100, 128, 288])
@pytest.mark.parametrize("name", PARTNER)
def test_pairs_are_seen_in_the_first_step(name, size):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(243, 4), Mixing(PARTNER[name]), nn.Linear(4, CLASSES))
    with pytest.raises(ValueError, match="mix the examples"):
        gradient(network, size=size)
