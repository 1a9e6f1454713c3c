"""What cannot be recorded in a CUDA graph is refused with the reason."""

import pytest
import torch
from torch import nn

import famus_ext as famus

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU"),
]

N, CLASSES = 6, 3


class HostReading(nn.Linear):
    """A network that looks at a value."""

    def forward(self, x):
        return super().forward(x) * (2.0 if float(x.sum()) > 0 else 1.0)


def test_a_section_that_reads():
    model = HostReading(5, CLASSES).cuda()
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), famus.MWNet(8).cuda(), capture=True)
    x, y = torch.randn(N, 5).cuda(), torch.randint(0, CLASSES, (N,)).cuda()
    with pytest.raises(RuntimeError, match=r"(?s)^capture: .*Way out: capture=False"):
        step(x, y, x, y)
