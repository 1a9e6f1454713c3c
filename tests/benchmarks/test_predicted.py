"""The predicted cost of a step is held against the products that the step computes, counted one by one."""

import pytest
import torch
from meta_steps.paper_tables import PAPER
from meta_steps.predicted import Work, forward_passes
from meta_steps.quick_tables import QUICK
from meta_steps.tables import PLAIN, Row, Table
from meta_steps.trial import Trial
from shared.products import Products
from torch import nn

CPU = torch.device("cpu")
SIZES = {"depth": 10, "width": 2, "batch": 4, "meta_batch": 4}


def counted(trial: Trial) -> int:
    # The ghost engine probes the network for coupling in the steps 1, 2, 4, 8, ...
    trial()
    trial()
    with Products() as products:
        trial()
    return products.count


def cases() -> list:
    tables = {"quick": QUICK[0], "GroupNorm": QUICK[1], "1": PAPER[1], "2": PAPER[2], "4": PAPER[4]}
    chosen = [(name, table.norm, row) for name, table in tables.items() for row in table.rows]
    # A network this small has three blocks.
    return [
        pytest.param(norm, row, id=f"{name}: {row.name}")
        for name, norm, row in chosen
        if row.engine != "plain" and (row.layers != "block" or row.number == -1)
    ]


@pytest.mark.parametrize(("norm", "row"), cases())
def test_prediction_is_what_the_step_computes(norm: str, row: Row) -> None:
    table = Table("", (PLAIN, row), **SIZES, norm=norm)
    plain = counted(Trial(PLAIN, table, CPU)) / 3
    trial = Trial(row, table, CPU)
    passes = counted(trial) / plain
    prediction = trial.prediction(1)
    # Left out: the gradient that the first layer does not pass on; what torch's second derivative of a strided
    # convolution computes in vain.
    assert prediction.forward_passes == pytest.approx(
        passes, rel=0.02 if row.engine in ("pushforward", "ghost") else 0.05
    )
    assert prediction.times_plain == pytest.approx(prediction.forward_passes / 3)


CHAIN = Work({"stem": 0.0, "a": 0.5, "b": 0.25, "c": 0.25})
EVERY = tuple(CHAIN.shares)


@pytest.mark.parametrize(
    ("row", "active", "passes"),
    [
        (Row("", "plain"), (), 3),
        (Row("", "pushforward"), EVERY, 10),
        (Row("", "pushforward", schedule="merged"), EVERY, 8),
        (Row("", "pushforward", recompute=True), EVERY, 11),
        (Row("", "pushforward", schedule="merged", recompute=True), EVERY, 9),
        (Row("", "ghost"), EVERY, 8),
        (Row("", "ghost", schedule="merged"), EVERY, 7),
        (Row("", "double_backward"), EVERY, 12),
        (Row("", "rival"), EVERY, 12),
        (Row("", "public rival"), EVERY, 15),
        (Row("", "pushforward", meta_model="L2R"), EVERY, 8),
        (Row("", "pushforward", "block", 1), ("b",), 6 + 2 * (0.25 + 0.25)),
        (Row("", "pushforward", "block", 1, schedule="merged"), ("b",), 4 + 2 * (0.25 + 0.25)),
        (Row("", "ghost", "block", 1), ("b",), 5 + (0.25 + 0.25) + 0.25),
        (Row("", "pushforward", "sampled", 1), ("c",), 6 + 2 + 0.25),
        (Row("", "pushforward", "sampled", 1, credit_inactive=False), ("c",), 6 + 2 * 0.25),
        (Row("", "pushforward", "sampled", 1, credit_inactive=False), (), 6),
    ],
)
def test_cost_by_hand(row: Row, active: tuple[str, ...], passes: float) -> None:
    assert forward_passes(row, CHAIN, active, meta_ratio=1) == pytest.approx(passes)


def test_meta_batch_counts_by_its_size() -> None:
    row = Row("", "pushforward")
    # One forward and one backward pass of the meta batch.
    assert forward_passes(row, CHAIN, EVERY, 2) - forward_passes(row, CHAIN, EVERY, 1) == pytest.approx(3)


def test_work_follows_the_order_of_execution_and_leaves_the_network_as_it_was() -> None:
    class Swapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last = nn.Linear(6, 2)
            self.norm = nn.BatchNorm1d(6)
            self.first = nn.Linear(3, 6)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(self.norm(self.first(x)))

    model = Swapped()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    work = Work.of(model, torch.ones(5, 3))
    assert work.shares == {"first": 18 / 30, "norm": 0, "last": 12 / 30}
    assert list(work.shares) == ["first", "norm", "last"]
    assert work.own(["first", "norm"]) == 18 / 30
    assert work.above(["norm", "last"]) == 12 / 30
    assert work.above([]) == 0
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
