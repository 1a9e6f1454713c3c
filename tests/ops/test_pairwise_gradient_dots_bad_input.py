"""What `pairwise_gradient_dots` refuses, by argument."""

import pytest
import torch

from famus_ext.ops import pairwise_gradient_dots
from famus_ext.ops.geometry import Convolution, Embedding, Linear, Normalisation

CONV = Convolution((3, 3), (1, 1), (1, 1), (1, 1), 2)
ONE_GROUP = Convolution((3, 3), (1, 1), (1, 1), (1, 1))
NORM = Normalisation(torch.zeros(4, 1), torch.ones(4, 1), (4, 1))
X, Y = torch.ones(2, 3, 4), torch.ones(2, 3, 5)
IMAGE = torch.ones(2, 4, 5, 5)
TOKENS, ROWS = torch.zeros(2, 3, dtype=torch.long), torch.ones(2, 3, 5)

LINEAR = {"x": X, "slopes": Y, "x_meta": X, "slopes_meta": Y, "layer": Linear()}
CONVOLUTION = {"x": IMAGE, "slopes": IMAGE, "x_meta": IMAGE, "slopes_meta": IMAGE, "layer": CONV}
EMBEDDING = {"x": TOKENS, "slopes": ROWS, "x_meta": TOKENS, "slopes_meta": ROWS, "layer": Embedding()}
NORMALISATION = {"x": X.mT, "slopes": X.mT, "x_meta": X.mT, "slopes_meta": X.mT, "layer": NORM}

WRONG = [
    (LINEAR, TypeError, r"x: expected a tensor, got list", {"x": [1.0]}),
    (LINEAR, TypeError, r"slopes: expected float16.*int64", {"slopes": Y.long()}),
    (LINEAR, TypeError, r"slopes_meta: expected a strided tensor", {"slopes_meta": Y.to_sparse()}),
    (LINEAR, ValueError, r"x_meta: .* meta device", {"x_meta": X.to("meta")}),
    (LINEAR, TypeError, r"x: expected torch.float32, as slopes has, got torch.float64", {"x": X.double()}),
    (LINEAR, TypeError, r"layer: expected one of Linear, Convolution.*, got str", {"layer": "linear"}),
    (LINEAR, TypeError, r"layer_meta: expected a Linear, as layer is, got Embedding", {"layer_meta": Embedding()}),
    (LINEAR, TypeError, r"weight: expected a bool, got int", {"weight": 1}),
    (LINEAR, TypeError, r"bias: expected a bool, got NoneType", {"bias": None}),
    (LINEAR, ValueError, r"weight: expected True where bias is False", {"weight": False}),
    (LINEAR, ValueError, r"x: expected shape \(N, \.\.\., C\), got \(2,\)", {"x": torch.ones(2)}),
    (LINEAR, ValueError, r"slopes: expected shape \(2, 3, O\) for such an x, got \(2, 5, 3\)", {"slopes": ROWS.mT}),
    (LINEAR, ValueError, r"x_meta: expected 4 entries in dimension -1, as x has", {"x_meta": torch.ones(2, 3, 5)}),
    (LINEAR, ValueError, r"slopes_meta: expected 5 entries in dimension -1, as slopes has", {"slopes_meta": X}),
    (CONVOLUTION, ValueError, r"x: expected 4 dimensions, the second divisible by 2, got", {"x": IMAGE[:, :3]}),
    (CONVOLUTION, ValueError, r"x_meta: expected 4 dimensions", {"x_meta": IMAGE[0]}),
    (CONVOLUTION, ValueError, r"slopes: expected shape \(2, O, 5, 5\)", {"slopes": IMAGE[..., :4]}),
    (CONVOLUTION, ValueError, r"slopes_meta: expected shape \(2, O, 5, 5\)", {"slopes_meta": IMAGE[:, :3]}),
    (CONVOLUTION, ValueError, r"layer_meta: expected Convolution", {"layer_meta": ONE_GROUP}),
    (EMBEDDING, TypeError, r"x: expected int32 or int64 for an Embedding, got torch.float32", {"x": X}),
    (EMBEDDING, TypeError, r"x_meta: expected a tensor, got int", {"x_meta": 3}),
    (EMBEDDING, ValueError, r"slopes: expected shape \(2, 3, D\)", {"slopes": torch.ones(2, 3)}),
    (EMBEDDING, ValueError, r"bias: expected False for an Embedding", {"bias": True}),
    (NORMALISATION, ValueError, r"slopes: expected shape \(2, 4, 3\)", {"slopes": Y}),
    (NORMALISATION, ValueError, r"layer: expected mean that broadcasts against \(2, 5, 3\), got", {"x": Y.mT}),
]  # fmt: skip


@pytest.mark.parametrize(("right", "error", "message", "wrong"), WRONG)
def test_refusals(right, error, message, wrong):
    with pytest.raises(error, match=message):
        pairwise_gradient_dots(**(right | wrong))


def test_refuses_scales_that_do_not_fit():
    x = torch.ones(2, 4, 3)
    wide = Normalisation(NORM.mean, NORM.inverse_std, (5, 1))
    with pytest.raises(ValueError, match=r"layer: expected weight_shape that broadcasts against \(4, 3\), got shape"):
        pairwise_gradient_dots(x, x, x, x, wide)
    with pytest.raises(ValueError, match=r"layer_meta: expected weight_shape \(4, 1\), as layer has"):
        pairwise_gradient_dots(x, x, x, x, NORM, layer_meta=wide)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU")
def test_refuses_two_devices():
    with pytest.raises(ValueError, match=r"x: expected a tensor on cuda.*got one on cpu"):
        pairwise_gradient_dots(X, Y.cuda(), X.cuda(), Y.cuda(), Linear())
