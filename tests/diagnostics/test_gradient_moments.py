"""Mean and variance against two passes over all gradients at once."""

import math
import statistics

import pytest
import torch

from famus_ext.diagnostics import GradientMoments


def gradients(steps, mean=0.0, dtype=torch.float64):
    torch.manual_seed(0)
    return [
        {"weight": (mean + torch.randn(3, 2, dtype=torch.float64)).to(dtype), "bias": torch.randn(3, dtype=dtype)}
        for _ in range(steps)
    ]


def moments_of(found):
    moments = GradientMoments()
    for gradient in found:
        moments.add(gradient)
    return moments


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("steps", [2, 7, 64])
def test_moments(steps, dtype):
    found = gradients(steps, dtype=dtype)
    moments = moments_of(found)
    assert len(moments) == steps
    for name in ("weight", "bias"):
        stacked = torch.stack([gradient[name].double() for gradient in found])
        assert moments.mean[name].dtype == torch.float64
        assert torch.allclose(moments.mean[name], stacked.mean(0), rtol=1e-12, atol=1e-14)
        assert torch.allclose(moments.variance[name], stacked.var(0), rtol=1e-12)


def test_a_mean_far_larger_than_the_spread():
    """The textbook's E[g²] - E[g]² has no digit left here."""
    found = gradients(50, mean=1e9)
    variance = moments_of(found).variance["weight"]
    for row in range(3):
        for column in range(2):
            values = [float(gradient["weight"][row, column]) for gradient in found]
            # Exact: in rational numbers.
            assert math.isclose(float(variance[row, column]), statistics.variance(values), rel_tol=1e-6)


def test_summary_is_the_mean_over_all_entries():
    found = gradients(9)
    stacked = torch.stack([torch.cat([g.flatten() for g in gradient.values()]) for gradient in found])
    steps, mean, variance = moments_of(found).summary()
    assert steps == 9
    assert math.isclose(mean, float(stacked.mean()), rel_tol=1e-12)
    assert math.isclose(variance, float(stacked.var(0).mean()), rel_tol=1e-12)


def test_no_gradient():
    moments = GradientMoments()
    assert len(moments) == 0
    assert moments.mean == moments.variance == {}
    assert math.isnan(moments.summary().mean)
    assert math.isnan(moments.summary().variance)


def test_one_gradient_has_a_mean_and_no_variance():
    (found,) = gradients(1)
    moments = moments_of([found])
    assert torch.equal(moments.mean["bias"], found["bias"])
    assert moments.variance["weight"].isnan().all()
    assert math.isclose(moments.summary().mean, float(torch.cat([g.flatten() for g in found.values()]).mean()))
    assert math.isnan(moments.summary().variance)


def test_what_is_read_is_the_readers():
    moments = moments_of(gradients(3))
    before = moments.summary()
    for tensors in (moments.mean, moments.variance, moments.state_dict()["squares"]):
        tensors["weight"].zero_()
    assert moments.summary() == before


def test_gradients_are_left_alone():
    (found,) = gradients(1)
    kept = {name: gradient.clone() for name, gradient in found.items()}
    moments = moments_of([found])
    found["bias"].zero_()
    assert torch.equal(moments.mean["bias"], kept["bias"])


def test_reset_allows_other_names():
    moments = moments_of(gradients(3))
    moments.reset()
    moments.add({"epsilon": torch.ones(2)})
    assert len(moments) == 1
    assert moments.mean.keys() == {"epsilon"}


def test_state_goes_on_where_it_was():
    found = gradients(8)
    first, second = moments_of(found[:5]), GradientMoments()
    second.load_state_dict(first.state_dict())
    for gradient in found[5:]:
        first.add(gradient)
        second.add(gradient)
    assert second.summary() == first.summary() == moments_of(found).summary()


def test_state_of_something_else():
    with pytest.raises(
        ValueError, match=r"state: expected the entries \['mean', 'squares', 'steps'\], got \['epoch'\]"
    ):
        GradientMoments().load_state_dict({"epoch": 1})


BAD = {
    "no mapping": (torch.ones(3), TypeError, "gradients: expected a mapping from names to tensors, got Tensor"),
    "nothing": ({}, ValueError, "gradients: expected at least one tensor"),
    "no tensor": (
        {"weight": None},
        TypeError,
        r"gradients\['weight'\]: expected a floating-point tensor, got NoneType",
    ),
    "integers": ({"weight": torch.ones(3, dtype=torch.int64)}, TypeError, "a floating-point tensor, got torch.int64"),
    "another name": ({"weight": torch.ones(3, 2)}, ValueError, r"the names \['bias', 'weight'\], got \['weight'\]"),
    "another shape": (
        {"weight": torch.ones(3, 2), "bias": torch.ones(2)},
        ValueError,
        r"gradients\['bias'\]: expected shape \[3\], as before, got \[2\]",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name):
    gradient, error, message = BAD[name]
    moments = moments_of(gradients(2))
    before = moments.summary()
    with pytest.raises(error, match=message):
        moments.add(gradient)
    assert moments.summary() == before
