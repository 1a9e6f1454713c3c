"""G_{i,j,l} against gradients taken one by one, against torch.func, and against the engine's own sums of it."""

import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch.func import functional_call, jacrev
from torch.nn.functional import cross_entropy

import famus_ext as famus
from famus_ext.diagnostics import gradient_dots

LR = 0.3
COUPLED, UNCOUPLED = "wide residual", "group norm"
META_MODELS = {"mwnet": lambda: famus.MWNet(8), "l2r": famus.L2R}


def case(name, dtype=torch.float64):
    """A network, 6 training examples and 4 meta examples."""
    torch.manual_seed(0)
    build, inputs = NETWORKS[name]
    network, x, x_meta = build().to(dtype), inputs(6), inputs(4)
    x, x_meta = (t.to(dtype) if t.is_floating_point() else t for t in (x, x_meta))
    return network, (x, torch.randint(0, CLASSES, (6,))), (x_meta, torch.randint(0, CLASSES, (4,)))


def moved(network, batch, weights):
    """The network after the virtual step, Eq. 3 written out; `weights` are the examples' V [N]."""
    network = copy.deepcopy(network)
    losses = cross_entropy(network(batch[0]), batch[1], reduction="none")
    (weights * losses).mean().backward()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.grad is not None:
                parameter -= LR * parameter.grad
    return network


def gradients(network, batch, layer):
    """Each example's gradient of a layer [N, entries], by a fresh forward and backward for each."""
    rows = []
    for index in range(len(batch[1])):
        own = copy.deepcopy(network)
        cross_entropy(own(batch[0]), batch[1], reduction="none")[index].backward()
        parameters = dict(own.named_parameters())
        found = [parameters[name] for name in layer.parameters]
        rows.append(torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in found]))
    return torch.stack(rows)


def one_by_one(network, batch, meta_batch, layers, weights):
    """Eq. 7 as it is printed."""
    stepped = moved(network, batch, weights)
    pairs = [(gradients(network, batch, layer), gradients(stepped, meta_batch, layer)) for layer in layers]
    return torch.stack([own @ meta.T for own, meta in pairs], 2)


@pytest.mark.parametrize("name", [name for name in NETWORKS if "dropout" not in name])
def test_against_gradients_one_by_one(name):
    network, batch, meta_batch = case(name)
    layers = famus.layers(network)
    dots = gradient_dots(network, batch, meta_batch, lr=LR, layers=layers)
    expected = one_by_one(network, batch, meta_batch, layers, torch.ones(6))
    assert dots.values.dtype == torch.float64
    assert dots.values.shape == (6, 4, len(layers))
    assert expected.abs().max() > 1e-3
    assert torch.allclose(dots.values, expected, rtol=1e-10, atol=1e-12 * float(expected.abs().max()))


def test_against_torch_func():
    """Per-example Jacobians in one go, of the network without cross-example coupling."""
    network, batch, meta_batch = case(UNCOUPLED)
    stepped = moved(network, batch, torch.ones(6))

    def jacobians(net, x, y):
        weights = {name: p.detach() for name, p in net.named_parameters()}
        return jacrev(lambda w: cross_entropy(functional_call(net, w, (x,)), y, reduction="none"))(weights)

    own, meta = jacobians(network, *batch), jacobians(stepped, *meta_batch)
    dots = gradient_dots(network, batch, meta_batch, lr=LR, layers=99)
    for index, layer in enumerate(dots.layers):
        expected = sum(own[name].flatten(1) @ meta[name].flatten(1).T for name in layer.parameters)
        assert torch.allclose(dots.values[..., index], expected, rtol=1e-10, atol=1e-12)


