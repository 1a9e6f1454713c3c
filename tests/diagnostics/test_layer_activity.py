"""Gates of many steps, kept as bits."""

import pytest
import torch

import famus_ext as famus
from famus_ext.diagnostics import LayerActivity


def layers(count):
    return tuple(famus.Layer(f"block.{index}", (f"block.{index}.weight",)) for index in range(count))


def activity_of(gates):
    activity = LayerActivity(layers(gates.shape[1]))
    for step in gates:
        activity.add(step)
    return activity


@pytest.mark.parametrize("window", [1, 2, 7, 8, 30, 31, 1000])
@pytest.mark.parametrize("count", [1, 7, 8, 9, 17])
def test_rates(count, window):
    torch.manual_seed(0)
    gates = (torch.rand(31, count) < torch.linspace(0, 1, count)).float()
    activity = activity_of(gates)
    assert len(activity) == 31
    expected = torch.stack([part.double().mean(0) for part in gates.split(window)])
    assert torch.equal(activity.rates(window), expected)


def test_a_window_of_more_steps_than_a_byte_counts():
    assert activity_of(torch.ones(600, 3)).rates(600).tolist() == [[1.0, 1.0, 1.0]]


def test_no_steps():
    activity = LayerActivity(layers(3))
    assert len(activity) == 0
    assert activity.rates(5).shape == (0, 3)


def test_names():
    assert LayerActivity(layers(2)).names == ("block.0", "block.1")


def test_a_bit_a_gate():
    activity = activity_of(torch.ones(1000, 60))
    assert activity.state_dict()["bits"].numel() == 8 * 1000


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.bool, torch.int64], ids=str)
def test_gates_of_any_dtype(dtype):
    assert activity_of(torch.tensor([[1, 0, 1]], dtype=dtype)).rates().tolist() == [[1.0, 0.0, 1.0]]


def test_gates_of_a_learned_sampler():
    """They are differentiable before they are detached."""
    activity = LayerActivity(layers(2))
    activity.add(torch.tensor([1.0, 0.0], requires_grad=True))
    assert activity.rates().tolist() == [[1.0, 0.0]]


def test_state_goes_on_where_it_was():
    torch.manual_seed(0)
    gates = torch.rand(20, 9).round()
    first, second = activity_of(gates[:12]), LayerActivity(layers(9))
    second.load_state_dict(first.state_dict())
    for step in gates[12:]:
        first.add(step)
        second.add(step)
    assert torch.equal(first.rates(), gates.double())
    assert torch.equal(second.rates(), gates.double())


BAD_GATES = {
    "a list": ([1.0, 0.0], TypeError, "gates: expected a tensor, got list"),
    "too many": (torch.ones(3), ValueError, r"gates: expected a gate for each layer, \[2\], got \[3\]"),
    "soft": (torch.tensor([0.5, 1.0]), ValueError, r"gates: expected 0 or 1, got \[0.5, 1.0\]"),
    "NaN": (torch.tensor([0.0, float("nan")]), ValueError, "gates: expected 0 or 1"),
}


@pytest.mark.parametrize("name", BAD_GATES)
def test_gates_refused(name):
    gates, error, message = BAD_GATES[name]
    activity = LayerActivity(layers(2))
    with pytest.raises(error, match=message):
        activity.add(gates)
    assert len(activity) == 0


BAD_LAYERS = {
    "names": (["a"], TypeError, r"layers\[0\]: expected a layer, got str"),
    "no list": (layers(1)[0], TypeError, "layers: expected a list or tuple, got Layer"),
    "none": ((), ValueError, "layers: expected at least one layer"),
}


@pytest.mark.parametrize("name", BAD_LAYERS)
def test_layers_refused(name):
    given, error, message = BAD_LAYERS[name]
    with pytest.raises(error, match=message):
        LayerActivity(given)


@pytest.mark.parametrize(("window", "error"), [(0, ValueError), (1.5, TypeError)])
def test_windows_refused(window, error):
    with pytest.raises(error, match="window: expected"):
        activity_of(torch.ones(3, 2)).rates(window)


BAD_STATES = {
    "other entries": ({"bits": torch.zeros(0, dtype=torch.uint8)}, r"expected the entries \['bits', 'names'\]"),
    "other layers": (activity_of(torch.ones(1, 3)).state_dict(), "expected the layers"),
}


@pytest.mark.parametrize("name", BAD_STATES)
def test_states_refused(name):
    state, message = BAD_STATES[name]
    with pytest.raises(ValueError, match=message):
        LayerActivity(layers(2)).load_state_dict(state)
