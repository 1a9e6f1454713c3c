"""The ghost engine: exact where no example depends on another, refused elsewhere."""

import copy

import pytest
import torch
from shared.ghost_networks import (
    BETWEEN,
    Checkpointed,
    FirstPosition,
    LearnedInput,
    SecondOutput,
    SequenceFirst,
    Spectral,
    SplitWeights,
    Tied,
)
from shared.networks import CLASSES, NETWORKS
from torch import nn

import famus_ext as famus
from famus_ext.engine.per_example.coupling import _known
from famus_ext.engine.per_example.scales import example_scales
from famus_ext.engine.per_example.sites import find_sites

MIXING = {"wide residual", "batch norm without scale"}
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}


def both(build, inputs, meta_model, dtype=torch.float64, engine="ghost", n=8, **options):
    torch.manual_seed(0)
    model, meta = build().to(dtype), meta_model().to(dtype)
    (x, y), (x_meta, y_meta) = ((inputs(k), torch.randint(0, CLASSES, (k,))) for k in (n, 6))
    x, x_meta = (t.to(dtype) if t.is_floating_point() else t for t in (x, x_meta))
    results = []
    for name in (engine, "pushforward"):
        torch.manual_seed(1)
        parts = copy.deepcopy((model, meta))
        results.append(famus.sampled_meta_grad(*parts, (x, y), (x_meta, y_meta), lr=0.3, engine=name, **options))
    return results


def error(ghost, exact):
    a, b = (torch.cat([g.flatten() for g in result.grads.values()]) for result in (ghost, exact))
    return float((a - b).norm() / b.norm())


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("meta_model", [lambda: famus.MWNet(8), famus.L2R], ids=["mwnet", "l2r"])
@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in MIXING])
def test_equals_the_pushforward(name, meta_model, dtype):
    ghost, exact = both(*NETWORKS[name], meta_model, dtype)
    assert error(ghost, exact) <= TOLERANCE[dtype]
    torch.testing.assert_close(ghost.sample_dots, exact.sample_dots, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    assert torch.equal(ghost.logits, exact.logits)


@pytest.mark.parametrize("n", [4, 8, 1])
def test_examples_may_be_in_the_second_dimension(n):
    """Four positions: with four or eight examples the shapes alone do not tell which dimension is which."""
    ghost, exact = both(SequenceFirst, NETWORKS["fused attention"][1], lambda: famus.MWNet(8), n=n)
    assert error(ghost, exact) <= 1e-10


@pytest.mark.parametrize("n", [4, 7])
def test_the_order_is_told_from_one_position_too(n):
    ghost, exact = both(FirstPosition, NETWORKS["fused attention"][1], lambda: famus.MWNet(8), n=n)
    assert error(ghost, exact) <= 1e-10


@pytest.mark.parametrize("meta_model", [lambda: famus.MWNet(8), famus.L2R], ids=["mwnet", "l2r"])
@pytest.mark.parametrize(
    ("build", "inputs"),
    [(SplitWeights, "fused attention"), (LearnedInput, "wide residual"), (Checkpointed, "branches")],
)
def test_parameters_on_their_way_to_the_examples(build, inputs, meta_model):
    ghost, exact = both(build, NETWORKS[inputs][1], meta_model)
    assert error(ghost, exact) <= 1e-10


@pytest.mark.parametrize("name", sorted(MIXING))
def test_batch_norm_is_refused(name):
    with pytest.raises(ValueError, match=r"does not mix the examples.*ghost_approximate"):
        both(*NETWORKS[name], lambda: famus.MWNet(8))


@pytest.mark.parametrize("between", BETWEEN)
def test_a_network_that_mixes_its_examples_is_refused(between):
    with pytest.raises(ValueError, match=r"does not mix the examples.*where body"):
        both(lambda: Tied(BETWEEN[between]), NETWORKS["branches"][1], lambda: famus.MWNet(8))


def test_mixing_is_found_where_losses_are_zero():
    """The probe does not ask with the loss's own derivative, which is zero for half of the examples here."""

    class Hinge(nn.Module):
        def forward(self, logits, targets):
            zero = torch.arange(len(logits), device=logits.device) % 2 == 0
            return famus.cross_entropy(logits, targets).masked_fill(zero, 0)

    with pytest.raises(ValueError, match="does not mix the examples"):
        both(*NETWORKS["wide residual"], lambda: famus.MWNet(8, loss=Hinge()))


def test_mixing_that_begins_later_is_found():
    """A branch with BatchNorm behind a gate that is zero at first: nothing can be learned of it before it opens."""

    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.norm, self.head = nn.Linear(6, 6), nn.BatchNorm1d(6), nn.Linear(6, CLASSES)
            self.gate = nn.Parameter(torch.zeros(()))

        def forward(self, x):
            return self.head(x + self.gate * self.norm(self.body(x)))

    torch.manual_seed(0)
    model, meta_model, inputs = Gated().double(), famus.MWNet(8).double(), NETWORKS["branches"][1]
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.3), meta_model, engine="ghost")
    batches = [[part for n in (8, 6) for part in (inputs(n), torch.randint(0, CLASSES, (n,)))] for _ in range(3)]
    step(*batches[0])
    with pytest.raises(ValueError, match="does not mix the examples"):
        all(step(*batch) for batch in batches[1:])


