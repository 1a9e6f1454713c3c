"""A step's output fits into a line, in a notebook's cell say."""

import pytest
import torch
from torch import nn

import famus_ext as famus

X, Y = torch.arange(12.0).reshape(4, 3), torch.tensor([0, 1, 0, 1])


def test_numbers_are_shown_and_shapes_of_the_rest():
    model = nn.Linear(3, 2)
    output = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), famus.L2R())(X, Y, X, Y)
    assert repr(output) == (
        f"StepOutput(loss={float(output.loss):.4g}, meta_loss={float(output.meta_loss):.4g}, weights=float32 [4], "
        "gates=float32 [1], logits=float32 [4, 2], sample_dots=float32 [4], meta_grads={epsilon: float32 [4]}, "
        "skipped=None)"
    )
    result = famus.sampled_meta_grad(model, famus.MWNet(), (X, Y), (X, Y), lr=0.1)
    assert "layers=(1 of Layer), gates=float32 [1], gate_grads=None" in repr(result)


def test_nothing_is_recorded_under_inference_mode_and_that_is_said():
    model = nn.Linear(3, 2)
    with torch.inference_mode(), pytest.raises(ValueError, match=r"under torch\.inference_mode nothing is recorded"):
        famus.sampled_meta_grad(model, famus.MWNet(), (X, Y), (X, Y), lr=0.1)
