"""Block: by name, and by the paper's number."""

import copy
import pickle

import pytest
from shared.networks import NETWORKS, Residual, Transformer, conv_net

import famus_ext as famus


def residual():
    return NETWORKS["wide residual"][0]()


def active(sampler, model):
    """Names of the layers that are on."""
    found = sampler.layers_of(model)
    return [layer.name for layer, on in zip(found, sampler(found, []), strict=True) if on]


BLOCK_1 = ["1.bn1", "1.conv1", "1.bn2", "1.conv2", "1.shortcut"]
BLOCK_2 = ["2.bn1", "2.conv1", "2.bn2", "2.conv2", "2.shortcut"]
CASES = {
    "name": ("1", BLOCK_1),
    "name of a layer": ("1.conv1", ["1.conv1"]),
    "number": (1, BLOCK_1),
    "last number": (2, BLOCK_2),
    "from the end": (-1, BLOCK_2),
    "first from the end": (-2, BLOCK_1),
}


@pytest.mark.parametrize(("block", "names"), CASES.values(), ids=CASES)
def test_layers_of_the_block(block, names):
    assert active(famus.Block(block), residual()) == names


def test_a_block_is_not_its_namesakes():
    """ "1" is not "10"."""
    found = tuple(famus.Layer(name, ()) for name in ("1.conv", "10.conv", "11"))
    assert famus.Block("1")(found, []).tolist() == [1.0, 0.0, 0.0]


def test_a_number_is_looked_up_anew_in_every_model():
    """The same object on a second model, and back."""
    sampler, first, second = famus.Block(-1), residual(), Transformer()
    for _ in range(2):
        assert active(sampler, first) == BLOCK_2
        assert all(name.startswith("encoder.layers.1.") for name in active(sampler, second))


def test_a_number_of_another_model_is_not_used():
    sampler, other = famus.Block(1), Transformer()
    with pytest.raises(ValueError, match=r"found: expected the layers that layers_of\(model\) gave last"):
        sampler.candidates(famus.layers(other))
    sampler.layers_of(residual())
    with pytest.raises(ValueError, match=r"found: expected the layers that layers_of\(model\) gave last"):
        sampler.candidates(famus.layers(other))


def test_layers_given():
    """In their order, and those of them that are in the block."""
    model = residual()
    sampler = famus.Block(2, famus.layers(model)[::-2])
    assert active(sampler, model) == ["2.shortcut", "2.bn2", "2.bn1"]


def test_a_frozen_block():
    """It keeps its number, and has no layer to keep."""
    model = residual()
    model[1].requires_grad_(False)
    assert active(famus.Block(2), model) == BLOCK_2
    with pytest.raises(ValueError, match=r"block: no trainable layer in the block '1'; the layers are 0, 2.bn1"):
        active(famus.Block(1), model)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda sampler: pickle.loads(pickle.dumps(sampler))])
def test_copies(clone):
    sampler = famus.Block(1)
    sampler.layers_of(residual())
    assert active(clone(sampler), residual()) == BLOCK_1


@pytest.mark.parametrize("number", [3, -3])
def test_a_number_beyond_the_blocks_is_refused(number):
    with pytest.raises(ValueError, match=rf"block: expected the number .* got {number}; it has the 2 blocks 1, 2"):
        famus.Block(number).layers_of(residual())


def test_a_network_without_blocks_is_refused():
    with pytest.raises(ValueError, match="it has none: give the block's name instead"):
        famus.Block(1).layers_of(conv_net())


REFUSED = {
    "zero": (0, ValueError, "block: expected a number from 1 on.*got 0"),
    "a fraction": (1.0, TypeError, "block: expected a module's qualified name or a block's number, got float"),
    "a flag": (True, TypeError, "block: expected a module's qualified name or a block's number, got bool"),
    "a module": (Residual(8, 8, 1), TypeError, "block: expected .* got Residual"),
}


@pytest.mark.parametrize(("block", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_blocks_are_refused(block, error, message):
    with pytest.raises(error, match=message):
        famus.Block(block)
