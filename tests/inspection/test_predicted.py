"""The cost of what the tables of the benchmarks leave out; the rest is tested with them."""

import pytest
import torch
from torch import nn

from famus_ext.inspection.predicted import StepKind, Work, forward_passes

CHAIN = Work({"stem": 0.0, "a": 0.5, "b": 0.25, "c": 0.25})
EVERY = tuple(CHAIN.shares)


@pytest.mark.parametrize(
    ("kind", "active", "every", "passes"),
    [
        (StepKind(), EVERY, 1, 10),
        (StepKind(), EVERY, 4, 3 + 7 / 4),
        (StepKind(schedule="merged"), EVERY, 5, 3 + 5 / 5),
        (StepKind(engine="finite_difference"), EVERY, 1, 10),
        (StepKind(engine="finite_difference"), ("c",), 1, 1 + 2 + 1 + 0.25 + 2 + 2),
        (StepKind(engine="ghost_approximate"), EVERY, 1, 8),
        (StepKind(micro_batches=2), EVERY, 1, 13),
        (StepKind(zero_virtual_loss=True), EVERY, 1, 8),
        (StepKind(zero_virtual_loss=True, samples_gradients=True), EVERY, 1, 10),
        (StepKind(), ("a layer without products",), 1, 6),
    ],
)
def test_cost_by_hand(kind, active, every, passes):
    assert forward_passes(kind, CHAIN, active, 1.0, every=every) == pytest.approx(passes)


def test_a_network_without_products_has_no_shares():
    work = Work.of(nn.BatchNorm1d(3), torch.ones(2, 3))
    assert work.shares == {"": 0.0}
