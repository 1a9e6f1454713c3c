"""The probe for mixing sees it through a backward that rounds, and rounding is not taken for it."""

import pytest
import torch
from networks import CLASSES, NETWORKS
from torch import nn

import famus_ext as famus


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


def gradient(network, engine="ghost"):
    torch.manual_seed(1)
    batches = [(torch.randn(n, 3, 9, 9), torch.randint(0, CLASSES, (n,))) for n in (32, 6)]
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
