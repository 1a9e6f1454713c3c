import pytest
import torch

from famus_ext.models import wide_resnet


def expected_parameters(depth: int, width: int, num_classes: int) -> int:
    """The count derived by hand, with n = (depth - 4) / 6 blocks a group.

    A block of c channels that keeps its shape has two 3 x 3 convolutions and two BatchNorms: 18 c² + 4 c. The first of
    a group, from b channels, has 9 b c + 9 c² + b c in convolutions and 2 b + 2 c in BatchNorms.
    """
    n = (depth - 4) // 6
    total = 9 * 3 * 16
    before = 16
    for channels in (16 * width, 32 * width, 64 * width):
        first = 10 * before * channels + 9 * channels**2 + 2 * before + 2 * channels
        if before == channels:
            first -= before * channels  # no shortcut convolution: only group one of width one
        total += first + (n - 1) * (18 * channels**2 + 4 * channels)
        before = channels
    return total + 2 * before + (before + 1) * num_classes


@pytest.mark.parametrize(
    ("depth", "width", "num_classes", "published"),
    [
        (28, 10, 10, 36_479_194),
        (28, 10, 100, 36_536_884),
        (40, 2, 10, 2_243_546),
        (16, 4, 10, 2_748_890),
        (10, 1, 10, None),
    ],
)
def test_parameter_count(depth: int, width: int, num_classes: int, published: int | None) -> None:
    with torch.device("meta"):
        model = wide_resnet(depth, width, num_classes)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == expected_parameters(depth, width, num_classes)
    assert published is None or count == published


@pytest.mark.parametrize(("depth", "blocks"), [(10, 3), (16, 6), (28, 12), (40, 18)])
def test_blocks_are_numbered_through(depth: int, blocks: int) -> None:
    names = [name for name, _ in wide_resnet(depth, 1).named_modules() if name.count(".") == 1 and "blocks" in name]
    assert names == [f"blocks.{index}" for index in range(blocks)]


@pytest.mark.parametrize(("size", "num_images"), [(32, 3), (32, 0), (8, 1)])
def test_shape_of_logits(size: int, num_images: int) -> None:
    model = wide_resnet(10, 2, num_classes=7).eval()
    assert model(torch.zeros(num_images, 3, size, size)).shape == (num_images, 7)


def test_resolution_is_halved_twice() -> None:
    model = wide_resnet(16, 1).eval()
    shapes = []
    for block in model.blocks:
        block.register_forward_hook(lambda _module, _inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.zeros(1, 3, 32, 32))
    assert shapes == [(16, 32, 32)] * 2 + [(32, 16, 16)] * 2 + [(64, 8, 8)] * 2


def test_every_parameter_gets_a_gradient() -> None:
    torch.manual_seed(0)
    model = wide_resnet(10, 1)
    loss = torch.nn.functional.cross_entropy(model(torch.randn(4, 3, 32, 32)), torch.arange(4))
    loss.backward()
    assert all(parameter.grad is not None and parameter.grad.norm() > 0 for parameter in model.parameters())


def test_activations_keep_their_scale_through_depth() -> None:
    torch.manual_seed(0)
    deviation = wide_resnet(40, 2)(torch.randn(8, 3, 32, 32)).std().item()
    assert 0.05 < deviation < 20


@pytest.mark.parametrize(
    ("depth", "width", "num_classes", "match"),
    [(27, 10, 10, "depth"), (4, 10, 10, "depth"), (28, 0, 10, "width"), (28, 10, 0, "num_classes")],
)
def test_impossible_networks_are_refused(depth: int, width: int, num_classes: int, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        wide_resnet(depth, width, num_classes)
