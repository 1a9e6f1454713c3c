"""A step whose sections are recorded and replayed is the step: by a recorder of a CPU's operations."""

import pytest
import torch
from capture_cases import META_MODELS, OPTIMIZERS, SAMPLERS, check, sampled
from host_reads import HostReads
from networks import CLASSES, NETWORKS
from tape import on_tape

import famus_ext as famus

TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}


def make(network="wide residual", sampler="learned", optimizer="momentum", meta_model="mwnet", **arguments):
    torch.manual_seed(0)
    model = NETWORKS[network][0]().double()
    parts = META_MODELS[meta_model](CLASSES).double(), sampled(sampler, model).double()
    return famus.MetaStep(model, OPTIMIZERS[optimizer](model.parameters()), *parts, **arguments)


def both(**arguments):
    """The step, and the same with its sections on tape."""
    with on_tape():
        return make(**arguments), make(**arguments, capture=True)


def batches(network="wide residual", steps=6):
    torch.manual_seed(1)
    inputs = NETWORKS[network][1]
    return [[p for n in (8, 6) for p in (inputs(n), torch.randint(0, CLASSES, (n,)))] for _ in range(steps)]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("meta_model", META_MODELS)
def test_samplers(sampler, meta_model):
    check(*both(sampler=sampler, meta_model=meta_model), batches(), **TOLERANCE)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers(optimizer):
    check(*both(optimizer=optimizer), batches(), **TOLERANCE)


@pytest.mark.parametrize("network", ["dropout", "attention with dropout", "group norm", "shared weights"])
def test_networks(network):
    check(*both(network=network), batches(network), **TOLERANCE)


def test_clipped_and_every_second():
    check(*both(clip_norm=0.5, every=2), batches(), **TOLERANCE)


def test_a_section_for_each_lowest_active_layer():
    """Some recorded long after the first, when the weights have changed many times."""
    eager, other = both()
    outputs = check(eager, other, batches(steps=12), **TOLERANCE)
    lowest = {int(output.gates.argmax()) if output.gates.any() else None for output in outputs}
    assert len(lowest) > 2
    assert len(other._parts.standing.run.tapes) == len(lowest) + 2


def test_reads_of_a_step():
    """The gates; whether the meta gradient is finite and the pushforward exact; whether Actual-Train's gradient is."""
    _, captured = both(sampler="all")
    first, second = batches(steps=2)
    captured(*first)
    with HostReads() as reads:
        captured(*second)
    assert reads.seen == ["tolist"] * 3
