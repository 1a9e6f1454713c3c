"""A row that computes another step than its reference is found before anything is timed."""

import pytest
import torch
from meta_steps.agreement import first_steps, relative_error
from meta_steps.tables import PLAIN, Row, Table, against
from meta_steps.trial import Trial

CPU = torch.device("cpu")
EVERY = Row("every layer", "double_backward")
MERGED = Row("merged", "double_backward", schedule="merged")


def compare(*rows: Row) -> dict:
    table = Table("", (PLAIN, *rows), depth=10, width=1, batch=4, meta_batch=4)
    return first_steps(table.rows, {row.name: Trial(row, table, CPU) for row in table.rows})


def test_same_step_agrees() -> None:
    found = compare(EVERY, against(EVERY, "ours"), MERGED, against(MERGED, "ours, merged"))
    assert found.keys() == {"ours", "ours, merged"}
    for agreement in found.values():
        assert max(agreement.meta_gradient, agreement.gradient, agreement.weights) < 1e-5


@pytest.mark.parametrize(
    "other",
    [
        against(EVERY, "other", layers="block", number=-1),
        against(EVERY, "other", schedule="merged"),
        against(EVERY, "other", layers="random", number=2),
        against(MERGED, "other", schedule="paper"),
    ],
    ids=["layers", "schedule", "draw", "reference"],
)
def test_another_step_is_refused(other: Row) -> None:
    with pytest.raises(ArithmeticError, match="does not compute the step of"):
        compare(EVERY, MERGED, other)


def test_reference_without_a_meta_gradient_shows_nothing() -> None:
    nothing = Row("nothing", "plain")
    with pytest.raises(ArithmeticError, match="is zero, which can show nothing"):
        compare(nothing, against(nothing, "other", engine="plain"))


def test_gradients_of_other_names_are_refused() -> None:
    with pytest.raises(ArithmeticError, match="cannot be compared"):
        relative_error({"a": torch.ones(1)}, {"b": torch.ones(1)})
