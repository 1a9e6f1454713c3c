"""How often a step waits for the device: once for what it must know, and in no section between."""

import pytest
import torch
from shared.host_reads import HostReads
from shared.networks import CLASSES, NETWORKS

import famus_ext as famus
from famus_ext.engine import meta_grad

READS = [
    "_local_scalar_dense",  # the training targets are in range
    "tolist",  # the gates
    "_local_scalar_dense",  # the meta targets are in range
    "tolist",  # the meta gradient is finite and the pushforward is the backward's transpose
    "_local_scalar_dense",  # the training targets, for the loss with θ'
    "tolist",  # the gradient of Actual-Train is finite
]
TARGETS = ["_local_scalar_dense"]


def batches(inputs):
    torch.manual_seed(1)
    return [part for n in (8, 6) for part in (inputs(n), torch.randint(0, CLASSES, (n,)))]


def make(name, meta_model=famus.MWNet, **arguments):
    build, inputs = NETWORKS[name]
    torch.manual_seed(0)
    model = build().double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    sampler = famus.GumbelSampler(model, 2).double()
    return famus.MetaStep(model, optimizer, meta_model().double(), sampler, **arguments), batches(inputs)


def test_the_mode_sees_every_kind_of_read():
    tensor = torch.ones(2)
    with HostReads() as reads:
        float(tensor[0]), bool(tensor.any()), tensor.tolist(), tensor.nonzero(), tensor[tensor > 0], tensor.unique()
    expected = ["_local_scalar_dense", "_local_scalar_dense", "tolist", "nonzero", "index", "_unique2"]
    assert reads.seen == expected


@pytest.mark.parametrize("name", ["wide residual", "fused attention"])
def test_reads_of_a_step(name):
    step, batch = make(name)
    with HostReads() as reads:
        step(*batch)
    assert reads.seen == READS


def test_reads_of_an_iteration_without_a_meta_step():
    step, batch = make("wide residual", every=2)
    step(*batch)
    with HostReads() as reads:
        step(*batch)
    assert reads.seen == [*TARGETS, "tolist"]


META_MODELS = {"MWNet": famus.MWNet, "L2R": famus.L2R, "MLC": lambda: famus.MLC(CLASSES)}


@pytest.mark.parametrize("meta_model", META_MODELS)
@pytest.mark.parametrize("section", ["virtual_section", "meta_section"])
def test_a_section_reads_nothing_but_targets(section, meta_model, monkeypatch):
    step, batch = make("wide residual", META_MODELS[meta_model])
    reads, whole = HostReads(), getattr(meta_grad, section)

    def watched(*arguments, **options):
        with reads:
            return whole(*arguments, **options)

    monkeypatch.setattr(meta_grad, section, watched)
    step(*batch)
    assert reads.seen == TARGETS * (2 if meta_model == "L2R" and section == "virtual_section" else 1)
