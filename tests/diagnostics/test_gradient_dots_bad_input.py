"""What `gradient_dots` refuses, by argument."""

import pytest
import torch
from torch import nn

import famus_ext as famus
from famus_ext.diagnostics import gradient_dots


def scalar_loss(logits, targets):
    return famus.cross_entropy(logits, targets).mean()


class Silent(nn.Module):
    """A meta model that reports no loss of each example."""

    def forward(self, logits, targets):
        return famus.cross_entropy(logits, targets).mean()


X, Y = torch.randn(6, 4), torch.randint(0, 3, (6,))

BAD = {
    "model": ({"model": "net"}, TypeError, "model: expected a torch.nn.Module, got str"),
    "batch": ({"batch": X}, TypeError, "batch: expected a pair"),
    "x": ({"batch": (X[:0], Y[:0])}, ValueError, "x: expected at least one example"),
    "y": ({"batch": (X, Y[:5])}, ValueError, "y: expected 6 targets"),
    "meta_batch": ({"meta_batch": None}, TypeError, "meta_batch: expected a pair"),
    "y_meta": ({"meta_batch": (X, Y[:2])}, ValueError, "y_meta: expected 6 targets"),
    "lr, a mapping": ({"lr": {"weight": 0.1}}, TypeError, "lr: expected a number, got dict"),
    "lr, negative": ({"lr": -1.0}, ValueError, "lr: expected a number >= 0, got -1.0"),
    "meta_model": ({"meta_model": famus.cross_entropy}, TypeError, "meta_model: expected a torch.nn.Module"),
    "meta_model, silent": ({"meta_model": Silent()}, ValueError, "loss: expected a loss of each example"),
    "loss": ({"loss": 0.5}, TypeError, "loss: expected a function"),
    "loss, scalar": ({"meta_model": Silent(), "loss": scalar_loss}, ValueError, r"loss: expected .* \[6\], got \[\]"),
    "loss, no tensor": ({"meta_model": Silent(), "loss": lambda z, y: 1.0}, TypeError, "loss: expected .* got float"),
    "meta_loss": ({"meta_loss": None}, TypeError, "meta_loss: expected a function"),
    "meta_loss, scalar": ({"meta_loss": scalar_loss}, ValueError, r"meta_loss: expected .* \[6\], got \[\]"),
    "layers": ({"layers": ["head"]}, ValueError, r"layers\[0\]: expected one of \(root\), got 'head'"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name):
    changed, error, message = BAD[name]
    arguments = {"model": nn.Linear(4, 3), "batch": (X, Y), "meta_batch": (X, Y), "lr": 0.1} | changed
    with pytest.raises(error, match=message):
        gradient_dots(**arguments)
