"""The rivals compute the step that they are compared on; approximate ones come near."""

import pytest
import torch
from meta_steps.agreement import first_steps
from meta_steps.predicted import Work, forward_passes
from meta_steps.quick_tables import QUICK
from meta_steps.sizes import Sizes
from meta_steps.tables import PLAIN, Row, Table, against
from meta_steps.trial import Trial
from rivals import rows
from rivals.packages import is_installed
from rivals.rows import with_rivals
from shared.products import Products

CPU = torch.device("cpu")
REFERENCE = Row("reference", "rival")


def table(*rows: Row) -> Table:
    return Table("", (PLAIN, *rows), depth=10, width=1, batch=4, meta_batch=4)


@pytest.mark.parametrize("engine", ["forward mode", "torchopt", "public rival"])
def test_exact_rival_takes_the_step_of_double_backward(engine: str) -> None:
    if engine == "torchopt":
        pytest.importorskip("torchopt")
    rows = table(REFERENCE, against(REFERENCE, "rival", engine=engine)).rows
    found = first_steps(rows, {row.name: Trial(row, table(*rows[1:]), CPU) for row in rows})
    assert found["rival"].meta_gradient < 1e-5


@pytest.mark.parametrize(("engine", "error"), [("one-sided difference", 0.05), ("betty", 2.0)])
def test_approximate_rival_comes_near(engine: str, error: float) -> None:
    if not is_installed({"betty": "betty"}.get(engine)):
        pytest.skip(f"{engine} is not installed")
    rows = table(REFERENCE, against(REFERENCE, "rival", engine=engine, approximate=True)).rows
    found = first_steps(rows, {row.name: Trial(row, table(*rows[1:]), CPU) for row in rows})
    assert 1e-5 < found["rival"].meta_gradient < error
    assert found["rival"].weights is None


def test_prediction_of_the_one_sided_difference_is_what_it_computes() -> None:
    sized = Table("", (PLAIN,), depth=10, width=2, batch=4, meta_batch=4)
    counts = []
    for row in (PLAIN, Row("", "one-sided difference")):
        trial = Trial(row, sized, CPU)
        with Products() as products:
            trial()
        counts.append(products.count)
    work = Work.of(trial.model, trial.batch[0][:1])
    # Left out: the gradients that the first layer does not pass on.
    assert forward_passes(row, work, (), 1) == pytest.approx(3 * counts[1] / counts[0], rel=0.02)


def test_rivals_that_are_not_installed_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "is_installed", lambda package: package != "betty")
    added = with_rivals(QUICK[0]).rows[len(QUICK[0].rows) :]
    assert [row.engine for row in added] == ["compiled plain", "forward mode", "one-sided difference", "torchopt"]


def test_rivals_are_in_the_sizes_of_the_table() -> None:
    assert with_rivals(Sizes(depth=10).of(QUICK[1])).depth == 10
