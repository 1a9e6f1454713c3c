"""A recorded step of parameters whose gradients or rates are out of the ordinary is the step."""

import pytest
import torch
from shared.capture_cases import check
from shared.tape import on_tape
from torch import nn

import famus_ext as famus

CLASSES = 3
TOLERANCE = {torch.float64: {"rtol": 1e-9, "atol": 1e-11}, torch.float32: {"rtol": 1e-4, "atol": 1e-6}}


class Scaled(nn.Module):
    """A linear layer times a factor made of further parameters."""

    def __init__(self, shapes, factor):
        super().__init__()
        self.linear, self.factor = nn.Linear(5, CLASSES), factor
        self.scales = nn.ParameterList([torch.rand(shape) for shape in shapes])

    def forward(self, x):
        return self.linear(x) * self.factor(*self.scales)


FACTORS = {
    "one gradient for two parameters": ([(CLASSES,), (CLASSES,)], lambda a, b: a + b),
    "an expanded gradient": ([(4,)], lambda a: a.sum()),
    "no dimensions": ([()], lambda a: a),
}


def both(shapes, factor, dtype):
    """The step and its recorded twin; the clipping writes to the gradients."""
    steps = []
    for capture in (False, True):
        torch.manual_seed(0)
        model = Scaled(shapes, factor).to(dtype)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with on_tape():
            steps.append(famus.MetaStep(model, optimizer, famus.MWNet(8).to(dtype), clip_norm=0.05, capture=capture))
    return steps


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize(("shapes", "factor"), FACTORS.values(), ids=FACTORS)
def test_step(shapes, factor, dtype):
    torch.manual_seed(1)
    batches = [
        [part for n in (6, 4) for part in (torch.randn(n, 5, dtype=dtype), torch.randint(0, CLASSES, (n,)))]
        for _ in range(3)
    ]
    check(*both(shapes, factor, dtype), batches, **TOLERANCE[dtype])
