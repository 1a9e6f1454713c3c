"""A collapse of meta-learning is said, once, with its likely cause; what only looks like one is not."""

import warnings

import pytest
import torch
from torch import nn

import famus_ext as famus
from famus_ext.engine.guards.collapse import CollapseWatch

WINDOW = 3


def output(weights=(0.5, 0.0), gates=(0.0, 1.0), gradient=1.0, meta=True):
    return famus.StepOutput(
        loss=torch.tensor(1.0),
        meta_loss=torch.tensor(1.0) if meta else None,
        weights=None if weights is None else torch.tensor(weights),
        gates=torch.tensor(gates),
        logits=torch.zeros(2, 2),
        sample_dots=None,
        meta_grads={"a": torch.zeros(2), "b": torch.full((1,), gradient)} if meta else {},
    )


SIGNS = {
    "weights": ({"weights": (0.0, 0.0)}, "every example's weight was 0 in 3 meta steps in a row.*trusted set"),
    "gates": ({"gates": (0.0, 0.0), "gradient": 0.0}, "no layer was active in 3 meta steps in a row.*lambda_r"),
    "gradient": ({"gradient": 0.0}, "the meta gradient was 0 in 3 meta steps in a row.*learning rate"),
    "gradient of labels": ({"weights": None, "gradient": 0.0}, "the meta gradient was 0"),
}


@pytest.mark.parametrize(("signs", "message"), SIGNS.values(), ids=SIGNS)
def test_a_sign_that_holds_for_a_window_is_said_once(signs, message):
    watch = CollapseWatch(WINDOW)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(WINDOW - 1):
            watch.add(output(**signs))
    with pytest.warns(famus.CollapseWarning, match=message):
        watch.add(output(**signs))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2 * WINDOW):
            watch.add(output(**signs))


@pytest.mark.parametrize(("signs", "message"), SIGNS.values(), ids=SIGNS)
def test_one_step_without_the_sign_is_enough(signs, message):
    watch = CollapseWatch(WINDOW)
    for _ in range(4):
        watch.add(output(**signs))
        watch.add(output())
        watch.add(output(**signs))


def test_steps_without_a_meta_step_do_not_count():
    watch = CollapseWatch(WINDOW)
    for _ in range(2 * WINDOW):
        watch.add(output(weights=(0.0, 0.0), meta=False))


def test_the_step_watches_itself_and_points_at_its_caller():
    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.0), famus.MWNet(8), collapse_window=WINDOW)
    batch = torch.randn(6, 4), torch.randint(0, 3, (6,))
    step(*batch, *batch)
    step(*batch, *batch)
    with pytest.warns(famus.CollapseWarning, match="the meta gradient was 0") as seen:
        step(*batch, *batch)
    assert seen[0].filename == __file__
    silent = famus.MetaStep(model, step.optimizer, famus.MWNet(8), collapse_window=None)
    for _ in range(WINDOW):
        silent(*batch, *batch)


@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (2.5, TypeError), ("all", TypeError)])
def test_the_window_is_a_count(value, error):
    model = nn.Linear(4, 3)
    with pytest.raises(error, match="collapse_window: expected"):
        famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), famus.MWNet(8), collapse_window=value)
