"""A step of several processes is that of one with the joined batch."""

import functools

import pytest
import torch
from shared.process_cases import CASES, PARTS, part, run
from shared.process_programs import every_case, launch, saved

TOLERANCE = {"rtol": 1e-10, "atol": 1e-12}
# A difference quotient's rounding is divided by its radius.
ROUGH = {"rtol": 1e-6, "atol": 1e-8}


# Four processes take turns on two cores: they run the long cases only.
RUNS = [(2, case) for case in CASES] + [(4, case) for case in CASES if case.steps == 20]
each_run = pytest.mark.parametrize(("processes", "case"), RUNS, ids=str)


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """The outcomes of every case in each of several processes, which are started once."""

    @functools.cache
    def outcomes(processes):
        folder = tmp_path_factory.mktemp("processes")
        launch(every_case, processes, folder)
        return saved(folder, processes)

    return outcomes


@pytest.fixture(scope="module")
def alone():
    """The outcomes of one process, each computed once."""
    return functools.cache(run)


@each_run
def test_one_process_with_the_joined_batch(processes, case, together, alone):
    """Steps with uneven parts: w, θ, η, the optimizer's state, the losses, and each process' own rows."""
    expected, tolerance = alone(case), ROUGH if case.engine == "finite_difference" else TOLERANCE
    sizes = PARTS[processes][0]
    for rank, found in enumerate(outcome[str(case)] for outcome in together(processes)):
        for kind in ("w", "θ", "η", "optimizer", "numbers", "rows"):
            assert found[kind].keys() == expected[kind].keys()
            for name, value in expected[kind].items():
                value = part(value, sizes, rank) if kind == "rows" else value
                close = torch.isclose(found[kind][name].to(value), value, **tolerance)
                assert close.all(), (kind, name, found[kind][name], value)


@each_run
def test_all_processes_are_the_same(processes, case, together):
    """Bit for bit: nothing may drift."""
    first, *others = (outcome[str(case)] for outcome in together(processes))
    for other in others:
        for kind in ("w", "θ", "η", "optimizer", "numbers"):
            for name, value in first[kind].items():
                assert torch.equal(value, other[kind][name]), (kind, name)
