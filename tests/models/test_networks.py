"""The paper's networks: parameter counts, shapes, gradients, and the meta gradient through each."""

import pytest
import torch
from torch import nn

import famus_ext as famus
from famus_ext.models import DigitsNet, FashionNet, preact_resnet18, resnet_cifar, wide_resnet

COUNTS = {  # parameters for ten classes
    "WRN-28-10": (lambda: wide_resnet(28, 10), 36_479_194),
    "WRN-40-2": (lambda: wide_resnet(40, 2), 2_243_546),
    "PreAct ResNet-18": (preact_resnet18, 11_172_170),
    "ResNet-20": (lambda: resnet_cifar(20), 269_722),
    "ResNet-32": (lambda: resnet_cifar(32), 464_154),
    "ResNet-110": (lambda: resnet_cifar(110), 1_727_962),
    "FashionNet": (FashionNet, 122_042),
}

TINY = {  # name -> (the network for given classes and channels, images' size)
    "wide residual": (lambda classes, channels: wide_resnet(10, 1, classes, channels), 8),
    "pre-activation": (lambda classes, channels: preact_resnet18(classes, channels, width=4), 9),
    "residual": (lambda classes, channels: resnet_cifar(8, classes, channels), 9),
    "fashion": (lambda classes, channels: FashionNet(classes, 2, channels), 14),
    "digits": (lambda classes, channels: DigitsNet(classes, 4, channels), 8),
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameter_count(name):
    build, published = COUNTS[name]
    with torch.device("meta"):
        model = build()
    assert sum(parameter.numel() for parameter in model.parameters()) == published


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("name", TINY)
def test_every_parameter_gets_a_gradient(name, channels):
    torch.manual_seed(0)
    build, size = TINY[name]
    model = build(7, channels)
    logits = model(torch.randn(6, channels, size, size))
    assert logits.shape == (6, 7)
    nn.functional.cross_entropy(logits, torch.arange(6)).backward()
    assert all(parameter.grad is not None and parameter.grad.norm() > 0 for parameter in model.parameters())


@pytest.mark.parametrize("name", ["wide residual", "pre-activation", "residual", "fashion"])
@pytest.mark.parametrize(("height", "width"), [(32, 32), (28, 28), (7, 13)])
@pytest.mark.parametrize("num_images", [0, 1])
def test_any_image_size(name, height, width, num_images):
    model = TINY[name][0](3, 1).eval()
    assert model(torch.zeros(num_images, 1, height, width)).shape == (num_images, 3)


@pytest.mark.parametrize("name", TINY)
def test_meta_gradient_equals_double_backward(name):
    torch.manual_seed(1)
    build, size = TINY[name]
    model = build(4, 1).double()
    meta_model = famus.MWNet().double()
    batch, meta_batch = (
        (torch.randn(n, 1, size, size, dtype=torch.float64), torch.randint(0, 4, (n,))) for n in (8, 6)
    )
    fast, exact = (
        famus.sampled_meta_grad(model, meta_model, batch, meta_batch, lr=0.3, engine=engine)
        for engine in ("pushforward", "double_backward")
    )
    for theta, expected in exact.grads.items():
        assert expected.norm() > 0
        assert (fast.grads[theta] - expected).norm() <= 1e-10 * expected.norm(), theta


@pytest.mark.parametrize(
    ("build", "shapes"),
    [
        (lambda: preact_resnet18(width=4), [(4, 32)] * 2 + [(8, 16)] * 2 + [(16, 8)] * 2 + [(32, 4)] * 2),
        (lambda: resnet_cifar(14), [(16, 32)] * 2 + [(32, 16)] * 2 + [(64, 8)] * 2),
        (lambda: FashionNet(width=2, in_channels=3), [(2, 16), (8, 8), (8, 8), (16, 4)]),
    ],
)
def test_channels_double_and_resolution_halves(build, shapes):
    model, seen = build().eval(), []
    for block in model.blocks:
        block.register_forward_hook(lambda _module, _inputs, output: seen.append((output.shape[1], output.shape[2])))
    model(torch.zeros(1, 3, 32, 32))
    assert seen == shapes


def test_option_a_keeps_every_second_pixel_and_adds_zero_channels():
    block = resnet_cifar(8).blocks[1]
    x = torch.randn(2, 16, 5, 5)
    shortcut = block.shortcut(x)
    assert shortcut.shape == (2, 32, 3, 3)
    assert torch.equal(shortcut[:, :16], x[:, :, ::2, ::2])
    assert not shortcut[:, 16:].any()
    assert resnet_cifar(8).blocks[0].shortcut(x) is x


@pytest.mark.parametrize("build", [preact_resnet18, lambda: resnet_cifar(110), FashionNet])
def test_activations_keep_their_scale_through_depth(build):
    torch.manual_seed(0)
    model = build()
    channels = next(model.parameters()).shape[1]
    assert 0.05 < model(torch.randn(4, channels, 28, 28)).std().item() < 20


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: resnet_cifar(18), ValueError, r"depth: expected 6 n \+ 2 with n >= 1 .*, got 18"),
        (lambda: resnet_cifar(2), ValueError, r"depth: expected 6 n \+ 2"),
        (lambda: resnet_cifar("32"), TypeError, "depth: expected an integer, got str"),
        (lambda: resnet_cifar(8, 0), ValueError, "num_classes: expected at least 1, got 0"),
        (lambda: resnet_cifar(8, 10, 0), ValueError, "in_channels: expected at least 1, got 0"),
        (lambda: preact_resnet18(0), ValueError, "num_classes: expected at least 1, got 0"),
        (lambda: preact_resnet18(10, 0), ValueError, "in_channels: expected at least 1, got 0"),
        (lambda: preact_resnet18(width=0), ValueError, "width: expected at least 1, got 0"),
        (lambda: wide_resnet(10, 1, in_channels=0), ValueError, "in_channels: expected at least 1, got 0"),
        (lambda: wide_resnet(10, 1.5), TypeError, "width: expected an integer, got float"),
        (lambda: FashionNet(0), ValueError, "num_classes: expected at least 1, got 0"),
        (lambda: FashionNet(width=0), ValueError, "width: expected at least 1, got 0"),
        (lambda: FashionNet(in_channels=True), TypeError, "in_channels: expected an integer, got bool"),
        (lambda: DigitsNet(0), ValueError, "num_classes: expected at least 1, got 0"),
        (lambda: DigitsNet(width=0), ValueError, "width: expected at least 1, got 0"),
        (lambda: DigitsNet(in_channels=0), ValueError, "in_channels: expected at least 1, got 0"),
    ],
)
def test_impossible_networks_are_refused(build, error, message):
    with pytest.raises(error, match=message):
        build()
