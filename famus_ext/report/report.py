"""All that a page shows of one experiment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from famus_ext.report.caution import cautions
from famus_ext.report.charts.chart import Chart
from famus_ext.report.charts_of_run import learned_charts, purity_chart, training_charts
from famus_ext.report.cost import Cost, PhaseShare, costs, phase_shares
from famus_ext.report.facts import Fact, facts
from famus_ext.report.gallery import Suspect, gallery
from famus_ext.report.images import training_images
from famus_ext.report.trust import MEANING, Ranking, rankings, trust_kind
from famus_ext.report.verdict import finding, verdict
from famus_ext.train.folder.example_table import ExampleTable
from famus_ext.train.folder.read_run import FinishedRun
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.names import data_name, method_name
from famus_ext.train.options.meta_model import WEIGHTING, Method


@dataclass(frozen=True)
class Report:
    """What the template is filled with; see the functions that make each part.

    Attributes:
        title: What was trained on what, in a line.
        folder: Name of the run's folder.
        command: The command that began the run.
        verdict: What came of it.
        finding: How well wrong labels are found; empty where nobody knows them, or none is wrong.
        cautions: What must be known before the list of suspicious labels is believed; most often nothing.
        facts: The head.
        training: Charts by epoch.
        learned: Charts of what was learned.
        purity: Chart of how many of the least trusted labels are wrong; None where nobody knows, or none is.
        costs: Time and memory.
        phases: What the meta steps spent their time on; empty where it was not measured.
        seed: The seed whose examples are shown.
        meaning: What trust is here.
        rankings: How well trust finds wrong labels, and what it is compared with; empty while there are no examples.
        noise_rate: Share of wrong labels; None where nobody knows.
        suspects: The least trusted examples.
        num_examples: N, of which those are a part.
        image_problem: Why there are no images; empty where there are.
    """

    title: str
    folder: str
    command: str
    verdict: str
    finding: str
    cautions: tuple[str, ...]
    facts: tuple[Fact, ...]
    training: tuple[Chart, ...]
    learned: tuple[Chart, ...]
    purity: Chart | None
    costs: tuple[Cost, ...]
    phases: tuple[PhaseShare, ...]
    seed: int
    meaning: str
    rankings: tuple[Ranking, ...]
    noise_rate: float | None
    suspects: tuple[Suspect, ...]
    num_examples: int
    image_problem: str


def make_report(run: FinishedRun, seed: int, top: int, data_path: str | None = None) -> Report:
    """The report of an experiment, finished or not.

    Args:
        run: The experiment.
        seed: The seed whose examples are shown.
        top: How many of the least trusted to show.
        data_path: Where the data lie now, where that is not where the run found them.

    Raises:
        RunError: for a damaged file.
    """
    config, method = run.config, run.config.method
    examples = _examples(run, seed, method)
    plain = _examples(run, seed, "ce") if method != "ce" else None
    data = training_images(run, seed, examples, data_path)
    found = () if examples is None else rankings(examples, config, plain)
    order = found[0].order if found else np.empty(0, dtype=np.int64)
    wrong = None if examples is None else examples.wrong
    noise_rate = None if wrong is None else float(wrong.mean())
    weighted = method in WEIGHTING
    return Report(
        title=f"{method_name(config, method)} on {data_name(config, noise_rate)}",
        folder=run.path.resolve().name,
        command=str(run.origin.get("command", "")),
        verdict=verdict(run, test_is_clean=data.test_is_clean),
        finding="" if noise_rate is None else finding(found[0], noise_rate),
        cautions=() if examples is None else cautions(examples, order, top, config, _last_function(run, seed)),
        facts=facts(run, data, examples),
        training=training_charts(run),
        learned=learned_charts(run, examples, order, top),
        purity=purity_chart(found, wrong) if wrong is not None and wrong.any() else None,
        costs=costs(run),
        phases=phase_shares(run),
        seed=seed,
        meaning="" if examples is None else MEANING[trust_kind(examples, config)],
        rankings=found,
        noise_rate=noise_rate,
        suspects=() if examples is None else gallery(examples, order, top, data, weighted=weighted),
        num_examples=0 if examples is None else len(examples),
        image_problem=data.problem,
    )


def _examples(run: FinishedRun, seed: int, method: Method) -> ExampleTable | None:
    """What a run makes of the examples; None while it is not finished."""
    return run.examples(seed, method) if RunFolder(run.path).examples(method, seed).exists() else None


def _last_function(run: FinishedRun, seed: int) -> list[list[float]]:
    """The weight function after a seed's last epoch; none where none is learned."""
    history = run.histories.get((run.config.method, seed))
    return history[-1].weight_function if history else []
