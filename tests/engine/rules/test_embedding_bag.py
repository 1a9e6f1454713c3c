"""torch.nn.EmbeddingBag, which PyTorch can neither differentiate twice nor in forward mode, against its definition."""

from itertools import pairwise

import pytest
import torch
from shared.rule_cases import float64  # noqa: F401
from torch import nn
from torch.nn import functional as F

import famus_ext as famus

INDICES, OFFSETS = [1, 3, 3, 0, 4, 1, 2, 4], [0, 3, 3, 7]
REDUCE = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax}


def defined(table, weights, mode, padding):
    """Bag by bag, of rows that are looked up."""
    bags = []
    for start, end in pairwise([*OFFSETS, len(INDICES)]):
        kept = [i for i in range(start, end) if INDICES[i] != padding]
        rows = [table[INDICES[i]] * (1 if weights is None else weights[i]) for i in kept]
        bags.append(REDUCE[mode](torch.stack(rows), 0) if kept else table.new_zeros(table.shape[1]))
    return torch.stack(bags)


@pytest.mark.parametrize("padding", [None, 3])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(("mode", "weighted"), [("sum", False), ("mean", False), ("max", False), ("sum", True)])
def test_bags(mode, weighted, last, padding):
    inputs = [torch.randn(5, 2).requires_grad_(), *([torch.randn(len(INDICES)).requires_grad_()] if weighted else [])]
    directions = [torch.randn_like(tensor) for tensor in inputs]
    indices, offsets = torch.tensor(INDICES), torch.tensor([*OFFSETS, len(INDICES)] if last else OFFSETS)

    def bags(table, weights=None):
        options = {"mode": mode, "include_last_offset": last, "padding_idx": padding, "per_sample_weights": weights}
        return F.embedding_bag(indices, table, offsets, **options)

    def definition(table, weights=None):
        return defined(table, weights, mode, padding)

    torch.testing.assert_close(bags(*inputs), definition(*inputs))
    for moving in ([0], [1], [0, 1])[: 3 if weighted else 1]:
        still = tuple(d if i in moving else torch.zeros_like(d) for i, d in enumerate(directions))
        _, exact = torch.func.jvp(definition, tuple(t.detach() for t in inputs), still)
        found = famus.pushforward(bags(*inputs), {inputs[i]: directions[i] for i in moving})
        torch.testing.assert_close(found, exact, rtol=1e-12, atol=1e-12)


class Bags(nn.Module):
    """A text classifier, with the bag as PyTorch has it or written out."""

    def __init__(self, own):
        super().__init__()
        self.own = own
        self.table, self.head = nn.EmbeddingBag(20, 6), nn.Linear(6, 3)

    def forward(self, tokens):
        return self.head(self.table.weight[tokens].mean(1) if self.own else self.table(tokens))


def test_meta_gradient():
    torch.manual_seed(0)
    model, meta_model = Bags(own=False), famus.MWNet(8)
    batches = [(torch.randint(0, 20, (n, 7)), torch.randint(0, 3, (n,))) for n in (8, 5)]
    found = famus.sampled_meta_grad(model, meta_model, *batches, lr=0.3)
    model.own = True
    exact = famus.sampled_meta_grad(model, meta_model, *batches, lr=0.3, engine="double_backward")
    for name, gradient in exact.grads.items():
        torch.testing.assert_close(found.grads[name], gradient, rtol=1e-10, atol=1e-14)
