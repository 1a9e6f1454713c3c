"""Networks by name and by import path."""

import importlib

import pytest
import torch
from torch import nn

import famus_ext as famus
from famus_ext.models import DigitsNet, FashionNet, build
from famus_ext.models.registry import NAMES

OWN = {  # name -> parameters for ten classes, three channels
    "wrn-28-10": 36_479_194,
    "wrn-40-2": 2_243_546,
    "wrn-16-4": 2_748_890,
    "preact-resnet-18": 11_172_170,
    "resnet-32": 464_154,
    "resnet-20": 269_722,
}


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def importable(module):
    """The module, or a skip that says why not: beside a torch it was not built for, torchvision does not import."""
    try:
        return importlib.import_module(module)
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"{module} cannot be imported: {error}")


@pytest.mark.parametrize("name", OWN)
def test_own_names(name):
    with torch.device("meta"):
        assert count(build(name, 10)) == OWN[name]
        assert count(build(name, 10, in_channels=1)) < OWN[name]


@pytest.mark.parametrize(("name", "kind"), [("digits", DigitsNet), ("fashion", FashionNet)])
def test_small_networks(name, kind):
    model = build(name, 7, width=4)
    assert isinstance(model, kind)
    assert model.classifier.out_features == 7


def test_every_listed_name_can_be_built():
    for name in NAMES:
        with torch.device("meta"):
            assert build(
                name.replace("<depth>", "44" if name.startswith("resnet") else "16").replace("<width>", "2"), 3
            )


def test_weights_follow_the_global_seed():
    draw = lambda seed: (torch.manual_seed(seed), build("resnet-20", 10))[1].stem.weight  # noqa: E731
    assert torch.equal(draw(0), draw(0))
    assert not torch.equal(draw(0), draw(1))


def test_a_callable_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "my_networks_for_a_test.py").write_text(
        "from torch import nn\n\ndef small(num_classes, width):\n    return nn.Linear(width, num_classes)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    model = build("my_networks_for_a_test:small", 3, width=5)
    assert (type(model), model.weight.shape) == (nn.Linear, (3, 5))
    with pytest.raises(TypeError, match="colour"):
        build("my_networks_for_a_test:small", 3, width=5, colour="red")


def test_torchvision_resnet50():
    importable("torchvision")
    with torch.device("meta"):
        assert count(build("torchvision.models:resnet50", 50)) == 23_508_032 + 2049 * 50


def test_timm_inception_resnet_v2():
    importable("timm")
    with torch.device("meta"):
        model = build("timm:create_model", 50, model_name="inception_resnet_v2")
    assert model.get_classifier().out_features == 50
    assert 54_000_000 < count(model) < 55_000_000


def test_an_imported_network_goes_through_the_engine():
    importable("torchvision")
    torch.manual_seed(0)
    model = build("torchvision.models:resnet18", 5).double()
    batch, meta_batch = ((torch.randn(n, 3, 33, 33).double(), torch.randint(0, 5, (n,))) for n in (4, 3))
    fast, exact = (
        famus.sampled_meta_grad(
            model, famus.L2R().double(), batch, meta_batch, lr=0.1, sampler=famus.LastLayers(3), engine=engine
        ).grads
        for engine in ("pushforward", "double_backward")
    )
    for name, expected in exact.items():
        torch.testing.assert_close(fast[name], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("wrn", ValueError, "name: expected one of wrn-28-10, .*, digits, or an import path .*, got 'wrn'"),
        ("wrn-27-1", ValueError, "depth: expected 6 n"),
        ("resnet-50", ValueError, "name: expected one of .* got 'resnet-50'"),  # ImageNet's, not 6 n + 2 layers
        ("Resnet-32", ValueError, "name: expected one of"),
        (32, TypeError, "name: expected a string, got int"),
        ("no_such_package.models:net", ImportError, "no_such_package.*`pip install no_such_package`"),
        ("torch.no_such_module:net", ImportError, "No module named 'torch.no_such_module'"),
        (":net", ValueError, "name: expected an import path"),
        (".models:net", ValueError, "name: expected an import path"),
        ("torch.nn:", ValueError, "name: expected an import path"),
        ("torch.nn:a:b", ValueError, "name: expected an import path"),
        ("torch.nn:NoSuchLayer", ValueError, "torch.nn, which has no 'NoSuchLayer'"),
        ("math:pi", TypeError, "name: expected math:pi to be callable, got float"),
        ("builtins:dict", TypeError, "name: expected builtins:dict to return a torch.nn.Module, got dict"),
    ],
)
def test_bad_names_are_refused(name, error, message):
    with pytest.raises(error, match=message):
        build(name, 10)


def test_a_module_that_fails_on_import_says_why(tmp_path, monkeypatch):
    (tmp_path / "broken_networks_for_a_test.py").write_text("raise RuntimeError('operator nms does not exist')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=r"operator nms does not exist.*`pip install broken_networks_for_a_test`"):
        build("broken_networks_for_a_test:net", 10)
