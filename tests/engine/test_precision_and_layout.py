"""Channels-last tensors, float16 and bfloat16 networks, autocast."""

import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch import nn

import famus_ext as famus


def batches(inputs, dtype=torch.float32):
    torch.manual_seed(1)
    x, x_meta = inputs(16).to(dtype), inputs(12).to(dtype)
    return (x, torch.randint(0, CLASSES, (16,))), (x_meta, torch.randint(0, CLASSES, (12,)))


def flat(result):
    return torch.cat([grad.flatten().double() for grad in result.grads.values()])


def cosine(left, right):
    return float(nn.functional.cosine_similarity(flat(left), flat(right), dim=0))


IMAGE_NETS = ["wide residual", "group norm", "depthwise and grouped", "pooling", "dropout", "frozen batch norm"]


@pytest.mark.parametrize("name", IMAGE_NETS)
def test_channels_last(name):
    """Equal to double backward in the same layout; dropout draws its masks in memory order, so not across layouts."""
    torch.manual_seed(0)
    build, inputs = NETWORKS[name]
    network, meta_model = build().double().to(memory_format=torch.channels_last), famus.MWNet(8).double()
    (x, y), (x_meta, y_meta) = batches(inputs, torch.float64)
    x, x_meta = (t.to(memory_format=torch.channels_last) for t in (x, x_meta))
    results = []
    for engine in ("pushforward", "double_backward"):
        torch.manual_seed(2)
        results.append(famus.sampled_meta_grad(network, meta_model, (x, y), (x_meta, y_meta), lr=0.3, engine=engine))
    fast, exact = map(flat, results)
    assert float((fast - exact).norm()) <= 1e-10 * float(exact.norm())


@pytest.mark.parametrize("name", ["wide residual", "group norm", "fused attention"])
def test_autocast(name):
    """Under autocast the sweep follows the casts of the graph.

    bfloat16 is judged against the exact engine under the same autocast: both round, at different places, so the bound
    is that of the format (2⁻⁸ an operation) and not of the engine.
    """
    torch.manual_seed(0)
    build, inputs = NETWORKS[name]
    network, meta_model = build().float(), famus.MWNet(8)
    batch, meta_batch = batches(inputs)
    results = {}
    for engine in ("pushforward", "double_backward"):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            results[engine] = famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3, engine=engine)
    single = famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3)
    assert results["pushforward"].logits.dtype == torch.bfloat16
    assert cosine(results["pushforward"], single) > 0.95
    # No further from float32 than the paper's own computation is, with room for chance.
    ours, theirs = (float((flat(results[e]) - flat(single)).norm()) for e in ("pushforward", "double_backward"))
    assert ours < 2 * theirs + 0.02 * float(flat(single).norm())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_network(dtype):
    """Parameters and inputs in half precision; the meta model in float32 decides on detached losses."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 32), nn.GELU(), nn.LayerNorm(32), nn.Linear(32, CLASSES))
    batch, meta_batch = batches(lambda n: torch.randn(n, 6))
    meta_model = famus.MWNet(8, loss=lambda z, y: famus.cross_entropy(z.float(), y))
    single = famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3)
    half = copy.deepcopy(network).to(dtype)
    results = [
        famus.sampled_meta_grad(
            half, meta_model, (batch[0].to(dtype), batch[1]), (meta_batch[0].to(dtype), meta_batch[1]), lr=0.3, engine=e
        )
        for e in ("pushforward", "double_backward")
    ]
    assert cosine(*results) > 0.99
    assert cosine(results[0], single) > 0.98


def test_a_step_under_autocast_trains():
    torch.manual_seed(0)
    build, inputs = NETWORKS["wide residual"]
    network = build().float()
    step = famus.MetaStep(
        network,
        torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9),
        famus.MWNet(8),
        famus.GumbelSampler(network, 2),
    )
    (x, y), _ = batches(inputs)
    losses = []
    for _ in range(20):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            losses.append(step(x, y, x, y).meta_loss.item())
    assert losses[-1] < 0.7 * losses[0]
    assert all(p.dtype == torch.float32 for p in network.parameters())


@pytest.mark.parametrize("schedule", ["paper", "merged"])
def test_backwards_run_outside_autocast(schedule):
    """The gradient that trains is the one of a plain loop whose backward is outside: a float32 layer keeps float32."""

    class Island(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Linear(6, 64), nn.Linear(64, CLASSES)

        def forward(self, x):
            with torch.autocast("cpu", enabled=False):
                return self.head(torch.tanh(self.body(x.float())))

    torch.manual_seed(0)
    model, meta_model = Island(), famus.MWNet(8, loss=lambda z, y: famus.cross_entropy(z.float(), y))
    twin = copy.deepcopy(model)
    frozen = torch.optim.SGD(meta_model.parameters(), lr=0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    step = famus.MetaStep(model, optimizer, meta_model, schedule=schedule, meta_optimizer=frozen)
    x, y = torch.randn(8, 6), torch.randint(0, CLASSES, (8,))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = step(x, y, x, y)
        losses = famus.cross_entropy(twin(x).float(), y)
    (out.weights * losses).mean().backward()
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, rtol=1e-5, atol=1e-7)
