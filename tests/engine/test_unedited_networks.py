"""Networks of torchvision and timm, taken as they are."""

import copy

import pytest
import torch

import famus_ext as famus

# Relative error in float64 against double backward.
TOLERANCE = 1e-10


def torchvision_model(name):
    try:
        import torchvision
    except (ImportError, RuntimeError) as error:
        # A CPU build of torch does not load torchvision's operators.
        pytest.skip(f"torchvision does not import here: {error}")
    return torchvision.models.get_model(name, num_classes=5)


def timm_model(name):
    try:
        import timm
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"timm does not import here: {error}")
    return timm.create_model(name, num_classes=5)


MODELS = {
    "torchvision resnet18": (lambda: torchvision_model("resnet18"), 40),
    "timm vit": (lambda: timm_model("test_vit"), 160),
    "timm efficientnet": (lambda: timm_model("test_efficientnet"), 64),
}


def test_where_double_backward_fails():
    """MobileNetV3's hard sigmoid has no second derivative in torch; the pushforward needs none."""
    torch.manual_seed(0)
    # In evaluation mode, since forward mode runs the network again and would draw other masks.
    model = torchvision_model("mobilenet_v3_small").double().eval()
    x = torch.randn(4, 3, 40, 40, dtype=torch.float64)
    weights = dict(model.named_parameters())
    tangents = {name: torch.randn_like(w) for name, w in weights.items()}

    def forward(moved):
        return torch.func.functional_call(model, moved, (x,))

    expected = torch.func.jvp(forward, ({n: w.detach() for n, w in weights.items()},), (tangents,))[1]
    found = famus.pushforward(model(x), {w: tangents[name] for name, w in weights.items()})
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_against_double_backward(name):
    torch.manual_seed(0)
    build, size = MODELS[name]
    model = build().double()
    meta_model = famus.MWNet(8).double()
    batch, meta_batch = (
        (torch.randn(n, 3, size, size, dtype=torch.float64), torch.randint(0, 5, (n,))) for n in (4, 3)
    )
    results = []
    for engine in ("pushforward", "double_backward"):
        torch.manual_seed(1)
        results.append(
            famus.sampled_meta_grad(copy.deepcopy(model), meta_model, batch, meta_batch, lr=0.05, engine=engine)
        )
    for name, exact in results[1].grads.items():
        assert exact.abs().max() > 0
        assert float((results[0].grads[name] - exact).norm()) <= TOLERANCE * float(exact.norm())
