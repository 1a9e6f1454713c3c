"""Both ways to G give the same numbers, and each network takes the one that is right for it."""

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch import nn

import famus_ext as famus
from famus_ext.diagnostics import gradient_dots

COUPLED = "one example depends|depends on the others"
# Network: the way it takes, and why where that is by example.
WAYS = {
    "wide residual": COUPLED,
    "group norm": None,
    "depthwise and grouped": None,
    "transposed convolution": "Convolution, whose gradient",
    "pooling": None,
    "instance norm": "computed from a parameter",
    "batch norm without scale": COUPLED,
    "frozen batch norm": None,
    "weight norm": "computed from a parameter",
    "shared weights": "several places",
    "fused attention": None,
    "recurrent": "several places",
    "embedding": None,
}


def case(name):
    torch.manual_seed(0)
    build, inputs = NETWORKS[name]
    batches = [(inputs(n), torch.randint(0, CLASSES, (n,))) for n in (6, 4)]
    return build().double(), *batches


@pytest.mark.parametrize("name", WAYS)
def test_way(name):
    model, *batches = case(name)
    found = gradient_dots(model, *batches, lr=0.3, layers=99)
    by_example = gradient_dots(model, *batches, lr=0.3, layers=99, way="by example")
    assert by_example.way == "by example"
    scale = float(by_example.values.abs().max())
    assert torch.allclose(found.values, by_example.values, rtol=1e-10, atol=1e-12 * scale)
    if WAYS[name] is None:
        assert found.way == "by layer"
    else:
        assert found.way == "by example"
        with pytest.raises(ValueError, match=f'way: expected "by example".*({WAYS[name]})'):
            gradient_dots(model, *batches, lr=0.3, layers=99, way="by layer")


@pytest.mark.parametrize("name", ["group norm", "depthwise and grouped", "embedding", "fused attention"])
def test_each_tensor_is_a_layer(name):
    """Weight and bias apart, and a bias alone, whose weight the meta examples' graph does not hold."""
    model, *batches = case(name)
    layers = famus.layers(model, granularity="tensor")
    for chosen in (layers, layers[-1:], layers[:1]):
        found = gradient_dots(model, *batches, lr=0.3, layers=chosen)
        expected = gradient_dots(model, *batches, lr=0.3, layers=chosen, way="by example")
        assert torch.allclose(found.values, expected.values, rtol=1e-10, atol=1e-13)


def test_a_loss_that_mixes_examples():
    """The network does not; the loss of an example depends on the others' logits."""
    model, *batches = case("group norm")

    def centred(logits, targets):
        return famus.cross_entropy(logits - logits.mean(0), targets)

    found = gradient_dots(model, *batches, lr=0.3, loss=centred)
    assert found.way == "by example"


def test_batches_of_different_length():
    """Sequences of the meta batch may be longer."""
    model, (x, y), _ = case("embedding")
    meta = torch.randint(0, 11, (4, 12)), torch.randint(0, CLASSES, (4,))
    by_layer, by_example = (
        gradient_dots(model, (x, y), meta, lr=0.3, layers=99, way=way).values for way in ("by layer", "by example")
    )
    assert torch.allclose(by_layer, by_example, rtol=1e-10, atol=1e-13)


def test_under_autocast():
    """The casts are in the graph; both ways round as it does."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 49, CLASSES))
    batches = [(torch.randn(n, 3, 9, 9), torch.randint(0, CLASSES, (n,))) for n in (6, 4)]
    with torch.autocast("cpu", torch.bfloat16):
        by_layer, by_example = (
            gradient_dots(model, *batches, lr=0.1, layers=99, way=way).values for way in ("by layer", "by example")
        )
    assert by_layer.dtype == torch.float32
    assert float((by_layer - by_example).norm() / by_example.norm()) < 0.05


def test_refuses_another_way():
    model, *batches = case("group norm")
    with pytest.raises(ValueError, match=r"way: expected one of .*'by layer'.*, got 'fast'"):
        gradient_dots(model, *batches, lr=0.3, way="fast")
