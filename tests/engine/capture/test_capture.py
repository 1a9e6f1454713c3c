"""A step whose sections are recorded and replayed is the step: in CUDA graphs, and by a recorder of a CPU's operations.

On a GPU there are more steps, since memory that one graph shares with another shows late.
"""

import contextlib

import pytest
import torch
from shared.capture_cases import META_MODELS, OPTIMIZERS, SAMPLERS, check, sampled
from shared.host_reads import HostReads
from shared.networks import CLASSES, NETWORKS
from shared.tape import on_tape
from torch import nn

import famus_ext as famus
from famus_ext.models import wide_resnet

NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU")
DEVICES = {"cpu": (on_tape, 6), "cuda": (contextlib.nullcontext, 20)}
"""Device -> what records, steps."""

# Steps amplify rounding. TF32 rounds to eleven bits, and a graph may take another algorithm than the step.
TOLERANCE = {
    torch.float64: {"rtol": 1e-8, "atol": 1e-10},
    torch.float32: {"rtol": 1e-3, "atol": 1e-5},
    "tf32": {"rtol": 5e-2, "atol": 5e-3},
}


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=[pytest.mark.gpu, NO_GPU])])
def device(request):
    return request.param


@pytest.fixture(autouse=True)
def _full_precision():
    """So that the tolerances are those of the dtype."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@pytest.fixture
def _tf32(_full_precision):
    """Matrix products and convolutions in TF32, where there is such a thing."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True


def make(device, network="wide residual", sampler="learned", optimizer="momentum", meta_model="mwnet", **arguments):
    torch.manual_seed(0)
    dtype = arguments.pop("dtype", torch.float64)
    model = NETWORKS[network][0]().to(device, dtype)
    parts = META_MODELS[meta_model](CLASSES).to(device, dtype), sampled(sampler, model).to(device, dtype)
    return famus.MetaStep(model, OPTIMIZERS[optimizer](model.parameters()), *parts, **arguments)


def both(device, **arguments):
    """The step, and the same with its sections recorded."""
    record, _ = DEVICES[device]
    with record():
        return make(device, **arguments), make(device, **arguments, capture=True)


def batches(device, network="wide residual", dtype=torch.float64, steps=None):
    torch.manual_seed(1)
    inputs = NETWORKS[network][1]
    return [
        [p for n in (8, 6) for p in (inputs(n).to(device, dtype), torch.randint(0, CLASSES, (n,)).to(device))]
        for _ in range(DEVICES[device][1] if steps is None else steps)
    ]


def agree(device, network="wide residual", dtype=torch.float64, tolerance=None, **arguments):
    """The outputs of the step, which the captured one gives too."""
    steps = both(device, network=network, dtype=dtype, **arguments)
    return check(*steps, batches(device, network, dtype), **TOLERANCE[dtype if tolerance is None else tolerance])


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("meta_model", META_MODELS)
def test_samplers(device, sampler, meta_model):
    agree(device, sampler=sampler, meta_model=meta_model)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers(device, optimizer):
    agree(device, optimizer=optimizer)


@pytest.mark.parametrize("network", ["dropout", "attention with dropout", "group norm", "shared weights"])
def test_networks(device, network):
    agree(device, network=network)


@pytest.mark.parametrize("options", [{"clip_norm": 0.5}, {"every": 2}, {"clip_norm": 0.5, "every": 3}], ids=str)
def test_clipping_and_steps_between(device, options):
    agree(device, **options)


@pytest.mark.parametrize("meta_model", META_MODELS)
def test_float32(device, meta_model):
    agree(device, dtype=torch.float32, sampler="last", meta_model=meta_model)


@pytest.mark.usefixtures("_tf32")
def test_tf32(device):
    agree(device, dtype=torch.float32, tolerance="tf32", sampler="all")


def test_a_wide_residual_network_of_the_paper(device):
    def made(capture):
        torch.manual_seed(0)
        model = nn.Sequential(wide_resnet(10, 1, 16), nn.Dropout(0.5), nn.Linear(16, CLASSES)).to(device).double()
        parts = META_MODELS["mwnet"](CLASSES).to(device).double(), sampled("learned", model).to(device).double()
        return famus.MetaStep(model, OPTIMIZERS["momentum"](model.parameters()), *parts, capture=capture)

    with DEVICES[device][0]():
        steps = made(False), made(True)
    check(*steps, batches(device, steps=3), **TOLERANCE[torch.float64])


def test_a_section_for_each_lowest_active_layer():
    """Some recorded long after the first, when the weights have changed many times."""
    eager, other = both("cpu")
    outputs = check(eager, other, batches("cpu", steps=12), **TOLERANCE[torch.float64])
    lowest = {int(output.gates.argmax()) if output.gates.any() else None for output in outputs}
    assert len(lowest) > 2
    assert len(other._parts.standing.run.tapes) == len(lowest) + 2


def test_reads_of_a_step(device):
    """The gates; whether the meta gradient is finite and the pushforward exact; whether Actual-Train's gradient is."""
    _, captured = both(device, sampler="all")
    first, second = batches(device, steps=2)
    captured(*first)
    with HostReads() as reads:
        captured(*second)
    assert reads.seen == ["tolist"] * 3
