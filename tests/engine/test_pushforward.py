"""The sweep over a recorded graph: what it passes, where it begins, and that it is the transpose of the backward."""

import pytest
import torch
from shared.rule_cases import R, float64  # noqa: F401
from torch import nn
from torch.nn import functional as F

from famus_ext import pushforward
from famus_ext.engine.rules import RULES


def test_embedding_rows_and_padding():
    weight = R(7, 3, requires_grad=True)
    tokens = torch.tensor([[0, 2, 2], [6, 0, 1]])
    tangent = R(7, 3)
    found = pushforward(F.embedding(tokens, weight, padding_idx=0), {weight: tangent})
    # The padding row has no gradient, so it does not move.
    tangent[0] = 0
    torch.testing.assert_close(found, tangent[tokens])


@pytest.mark.parametrize("kind", ["plain", "causal", "masked"])
def test_fused_attention(kind):
    causal, mask = kind == "causal", R(2, 1, 600, 5) if kind == "masked" else None
    q, k, v = (R(2, 3, length, 4, requires_grad=True) for length in (600, 5, 5))
    out = F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal)
    assert "ScaledDotProduct" in out.grad_fn.name(), "attention was not fused: nothing is tested"
    tangents = {t: R(t.shape) for t in (q, k, v)}

    def plain(q, k, v):
        scores = q @ k.transpose(-2, -1) / 2
        scores = scores if mask is None else scores + mask
        if causal:
            scores = scores.masked_fill(torch.ones(600, 5).tril().logical_not(), -torch.inf)
        return scores.softmax(-1) @ v

    expected = torch.func.jvp(plain, tuple(t.detach() for t in tangents), tuple(tangents.values()))[1]
    torch.testing.assert_close(pushforward(out, tangents), expected, rtol=1e-10, atol=1e-10)
    for alone in tangents:
        expected = torch.func.jvp(
            plain,
            tuple(t.detach() for t in tangents),
            tuple(d if t is alone else torch.zeros_like(d) for t, d in tangents.items()),
        )[1]
        torch.testing.assert_close(pushforward(out, {alone: tangents[alone]}), expected, rtol=1e-10, atol=1e-10)


def test_own_function():
    """A user's autograd Function with a differentiable backward, and arguments that are no tensors."""

    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, factor, x, name, w):
            ctx.save_for_backward(x, w)
            ctx.factor = factor
            return factor * x * w

        @staticmethod
        def backward(ctx, grad):
            x, w = ctx.saved_tensors
            return None, ctx.factor * grad * w, None, ctx.factor * grad * x

    x, w = R(3, 4, requires_grad=True), R(3, 4, requires_grad=True)
    x_dot, w_dot = R(3, 4), R(3, 4)
    found = pushforward(Scaled.apply(2.0, x, "name", w).sum(1), {x: x_dot, w: w_dot})
    torch.testing.assert_close(found, (2 * (x_dot * w + x * w_dot)).sum(1))


@pytest.mark.parametrize("module", [nn.Linear(4, 3), nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3))])
def test_transpose_of_backward(module):
    """⟨v, J t⟩ = ⟨Jᵀ v, t⟩: the sweep is the transpose of autograd's own."""
    module = module.double()
    outputs = module(R(5, 4))
    tangents = {p: R(p.shape) for p in module.parameters()}
    v = R(outputs.shape)
    found = (pushforward(outputs, tangents) * v).sum()
    pulled = torch.autograd.grad(outputs, list(tangents), v)
    torch.testing.assert_close(found, sum((p * t).sum() for p, t in zip(pulled, tangents.values(), strict=True)))


def test_leaves_outside_the_graph_contribute_nothing():
    x, idle = R(3, requires_grad=True), R(2, requires_grad=True)
    assert torch.equal(pushforward(2 * x, {idle: R(2)}), torch.zeros(3))
    assert torch.equal(pushforward(x, {x: torch.ones(3)}), torch.ones(3))
    assert torch.equal(pushforward(2 * x, {}), torch.zeros(3))


def test_nodes_below_the_lowest_tangent_are_not_passed(monkeypatch):
    """The cost starts at the lowest layer that has a tangent."""
    net = nn.Sequential(*[nn.Linear(4, 4) for _ in range(6)])
    outputs = net(R(3, 4))
    passed = []

    def spy(node, tangents, rule=RULES["Addmm"]):
        passed.append(node)
        return rule(node, tangents)

    monkeypatch.setitem(RULES, "Addmm", spy)
    pushforward(outputs, {net[4].weight: R(4, 4)})
    assert len(passed) == 2
