"""A step of several processes is that of one with the joined batch."""

import pytest
import torch
from process_cases import CASES, PARTS, part, run
from process_programs import every_case, launch, saved

TOLERANCE = {"rtol": 1e-10, "atol": 1e-12}
# A difference quotient's rounding is divided by its radius.
ROUGH = {"rtol": 1e-6, "atol": 1e-8}


@pytest.fixture(scope="module", params=[2, 4])
def outcomes(request, tmp_path_factory):
    """The outcomes of every case in each of several processes."""
    folder = tmp_path_factory.mktemp("processes")
    launch(every_case, request.param, folder)
    return saved(folder, request.param)


@pytest.fixture(scope="module")
def alone():
    """The outcomes of one process, each computed once."""
    known = {}
    return lambda case: known.setdefault(str(case), run(case)) if str(case) not in known else known[str(case)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_process_with_the_joined_batch(case, outcomes, alone):
    """Steps with uneven parts: w, θ, η, the optimizer's state, the losses, and each process' own rows."""
    expected, tolerance = alone(case), ROUGH if case.engine == "finite_difference" else TOLERANCE
    sizes = PARTS[len(outcomes)][0]
    for rank, found in enumerate(outcome[str(case)] for outcome in outcomes):
        for kind in ("w", "θ", "η", "optimizer", "numbers", "rows"):
            assert found[kind].keys() == expected[kind].keys()
            for name, value in expected[kind].items():
                value = part(value, sizes, rank) if kind == "rows" else value
                close = torch.isclose(found[kind][name].to(value), value, **tolerance)
                assert close.all(), (kind, name, found[kind][name], value)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_all_processes_are_the_same(case, outcomes):
    """Bit for bit: nothing may drift."""
    first, *others = (outcome[str(case)] for outcome in outcomes)
    for other in others:
        for kind in ("w", "θ", "η", "optimizer", "numbers"):
            for name, value in first[kind].items():
                assert torch.equal(value, other[kind][name]), (kind, name)
