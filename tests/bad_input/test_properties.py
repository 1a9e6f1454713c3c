"""Any shapes, dtypes and modes: the meta gradient is right, or refused by an error of ours."""

import copy

import hypothesis.strategies as st
import torch
from hypothesis import HealthCheck, given, settings
from torch import nn

import famus_ext as famus

DTYPES = [torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.int64, torch.complex64]
ENGINES = ["pushforward", "ghost", "double_backward"]
OURS = (TypeError, ValueError, famus.NonFiniteError, famus.PushforwardError)
CASES = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SIZES = st.integers(0, 5)


@st.composite
def networks(draw):
    """A small network of random depth, width, normalisation and dropout, in either mode, some of it frozen."""
    width, classes = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    parts: list[nn.Module] = [nn.Linear(3, width)]
    for _ in range(draw(st.integers(0, 3))):
        parts.append(draw(st.sampled_from([nn.ReLU, nn.Tanh, nn.SiLU, nn.Hardswish, lambda: nn.Dropout(0.5)]))())
        parts.append(
            draw(st.sampled_from([nn.Identity, lambda: nn.LayerNorm(width), lambda: nn.Linear(width, width)]))()
        )
    if draw(st.booleans()):
        parts.append(nn.BatchNorm1d(width))
    torch.manual_seed(draw(st.integers(0, 99)))
    model = nn.Sequential(*parts, nn.Linear(width, classes)).double()
    model.train(draw(st.booleans()))
    for parameter in model.parameters():
        parameter.requires_grad_(draw(st.integers(0, 4)) > 0)
    return model


@st.composite
def batches(draw, classes):
    """A batch of random size, dtype and labels, some of which are no classes."""
    size, dtype = draw(SIZES), draw(st.sampled_from([torch.float64] * 8 + DTYPES))
    labels = draw(st.lists(st.integers(-1, classes), min_size=size, max_size=size))
    if draw(st.integers(0, 3)):
        labels = [label % classes for label in labels]
    return torch.randn(size, 3, dtype=torch.float64).to(dtype), torch.tensor(labels, dtype=torch.int64)


@given(st.data())
@CASES
def test_meta_gradient_is_that_of_double_backward_or_refused(data):
    model = data.draw(networks())
    classes = model[-1].out_features
    batch, meta_batch = data.draw(batches(classes)), data.draw(batches(classes))
    meta_model = famus.MWNet(3).double()
    sampler = data.draw(st.sampled_from([famus.AllLayers(), famus.LastLayers(1), famus.Threshold(0.5)]))
    lr = data.draw(st.sampled_from([0.0, 0.1, 10.0]))
    results = []
    for engine in (data.draw(st.sampled_from(ENGINES)), "double_backward"):
        own = copy.deepcopy(model)
        torch.manual_seed(0)
        try:
            result = famus.sampled_meta_grad(own, meta_model, batch, meta_batch, lr=lr, sampler=sampler, engine=engine)
        except OURS as error:
            results.append((engine, type(error), None))
        else:
            results.append((engine, None, result))
        assert all(torch.equal(p, q) for p, q in zip(own.parameters(), model.parameters(), strict=True))
    (engine, error, found), (_, expected_error, expected) = results
    if error is None and expected_error is None:
        for name, gradient in expected.grads.items():
            torch.testing.assert_close(found.grads[name], gradient, rtol=1e-8, atol=1e-10)
    elif engine != "ghost":  # which refuses networks that mix their examples
        assert error is expected_error


@given(st.data())
@CASES
def test_a_step_is_taken_or_leaves_the_network_as_it_was(data):
    model = data.draw(networks())
    classes = model[-1].out_features
    (x, y), (x_meta, y_meta) = data.draw(batches(classes)), data.draw(batches(classes))
    try:
        step = famus.MetaStep(
            model,
            torch.optim.SGD(model.parameters(), lr=0.1),
            data.draw(st.sampled_from([famus.MWNet(3), famus.L2R(), famus.MLC(classes)])).double(),
            schedule=data.draw(st.sampled_from(["paper", "merged"])),
            micro_batches=data.draw(st.integers(1, 3)),
        )
    except ValueError:
        return
    before = copy.deepcopy(model.state_dict())
    try:
        out = step(x, y, x_meta, y_meta)
    except OURS:
        if step.schedule == "paper":
            assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    else:
        assert out.loss.isfinite()
        assert out.logits.shape == (len(x), classes)
        assert all(p.isfinite().all() for p in model.parameters())