def test_the_meta_model_weights_the_virtual_step():
    network, batch, meta_batch = case(COUPLED)
    meta_model = famus.MWNet(8).double()
    with torch.no_grad():
        losses = cross_entropy(copy.deepcopy(network)(batch[0]), batch[1], reduction="none")
        weights = meta_model.weigh(losses)
    dots = gradient_dots(network, batch, meta_batch, lr=LR, meta_model=meta_model, layers=2)
    expected = one_by_one(network, batch, meta_batch, dots.layers, weights)
    assert torch.allclose(dots.values, expected, rtol=1e-10, atol=1e-12)
    plain = gradient_dots(network, batch, meta_batch, lr=LR, layers=2)
    assert not torch.allclose(dots.values, plain.values, rtol=1e-3)


def test_l2r_takes_no_virtual_step():
    network, batch, meta_batch = case(COUPLED)
    dots = gradient_dots(network, batch, meta_batch, lr=LR, meta_model=famus.L2R(), layers=2)
    expected = one_by_one(network, batch, meta_batch, dots.layers, torch.zeros(6))
    assert torch.allclose(dots.values, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("layers", [1, 3, 99])
@pytest.mark.parametrize("meta_model", META_MODELS)
@pytest.mark.parametrize("name", [COUPLED, UNCOUPLED, "dropout"])
def test_sums_to_the_engines_sample_dots(name, meta_model, layers):
    network, batch, meta_batch = case(name)
    psi = META_MODELS[meta_model]().double()
    torch.manual_seed(1)
    dots = gradient_dots(network, batch, meta_batch, lr=LR, meta_model=psi, layers=layers)
    torch.manual_seed(1)
    result = famus.sampled_meta_grad(
        network, psi, batch, meta_batch, lr=LR, sampler=famus.LastLayers(layers), lambda_g=0.0
    )
    assert result.sample_dots.norm() > 1e-3
    assert torch.allclose(dots.sample_dots, result.sample_dots, rtol=1e-10, atol=1e-12)


def test_sums():
    network, batch, meta_batch = case(UNCOUPLED)
    dots = gradient_dots(network, batch, meta_batch, lr=LR, layers=3)
    total = dots.values.sum()
    for sums, shape in ((dots.per_example, (6, 3)), (dots.per_meta_example, (4, 3)), (dots.per_pair, (6, 4))):
        assert sums.shape == shape
        assert torch.allclose(sums.sum(), total)
    assert torch.equal(dots.per_pair[2, 1], dots.values[2, 1].sum())
    assert torch.allclose(dots.sample_dots.sum(), LR * total / 4)


def test_a_loss_of_ones_own():
    """`loss` replaces what the meta model reports; `meta_loss` is that of the meta examples."""
    network, batch, meta_batch = case(UNCOUPLED)
    losses = {
        "loss": lambda z, y: 2 * famus.cross_entropy(z, y),
        "meta_loss": lambda z, y: 3 * famus.cross_entropy(z, y),
    }
    meta_model = famus.MWNet(8)
    plain = gradient_dots(network, batch, meta_batch, lr=LR, meta_model=meta_model)
    scaled = gradient_dots(network, batch, meta_batch, lr=LR, meta_model=meta_model, **losses)
    assert torch.allclose(scaled.values, 6 * plain.values, rtol=1e-10)


def test_the_last_layer_is_the_default():
    network, batch, meta_batch = case(UNCOUPLED)
    assert gradient_dots(network, batch, meta_batch, lr=LR).layers == famus.layers(network)[-1:]


def test_without_a_virtual_step():
    network, batch, meta_batch = case(COUPLED)
    still = gradient_dots(network, batch, meta_batch, lr=0.0, layers=99)
    l2r = gradient_dots(network, batch, meta_batch, lr=LR, meta_model=famus.L2R(), layers=99)
    assert torch.equal(still.values, l2r.values)
    assert not still.sample_dots.any()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 0.1)])
def test_lower_precision(dtype, tolerance):
    """Products are summed in float32, whatever the gradients are rounded to."""
    exact = gradient_dots(*case(UNCOUPLED), lr=LR).values
    rough = gradient_dots(*case(UNCOUPLED, dtype), lr=LR).values
    assert rough.dtype == torch.float32
    assert float((rough - exact).norm() / exact.norm()) < tolerance
