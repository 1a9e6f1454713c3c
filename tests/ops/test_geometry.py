import pytest
import torch
from torch import nn

from famus_ext.ops.geometry import Convolution, Normalisation

RIGHT = {"kernel_size": (3, 2), "stride": (1, 2), "padding": (0, 1), "dilation": (2, 1), "groups": 1}


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_output_size(dimensions):
    kernel, stride, padding, dilation = (
        (3, 2, 1)[:dimensions],
        (2, 1, 3)[:dimensions],
        (1, 0, 2)[:dimensions],
        (2, 3, 1),
    )
    layer = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dimensions - 1]
    size = (9, 11, 8)[:dimensions]
    y = layer(2, 4, kernel, stride, padding, dilation[:dimensions], groups=2)(torch.zeros(1, 2, *size))
    geometry = Convolution(kernel, stride, padding, dilation[:dimensions], 2)
    assert geometry.output_size(size) == y.shape[2:]
    assert geometry.axes(size)[: 3 - dimensions] == ((1, 1, 1, 1, 0, 1),) * (3 - dimensions)


@pytest.mark.parametrize(
    ("error", "message", "wrong"),
    [
        (TypeError, r"stride: expected a list or tuple, got int", {"stride": 1}),
        (ValueError, r"padding: expected 2 entries, as kernel_size has, got 1", {"padding": (1,)}),
        (TypeError, r"dilation\[1\]: expected an integer, got float", {"dilation": (1, 1.0)}),
        (ValueError, r"kernel_size\[0\]: expected at least 1, got 0", {"kernel_size": (0, 1)}),
        (ValueError, r"padding\[0\]: expected at least 0, got -1", {"padding": (-1, 0)}),
        (ValueError, r"groups: expected at least 1, got 0", {"groups": 0}),
        (ValueError, r"kernel_size: expected one to three entries, got 0", dict.fromkeys(list(RIGHT)[:4], ())),
    ],
)
def test_convolutions_that_do_not_exist(error, message, wrong):
    with pytest.raises(error, match=message):
        Convolution(**(RIGHT | wrong))


def test_statistics_that_differ():
    with pytest.raises(ValueError, match=r"inverse_std: expected shape \(2, 1\), as mean has, got \(2,\)"):
        Normalisation(torch.zeros(2, 1), torch.zeros(2), (2,))
    with pytest.raises(TypeError, match=r"mean: expected a tensor, got float"):
        Normalisation(0.0, torch.zeros(2), (2,))
