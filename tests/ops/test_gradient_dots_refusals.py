"""What gradient_dots does not take; one argument is wrong at a time."""

import pytest
import torch

from famus_ext import _native
from famus_ext.ops import gradient_dots
from famus_ext.ops.geometry import Convolution, Embedding, Linear, Normalisation

X, Y, W, B = torch.ones(4, 2), torch.ones(4, 3), torch.ones(3, 2), torch.ones(3)
LINEAR = {"layer": Linear(), "x": X, "slopes": Y, "weight_dot": W, "bias_dot": B}
IMAGES = {
    "layer": Convolution((3, 3), (1, 1), (1, 1), (1, 1), 2),
    "x": torch.ones(4, 2, 5, 5),
    "slopes": torch.ones(4, 6, 5, 5),
    "weight_dot": torch.ones(6, 1, 3, 3),
    "bias_dot": torch.ones(6),
}
TABLE = {
    "layer": Embedding(),
    "x": torch.zeros(4, 2).long(),
    "slopes": torch.ones(4, 2, 3),
    "weight_dot": torch.ones(5, 3),
}
NORM = {
    "layer": Normalisation(torch.zeros(2), torch.ones(2), (2,)),
    "x": X,
    "slopes": X,
    "weight_dot": torch.ones(2),
    "bias_dot": torch.ones(2),
}
WRONG = [
    (LINEAR, TypeError, r"layer: expected Linear, .*, got Linear", {"layer": torch.nn.Linear(2, 3)}),
    (LINEAR, TypeError, r"x: expected a tensor, got list", {"x": [1.0]}),
    (LINEAR, TypeError, r"x: expected float16.*int64", {"x": X.long()}),
    (LINEAR, TypeError, r"slopes: expected a strided tensor", {"slopes": Y.to_sparse()}),
    (LINEAR, ValueError, r"slopes: .* meta device", {"slopes": Y.to("meta")}),
    (LINEAR, ValueError, r"weight_dot: .* resolve_neg", {"weight_dot": W.to(torch.complex64).conj().imag}),
    (LINEAR, ValueError, r"x: expected 2 dimensions or more, got 1", {"x": X[0]}),
    (LINEAR, ValueError, r"slopes: expected two dimensions or more, got 1", {"slopes": B}),
    (LINEAR, ValueError, r"slopes: expected shape \(4, 3\), got \(3, 3\)", {"slopes": Y[1:]}),
    (LINEAR, ValueError, r"weight_dot: expected shape \(3, 2\), got \(2, 3\)", {"weight_dot": W.T}),
    (LINEAR, ValueError, r"bias_dot: expected shape \(3,\), got \(1, 3\)", {"bias_dot": B[None]}),
    (LINEAR, TypeError, r"x: expected torch.float32, as slopes has, got torch.float64", {"x": X.double()}),
    (LINEAR, TypeError, r"bias_dot: expected torch.float32, .*bfloat16", {"bias_dot": B.bfloat16()}),
    (LINEAR, ValueError, r"way: expected None, \"fused\" or \"chunked\", got 'fast'", {"way": "fast"}),
    (IMAGES, ValueError, r"x: expected 4 dimensions, got 3", {"x": torch.ones(4, 2, 5)}),
    (IMAGES, ValueError, r"x: expected channels in 2 equal groups, got 3", {"x": torch.ones(4, 3, 5, 5)}),
    (IMAGES, ValueError, r"slopes: expected channels in 2 equal", {"slopes": torch.ones(4, 7, 5, 5)}),
    (IMAGES, ValueError, r"slopes: expected shape \(4, 6, 5, 5\)", {"slopes": torch.ones(4, 6, 3, 3)}),
    (IMAGES, ValueError, r"weight_dot: expected shape \(6, 1, 3, 3\)", {"weight_dot": torch.ones(6, 2, 3, 3)}),
    (TABLE, TypeError, r"x: expected indices of int32 or int64, got torch.float32", {"x": X}),
    (TABLE, TypeError, r"x: expected a tensor, got int", {"x": 1}),
    (TABLE, ValueError, r"weight_dot: expected shape \(5, 3\), got \(5, 4\)", {"weight_dot": torch.ones(5, 4)}),
    (TABLE, ValueError, r"bias_dot: expected None for an embedding", {"bias_dot": B}),
    (TABLE, ValueError, r"x: expected indices from 0 to 4, got some from 5 to 5", {"x": torch.full((4, 2), 5)}),
    (TABLE, ValueError, r"way: expected None or \"fused\" for Embedding", {"way": "chunked"}),
    (NORM, ValueError, r"slopes: expected shape \(4, 2\), got \(4, 3\)", {"slopes": Y}),
    (NORM, ValueError, r"bias_dot: expected shape \(2,\), got \(3,\)", {"bias_dot": B}),
    (
        NORM,
        ValueError,
        r"mean: expected a shape that broadcasts to \(4, 2\), got \(3,\)",
        {"layer": Normalisation(B, B, (2,))},
    ),
    (
        NORM,
        ValueError,
        r"weight_shape: expected a shape that .*, got \(4, 2\)",
        {"layer": Normalisation(B[:2], B[:2], (4, 2))},
    ),
]


@pytest.mark.parametrize(("right", "error", "message", "wrong"), WRONG)
def test_refusals(right, error, message, wrong):
    gradient_dots(**right)
    with pytest.raises(error, match=message):
        gradient_dots(**(right | wrong))


def test_a_way_takes_kernels(monkeypatch):
    monkeypatch.setattr(_native, "obstacle", lambda op, device: "none were built")
    with pytest.raises(RuntimeError, match="gradient_dots has no native kernel on cpu: none were built"):
        gradient_dots(**LINEAR, way="fused")


@pytest.mark.gpu
def test_refuses_two_devices(device):
    if device.type == "cpu":
        pytest.skip("takes a GPU")
    with pytest.raises(ValueError, match=r"x: expected a tensor on cuda.*got one on cpu"):
        gradient_dots(**(LINEAR | {"slopes": Y.to(device)}))
