"""Bad arguments of the meta models are refused by name."""

import pytest
import torch
from torch import nn

import famus_ext as famus
from famus_ext.meta_models import L2R, MLC, ExampleWeighting, LabelCorrection, MWNet, SemiSupervised, group_classes

Z, Y = torch.zeros(2, 3), torch.zeros(2, dtype=torch.int64)
SOFT = torch.full((2, 3), 1 / 3)


class Broken(nn.Module):
    """Returns what it was made with."""

    def __init__(self, output):
        super().__init__()
        self.output = output

    def forward(self, losses):
        return self.output


# name -> (call, error, the message's beginning)
CASES = {
    "net of no module": (lambda: ExampleWeighting(torch.sigmoid), TypeError, "net: expected a torch.nn.Module, got"),
    "loss of no function": (lambda: ExampleWeighting(nn.Identity(), loss="ce"), TypeError, "loss: expected a function"),
    "inputs of one function": (
        lambda: MWNet(inputs=famus.cross_entropy),
        TypeError,
        "inputs: expected a list or tuple, got function",
    ),
    "an input of no function": (
        lambda: MWNet(inputs=[famus.cross_entropy, 1]),
        TypeError,
        "inputs[1]: expected a function",
    ),
    "net that returns no tensor": (
        lambda: ExampleWeighting(Broken(None))(Z, Y),
        TypeError,
        "net: expected a module that returns a tensor, got NoneType",
    ),
    "net that returns several weights": (
        lambda: ExampleWeighting(Broken(torch.ones(2, 3)))(Z, Y),
        ValueError,
        "net: expected weights of shape [2] or [2, 1], got [2, 3]",
    ),
    "no hidden units": (lambda: MWNet(0), ValueError, "hidden: expected at least 1, got 0"),
    "layers of 1.0": (lambda: MWNet(layers=1.0), TypeError, "layers: expected an integer, got float"),
    "class groups of halves": (
        lambda: MWNet(class_groups=[0, 0.5, 1]),
        ValueError,
        "class_groups: expected groups 0, 1",
    ),
    "class groups with a gap": (lambda: MWNet(class_groups=[0, 2]), ValueError, "class_groups: expected groups 0, 1"),
    "class groups below 0": (
        lambda: MWNet(class_groups=[0, -1]),
        ValueError,
        "class_groups[1]: expected a finite number",
    ),
    "class groups of a matrix": (lambda: MWNet(class_groups=[[0]]), ValueError, "class_groups: expected shape [C]"),
    "other classes than groups": (
        lambda: MWNet(class_groups=[0, 1])(Z, Y),
        ValueError,
        "logits: expected 2 classes, as class_groups has, got shape [2, 3]",
    ),
    "groups of several labels": (
        lambda: MWNet(class_groups=[0, 1, 1])(Z[..., None], Y[:, None]),
        ValueError,
        "targets: expected one label an example",
    ),
    "no such group": (
        lambda: MWNet().weigh(torch.ones(2), group=1),
        ValueError,
        "group: expected a number in [0, 1), got 1",
    ),
    "no groups": (lambda: group_classes([1, 2], 0), ValueError, "groups: expected at least 1, got 0"),
    "negative class sizes": (lambda: group_classes([1, -2]), ValueError, "class_sizes[1]: expected a finite number"),
    "L2R's loss": (lambda: L2R(1), TypeError, "loss: expected a function"),
    "no classes": (lambda: MLC(0), ValueError, "num_classes: expected at least 1, got 0"),
    "initial of strings": (
        lambda: MLC(1, initial=[["1"]]),
        TypeError,
        "initial: expected a matrix of numbers, got list",
    ),
    "initial of truth": (lambda: MLC(1, initial=[[True]]), TypeError, "initial: expected real numbers, got torch.bool"),
    "initial of another shape": (
        lambda: MLC(2, initial=[[1.0]]),
        ValueError,
        "initial: expected shape [2, 2], got [1, 1]",
    ),
    "initial with a negative entry": (
        lambda: MLC(2, initial=[[1, 0], [1.5, -0.5]]),
        ValueError,
        "initial[1]: expected numbers >= 0 with the sum 1, got -0.5 as the smallest and 1 as the sum",
    ),
    "initial with another sum": (
        lambda: MLC(2, initial=[[0.5, 0.4], [0, 1]]),
        ValueError,
        "initial[0]: expected numbers",
    ),
    "initial that is not finite": (
        lambda: MLC(1, initial=[[float("nan")]]),
        ValueError,
        "initial[0]: expected numbers",
    ),
    "floor of 0": (lambda: MLC(2, floor=0.0), ValueError, "floor: expected a number in [1e-18, 1), got 0.0"),
    "MLC's classes": (
        lambda: MLC(2)(Z, Y),
        ValueError,
        "logits: expected 2 classes, as num_classes has, got shape [2, 3]",
    ),
    "label correction's classes": (lambda: LabelCorrection(2)(Z, Y), ValueError, "logits: expected 2 classes"),
    "label correction's positions": (
        lambda: LabelCorrection(3)(Z[..., None], Y[:, None]),
        ValueError,
        "logits: expected shape [N, C], got [2, 3, 1]",
    ),
    "label correction's width": (lambda: LabelCorrection(3, hidden=0), ValueError, "hidden: expected at least 1"),
    "full distrust": (
        lambda: LabelCorrection(3, distrust=1),
        ValueError,
        "distrust: expected a number in (0, 1), got 1.0",
    ),
    "weighting of no weighting": (
        lambda: SemiSupervised(nn.Linear(1, 1), 1, 1.0),
        TypeError,
        "weighting: expected an ExampleWeighting, got Linear",
    ),
    "nothing labelled": (lambda: SemiSupervised(MWNet(), 0, 1.0), ValueError, "num_labelled: expected at least 1"),
    "negative lambda_u": (lambda: SemiSupervised(MWNet(), 1, -1.0), ValueError, "lambda_u: expected a number >= 0"),
    "one target": (lambda: SemiSupervised(MWNet(), 1, 1.0)(Z, SOFT), TypeError, "targets: expected a pair of targets"),
    "no mask": (
        lambda: SemiSupervised(MWNet(), None, 1.0)(Z, (SOFT, SOFT)),
        TypeError,
        "targets: expected a triple of targets",
    ),
    "no boolean mask": (
        lambda: SemiSupervised(MWNet(), None, 1.0)(Z, (SOFT, SOFT, SOFT)),
        ValueError,
        "targets[2]: expected a bool mask",
    ),
    "too few labelled": (
        lambda: SemiSupervised(MWNet(), 3, 1.0)(Z, (SOFT, SOFT)),
        ValueError,
        "logits: expected at least 3 rows, the labelled examples, got 2",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), CASES.values(), ids=CASES)
def test_refused(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value).startswith(message)
