"""oneDNN's LSTM, which is float32, against torch.func.jvp of PyTorch's own in float64."""

import pytest
import torch
from torch import nn

from famus_ext.engine.pushforward import pushforward
from famus_ext.engine.rules import onednn, operation
from famus_ext.network.graph import topological_order

KINDS = {
    "plain": {},
    "no bias": {"bias": False},
    "two layers": {"num_layers": 2},
    "both directions": {"bidirectional": True, "batch_first": True},
    "two layers, both directions, no bias": {"num_layers": 2, "bidirectional": True, "bias": False},
}


def lstm(kind, dtype, x, *rest):
    """All that it gives, in one vector."""
    directions = 1 + kind.get("bidirectional", False)
    flags = (
        kind.get("bias", True),
        kind.get("num_layers", 1),
        0.0,
        True,
        directions == 2,
        kind.get("batch_first", False),
    )
    h, c, *weights = (tensor.to(dtype) for tensor in rest)
    return torch.cat([part.flatten() for part in torch.lstm(x.to(dtype), (h, c), weights, *flags)])


@pytest.fixture(params=KINDS)
def case(request):
    """Arguments of `lstm`, in float64, and a direction for each."""
    torch.manual_seed(0)
    kind = KINDS[request.param]
    net = nn.LSTM(4, 3, **kind).double()
    layers = net.num_layers * (1 + net.bidirectional)
    inputs = [torch.randn(5, 2, 4), *torch.randn(2, layers, 5 if net.batch_first else 2, 3), *net.parameters()]
    inputs = [tensor.detach().double() for tensor in inputs]
    return kind, inputs, [torch.randn_like(tensor) for tensor in inputs]


def swept(kind, inputs, directions, moving, monkeypatch):
    """The pushforward in float32 with the inputs `moving`, without the general rule."""
    monkeypatch.setattr(onednn, "general", lambda node, tangents: pytest.fail("took the general rule"))
    leaves = [tensor.float().requires_grad_(index in moving) for index, tensor in enumerate(inputs)]
    out = lstm(kind, torch.float32, *leaves)
    if not any(operation(node) == "MkldnnRnnLayer" for node in topological_order(out)):
        pytest.skip("this build of torch runs an LSTM without oneDNN")
    return pushforward(out, {leaves[index]: directions[index].float() for index in moving})


def test_all_inputs_move(case, monkeypatch):
    kind, inputs, directions = case
    _, exact = torch.func.jvp(lambda *t: lstm(kind, torch.float64, *t), tuple(inputs), tuple(directions))
    tangent = swept(kind, inputs, directions, range(len(inputs)), monkeypatch)
    assert (tangent - exact).norm() <= 1e-6 * exact.norm()


def test_each_input_alone(case, monkeypatch):
    kind, inputs, directions = case
    for index in range(len(inputs)):
        still = [d if i == index else torch.zeros_like(d) for i, d in enumerate(directions)]
        _, exact = torch.func.jvp(lambda *t: lstm(kind, torch.float64, *t), tuple(inputs), tuple(still))
        tangent = swept(kind, inputs, directions, [index], monkeypatch)
        assert (tangent - exact).norm() <= 1e-6 * exact.norm()


def test_autocast(monkeypatch):
    """bfloat16's rounding, and no more."""
    torch.manual_seed(0)
    net, x = nn.LSTM(4, 3), torch.randn(5, 2, 4)
    weights = list(net.parameters())
    directions = [torch.randn_like(weight) for weight in weights]
    monkeypatch.setattr(onednn, "general", lambda node, tangents: pytest.fail("took the general rule"))
    with torch.autocast("cpu", torch.bfloat16):
        rounded = pushforward(net(x)[0], dict(zip(weights, directions, strict=True)))
    exact = pushforward(net(x)[0], dict(zip(weights, directions, strict=True)))
    assert (rounded - exact).norm() <= 3e-2 * exact.norm()
