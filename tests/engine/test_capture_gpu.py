"""A step in CUDA graphs is the step."""

import pytest
import torch
from capture_cases import META_MODELS, OPTIMIZERS, SAMPLERS, check, run, sampled
from torch import nn

import famus_ext as famus
from famus_ext.models import wide_resnet

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU"),
]

STEPS, CLASSES = 20, 5
# Steps amplify rounding; in float64 there is room for it.
TOLERANCE = {"rtol": 1e-6, "atol": 1e-8}


def make(sampler="learned", optimizer="momentum", meta_model="mwnet", *, dropout=0.0, capture=False):
    torch.manual_seed(0)
    model = nn.Sequential(wide_resnet(10, 1, 16), nn.Dropout(dropout), nn.Linear(16, CLASSES)).double().cuda()
    parts = META_MODELS[meta_model](CLASSES).double().cuda(), sampled(sampler, model).double().cuda()
    return famus.MetaStep(model, OPTIMIZERS[optimizer](model.parameters()), *parts, capture=capture)


def both(*arguments, **options):
    return make(*arguments, **options), make(*arguments, **options, capture=True)


def batches():
    torch.manual_seed(1)
    sizes = (8, 6)
    return [
        [p for n in sizes for p in (torch.randn(n, 3, 16, 16).double().cuda(), torch.randint(0, CLASSES, (n,)).cuda())]
        for _ in range(STEPS)
    ]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("meta_model", META_MODELS)
def test_samplers(sampler, meta_model):
    check(*both(sampler, meta_model=meta_model), batches(), **TOLERANCE)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers(optimizer):
    check(*both(optimizer=optimizer), batches(), **TOLERANCE)


def test_dropout():
    check(*both(dropout=0.5), batches(), **TOLERANCE)


def test_a_section_that_reads_is_refused_with_the_reason():
    class HostReading(nn.Linear):
        def forward(self, x):
            return super().forward(x) * (2.0 if float(x.sum()) > 0 else 1.0)

    model = nn.Sequential(nn.Flatten(), HostReading(3 * 16 * 16, CLASSES)).double().cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    step = famus.MetaStep(model, optimizer, famus.MWNet(8).double().cuda(), capture=True)
    with pytest.raises(RuntimeError, match=r"(?s)^capture: .*Way out: capture=False"):
        run(step, batches()[:1])
