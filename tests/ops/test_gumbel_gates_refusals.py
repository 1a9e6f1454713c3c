"""What gumbel_gates refuses."""

import math

import pytest
import torch
from shared import gate_cases

from famus_ext.ops import gumbel_gates

TAU = gate_cases.TEMPERATURE
# One layer, D = 3, H = 4.
X, ETA, NOISE = torch.zeros(3), torch.zeros(27), torch.zeros(1, 2)

WRONG = [
    (TypeError, r"inputs: expected a list or tuple, got Tensor", X, ETA, NOISE, TAU),
    (TypeError, r"inputs\[0\]: expected a tensor, got NoneType", [None], ETA, NOISE, TAU),
    (TypeError, r"inputs\[0\]: expected float16.*int64", [X.long()], ETA, NOISE, TAU),
    (ValueError, r"inputs\[0\]: expected shape \(3,\), got \(1, 3\)", [X[None]], ETA, NOISE, TAU),
    (TypeError, r"eta: expected a tensor, got list", [X], [ETA], NOISE, TAU),
    (TypeError, r"eta: expected a strided", [X], ETA.to_sparse(), NOISE, TAU),
    (ValueError, r"eta: .* meta device", [X], ETA.to("meta"), NOISE, TAU),
    (ValueError, r"eta: expected shape \(27,\), got \(3, 9\)", [X], ETA.view(3, 9), NOISE, TAU),
    (
        ValueError,
        r"eta: expected H · 6 \+ 3 entries, W, b, a, V and c of 1 layers, got 28",
        [X],
        ETA.new_zeros(28),
        NOISE,
        TAU,
    ),
    (ValueError, r"eta: expected H · 12 \+ 6 entries, .* got 27", [X, X], ETA, NOISE, TAU),
    (ValueError, r"eta: expected H · 6 \+ 3 entries, .* got 2", [X], ETA[:2], NOISE, TAU),
    (ValueError, r"eta: expected H · 0 \+ 0 entries, .* got 27", [], ETA, NOISE[:0], TAU),
    (TypeError, r"noise: expected a tensor, got NoneType", [X], ETA, None, TAU),
    (ValueError, r"noise: expected shape \(1, 2\), got \(2,\)", [X], ETA, NOISE[0], TAU),
    (TypeError, r"temperature: expected a number, got str", [X], ETA, NOISE, "1"),
    (ValueError, r"temperature: expected a positive number, got 0", [X], ETA, NOISE, 0),
    (ValueError, r"temperature: expected a finite number, got inf", [X], ETA, NOISE, math.inf),
]


@pytest.mark.parametrize(("error", "message", "inputs", "eta", "noise", "temperature"), WRONG)
def test_refusals(error, message, inputs, eta, noise, temperature):
    with pytest.raises(error, match=message):
        gumbel_gates(inputs, eta, noise, temperature)


@pytest.mark.gpu
def test_refuses_two_devices(device):
    if device.type == "cpu":
        pytest.skip("takes a GPU")
    with pytest.raises(ValueError, match=r"inputs\[0\]: expected a tensor on cuda:0, as eta is"):
        gumbel_gates([X], ETA.to(device), NOISE.to(device), TAU)
    with pytest.raises(ValueError, match=r"noise: expected a tensor on cuda:0"):
        gumbel_gates([X.to(device)], ETA.to(device), NOISE, TAU)
