"""Bad arguments of the losses are refused by name."""

import pytest
import torch

import famus_ext as famus
from famus_ext.losses import (
    ClassBalancedLoss,
    DeferredReweighting,
    FocalLoss,
    LDAMLoss,
    prior_penalty,
    ramp_up,
    squared_error,
)

Z, Y = torch.zeros(2, 3), torch.zeros(2, dtype=torch.int64)
SOFT = torch.full((2, 3), 1 / 3)
SIZES = [5, 4, 3]
DEFERRED = DeferredReweighting(famus.cross_entropy, SIZES, start=2)

# name -> (call, error, the message's beginning)
CASES = {
    "targets of no tensor": (lambda: FocalLoss()(Z, [0, 0]), TypeError, "targets: expected a tensor, got list"),
    "targets of int32": (lambda: FocalLoss()(Z, Y.int()), TypeError, "targets: expected int64 class indices"),
    "targets out of range": (
        lambda: LDAMLoss(SIZES)(Z, Y + 3),
        ValueError,
        "targets: expected class indices in [0, 3)",
    ),
    "indices of another shape": (
        lambda: ClassBalancedLoss(SIZES)(Z, Y[:1]),
        ValueError,
        "targets: expected class indices of shape [2], got [1]",
    ),
    "soft labels of another shape": (
        lambda: squared_error(Z, SOFT[:, :2]),
        ValueError,
        "targets: expected soft labels of shape [2, 3], or class indices as int64, got torch.float32 of shape [2, 2]",
    ),
    "no classes": (
        lambda: FocalLoss()(Z[:, 0], Y),
        ValueError,
        "logits: expected shape [N, C] or [N, C, ...], got [2]",
    ),
    "one class": (lambda: FocalLoss()(Z[:, :1], Y), ValueError, "logits: expected at least two classes"),
    "other classes than alpha": (
        lambda: FocalLoss(alpha=[1, 1])(Z, Y),
        ValueError,
        "logits: expected 2 classes, as alpha",
    ),
    "negative gamma": (lambda: FocalLoss(-1.0), ValueError, "gamma: expected a number >= 0, got -1.0"),
    "gamma of no number": (lambda: FocalLoss("2"), TypeError, "gamma: expected a number, got str"),
    "negative alpha": (
        lambda: FocalLoss(alpha=[1, -2]),
        ValueError,
        "alpha[1]: expected a finite number of at least 0",
    ),
    "alpha a number": (lambda: FocalLoss(alpha=0.5), ValueError, "alpha: expected shape [C]"),
    "an empty class": (
        lambda: ClassBalancedLoss([5, 0]),
        ValueError,
        "class_sizes[1]: expected a finite number of at least 1, got 0",
    ),
    "class sizes of strings": (
        lambda: LDAMLoss(["5"]),
        TypeError,
        "class_sizes: expected a number for each class, got",
    ),
    "class sizes of truth": (lambda: LDAMLoss([True]), TypeError, "class_sizes: expected real numbers, got torch.bool"),
    "no class sizes": (lambda: LDAMLoss([]), ValueError, "class_sizes: expected shape [C]"),
    "beta of 1": (lambda: ClassBalancedLoss(SIZES, 1.0), ValueError, "beta: expected a number in [0, 1), got 1.0"),
    "balanced loss of no function": (lambda: ClassBalancedLoss(SIZES, loss=1), TypeError, "loss: expected a function"),
    "balanced classes": (
        lambda: ClassBalancedLoss(SIZES[:2])(Z, Y),
        ValueError,
        "logits: expected 2 classes, as class_sizes",
    ),
    "balanced positions": (
        lambda: ClassBalancedLoss(SIZES)(Z[..., None], Y[:, None]),
        ValueError,
        "logits: expected shape [N, C], got [2, 3, 1]",
    ),
    "margins of soft labels": (
        lambda: LDAMLoss(SIZES)(Z, SOFT),
        TypeError,
        "targets: expected int64 class indices (a margin",
    ),
    "margins of other classes": (
        lambda: LDAMLoss(SIZES[:2])(Z, Y),
        ValueError,
        "logits: expected 2 classes, as class_sizes",
    ),
    "negative margin": (lambda: LDAMLoss(SIZES, -1.0), ValueError, "max_margin: expected a number >= 0"),
    "scale of 0": (lambda: LDAMLoss(SIZES, scale=0.0), ValueError, "scale: expected a number > 0"),
    "start of half an epoch": (
        lambda: DeferredReweighting(famus.cross_entropy, SIZES, start=0.5),
        TypeError,
        "start: expected an integer, got float",
    ),
    "negative epoch": (lambda: DEFERRED.set_epoch(-1), ValueError, "epoch: expected at least 0, got -1"),
    "squared error of indices": (
        lambda: squared_error(Z, Y),
        TypeError,
        "targets: expected floating-point soft labels",
    ),
    "penalty of positions": (lambda: prior_penalty(Z[..., None]), ValueError, "logits: expected shape [N, C]"),
    "negative length": (lambda: ramp_up(1, 50, -1), ValueError, "length: expected a number >= 0"),
    "infinite maximum": (lambda: ramp_up(1, float("inf")), ValueError, "maximum: expected a finite number"),
}


@pytest.mark.parametrize(("call", "error", "message"), CASES.values(), ids=CASES)
def test_refused(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value).startswith(message)