def test_batch_norm_is_told_by_its_mode():
    """In evaluation mode examples are independent; the answer for one mode is not taken for the other."""
    torch.manual_seed(0)
    build, inputs = NETWORKS["wide residual"]
    model, meta_model = build().double(), famus.MWNet(8).double()
    batch, meta_batch = ((inputs(n), torch.randint(0, CLASSES, (n,))) for n in (8, 6))

    def run(engine="ghost"):
        return famus.sampled_meta_grad(model, meta_model, batch, meta_batch, lr=0.3, engine=engine)

    model(inputs(64))
    model.eval()
    assert error(run(), run("pushforward")) <= 1e-10
    model.train()
    with pytest.raises(ValueError, match="mix the examples"):
        run()
    model.eval()
    run()


def test_the_approximation_has_a_name_and_an_error():
    """Per-example products through BatchNorm: near, not equal, and never the default."""
    ghost, exact = both(*NETWORKS["wide residual"], lambda: famus.MWNet(8), engine="ghost_approximate")
    assert error(ghost, exact) > 1e-3
    a, b = (torch.cat([g.flatten() for g in result.grads.values()]) for result in (ghost, exact))
    assert torch.nn.functional.cosine_similarity(a, b, dim=0) > 0.5
    same = both(*NETWORKS["group norm"], lambda: famus.MWNet(8), engine="ghost_approximate")
    assert error(*same) <= 1e-10


def test_one_probe_for_each_graph():
    """A second step of the same network does not pay for the probe again."""
    torch.manual_seed(0)
    build, inputs = NETWORKS["group norm"]
    model, meta_model = build().double(), famus.MWNet(8).double()
    for n in (8, 8, 5, 8):
        batch, meta_batch = ((inputs(k), torch.randint(0, CLASSES, (k,))) for k in (n, 6))
        famus.sampled_meta_grad(model, meta_model, batch, meta_batch, lr=0.3, engine="ghost")
    assert len(_known[model]) == 2


def test_actual_train_by_book_keeping():
    """Five steps with momentum, against the pushforward's, whose Actual-Train is autograd's backward."""
    steps = []
    for engine in ("ghost", "pushforward"):
        torch.manual_seed(0)
        build, inputs = NETWORKS["group norm"]
        model, meta_model = build().double(), famus.MWNet(8).double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        steps.append(famus.MetaStep(model, optimizer, meta_model, famus.LastLayers(2), engine=engine))
    for _ in range(5):
        batch = inputs(8), torch.randint(0, CLASSES, (8,)), inputs(6), torch.randint(0, CLASSES, (6,))
        for step in steps:
            step(*batch)
    for a, b in zip(steps[0].model.parameters(), steps[1].model.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-9, atol=1e-12)


def test_saturated_examples_have_no_slope():
    """A loss that is exactly zero has a zero gradient, not 0 / 0."""

    class Hinge(nn.Module):
        def forward(self, logits, targets):
            return (1 - logits.gather(1, targets[:, None])[:, 0]).clamp(min=0)

    torch.manual_seed(0)
    build, inputs = NETWORKS["shared weights"]
    model = build().double()
    with torch.no_grad():
        model.head.bias[0] = 3.0
    meta_model = famus.MWNet(8, loss=Hinge()).double()
    x, y = inputs(8), torch.tensor([0, 0, 0, 1, 2, 3, 4, 0])
    result = famus.sampled_meta_grad(model, meta_model, (x, y), (inputs(6), y[:6]), lr=0.3, engine="ghost")
    assert (meta_model(model(x), y).losses == 0).any()
    assert all(g.isfinite().all() for g in result.grads.values())
    assert (result.sample_dots[y == 0] == 0).all()


def test_small_slopes_in_half_precision():
    """Squares of a float16 loss's derivatives are zero; the scales are not."""
    slopes = (torch.randn(8, 5) * 1e-4).half()
    scales = torch.linspace(0.1, 2, 8)
    found = example_scales((slopes.float() * scales[:, None]).half(), slopes)
    torch.testing.assert_close(found, scales, rtol=1e-2, atol=0)


@pytest.mark.parametrize(
    ("build", "message"),
    [(SecondOutput, "several outputs, as where w"), (Spectral, "complex outputs, as where filter")],
)
def test_sites_that_cannot_be_described_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        both(build, NETWORKS["branches"][1], lambda: famus.MWNet(8))


def test_sites_are_where_parameters_meet_examples():
    """A weight that is normalised or transposed on its way belongs to the layer that uses it; a shared one has two."""
    torch.manual_seed(0)
    model = NETWORKS["shared weights"][0]()
    names = {p: name for name, p in model.named_parameters()}
    sites = find_sites(model(torch.randn(3, 6)), names)
    assert sum("first.weight" in site.names for site in sites) == 3
    assert sum("head.weight" in site.names for site in sites) == 1
    normed = NETWORKS["weight norm"][0]()
    (site,) = find_sites(normed(torch.randn(3, 6)), {p: name for name, p in normed.named_parameters()})
    assert set(site.names) == {name for name, _ in normed.named_parameters()}
