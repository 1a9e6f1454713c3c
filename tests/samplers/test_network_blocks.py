"""The blocks of a network: how many there are, and what they are called."""

import importlib

import pytest
import torch
from shared.networks import Residual, Transformer, conv_net
from torch import nn

from famus_ext.models import wide_resnet
from famus_ext.network.blocks import blocks


class Stages(nn.Module):
    """Blocks in a list of dictionaries, as entries of a container's subclass, and one that is a plain attribute."""

    class Stage(nn.Sequential):
        pass

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
        self.neck = Residual(8, 8, 1)
        first = nn.ModuleDict({"left": Residual(8, 8, 1), "right": Residual(8, 8, 1)})
        self.stages = nn.ModuleList([first, self.Stage(Residual(8, 8, 2), nn.ReLU())])


class Nested(nn.Module):
    """A block that holds blocks of its own."""

    def __init__(self):
        super().__init__()
        self.inside, self.head = nn.Sequential(Residual(8, 8, 1), Residual(8, 8, 1)), nn.Linear(8, 8)


def shared():
    block = Residual(8, 8, 1)
    return nn.ModuleList([block, nn.Sequential(block), Residual(8, 8, 1)])


def weight_normed():
    norm = nn.utils.parametrizations.weight_norm
    return nn.Sequential(norm(nn.Linear(4, 4)), nn.Sequential(norm(nn.Linear(4, 4))))


OURS = {
    "wide residual": (lambda: conv_net(Residual(8, 8, 1), Residual(8, 8, 2)), ("1", "2")),
    "transformer": (Transformer, ("encoder.layers.0", "encoder.layers.1")),
    "containers in containers": (Stages, ("stages.0.left", "stages.0.right", "stages.1.0")),
    "outermost": (lambda: nn.Sequential(Nested(), Nested()), ("0", "1")),
    "a network in a Sequential": (lambda: nn.Sequential(nn.Identity(), Nested()), ("1",)),
    "a shared block": (shared, ("0", "2")),
    "a reparametrised layer is one": (weight_normed, ()),
    "none": (conv_net, ()),
    "eleven": (
        lambda: nn.Sequential(*(Residual(8, 8, 1) for _ in range(11))),
        tuple(str(index) for index in range(11)),
    ),
    "no parameters": (nn.ReLU, ()),
}


@pytest.mark.parametrize(("build", "names"), OURS.values(), ids=OURS)
def test_names(build, names):
    assert blocks(build()) == names


def test_the_papers_network():
    """WRN-28-10 has 12 (FaMUS, Table 4: b ∈ [1, 12])."""
    with torch.device("meta"):
        assert blocks(wide_resnet(28, 10)) == tuple(f"blocks.{b}" for b in range(12))


def test_freezing_does_not_renumber():
    model = conv_net(Residual(8, 8, 1), Residual(8, 8, 2)).requires_grad_(False)
    assert blocks(model) == ("1", "2")


def test_a_model_is_expected():
    with pytest.raises(TypeError, match=r"model: expected a torch.nn.Module, got str"):
        blocks("resnet18")


# library, name -> (number of blocks, the first, the last)
OTHERS = {
    ("torchvision", "resnet18"): (8, "layer1.0", "layer4.1"),
    ("torchvision", "resnet50"): (16, "layer1.0", "layer4.2"),
    ("torchvision", "mobilenet_v2"): (17, "features.1", "features.17"),
    ("torchvision", "densenet121"): (58, "features.denseblock1.denselayer1", "features.denseblock4.denselayer16"),
    ("torchvision", "vit_b_16"): (12, "encoder.layers.encoder_layer_0", "encoder.layers.encoder_layer_11"),
    ("torchvision", "vgg16_bn"): (0,),
    ("timm", "resnet18"): (8, "layer1.0", "layer4.1"),
    ("timm", "vit_tiny_patch16_224"): (12, "blocks.0", "blocks.11"),
    ("timm", "efficientnet_b0"): (16, "blocks.0.0", "blocks.6.0"),
}


@pytest.mark.parametrize(("library", "name"), OTHERS, ids=" ".join)
def test_networks_of_others(library, name):
    try:
        module = importlib.import_module("torchvision.models" if library == "torchvision" else library)
    except (ImportError, RuntimeError) as error:
        # A CPU build of torch does not load torchvision's operators.
        pytest.skip(f"{library} does not import here: {error}")
    with torch.device("meta"):
        model = module.get_model(name) if library == "torchvision" else module.create_model(name)
    found = blocks(model)
    assert (len(found), *found[:1], *found[-1:]) == OTHERS[library, name]
