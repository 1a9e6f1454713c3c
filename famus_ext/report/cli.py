"""`python -m famus_ext report`: a run's folder in, one page and one CSV file out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from famus_ext.report.page import page
from famus_ext.report.report import Report, make_report
from famus_ext.report.suspicious import suspicious_csv
from famus_ext.train.exit_code import exit_code
from famus_ext.train.folder.files import atomic_write
from famus_ext.train.folder.read_run import FinishedRun, RunError, read_run
from famus_ext.train.options.check import OptionError, require_count
from famus_ext.train.options.shown import left_open

PROGRAM = "python -m famus_ext report"
PAGE = "report"


@dataclass(frozen=True)
class ReportOptions:
    """Write the folder of an experiment, finished or still running, as one page that needs no network.

    Beside the page comes suspicious_seed<n>.csv: the training examples whose labels are trusted least, with their ids.
    """

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Folder of the experiment, as `train` made it."""
    out: Annotated[Path | None, left_open("FILE.html", "RUN/report.html")] = None
    """The page."""
    seed: Annotated[int | None, left_open("INT", "the experiment's first")] = None
    """Seed whose examples are shown; curves show all seeds."""
    top: int = 200
    """How many of the least trusted examples to show."""
    data_path: Annotated[str | None, left_open("PATH", "where the run found them")] = None
    """Where the images lie now."""


def main(arguments: Sequence[str]) -> int:
    """Runs the command.

    Args:
        arguments: The command line after `report`.

    Returns:
        The exit code: 0 fine, 1 for errors, 2 for bad options.
    """
    options = tyro.cli(ReportOptions, prog=PROGRAM, args=arguments)
    return exit_code(PROGRAM, lambda: _report(options))


def _report(options: ReportOptions) -> int:
    """Writes the page, and says what is in it."""
    require_count("--top", options.top)
    run = read_run(options.run)
    report = make_report(run, _seed(run, options.seed), options.top, options.data_path)
    path = options.out or options.run / f"{PAGE}.html"
    try:
        lines = _write(report, path)
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}; --out FILE.html writes another") from error
    print("\n".join(lines))
    return 0


def _seed(run: FinishedRun, asked: int | None) -> int:
    """The seed whose examples are shown."""
    seeds = run.config.seeds
    if asked is not None and asked not in seeds:
        raise OptionError(f"--seed: expected one of {', '.join(map(str, seeds))}, as the run has, got {asked}")
    return seeds[0] if asked is None else asked


def _write(report: Report, path: Path) -> list[str]:
    """Writes page and table, and says what is in them."""
    table = suspicious_csv(report.suspects)
    with atomic_write(path) as file:
        file.write(page(report, table))
    problems = [report.image_problem] if report.image_problem else []
    lines = [report.verdict, *report.cautions, *_detection(report), *problems]
    if not report.suspects:
        return [*lines, f"the page is {path}; its examples come when a run is finished"]
    # Pages of several runs may lie side by side.
    csv_path = path.with_name(f"{'' if path.stem == PAGE else f'{path.stem}_'}suspicious_seed{report.seed}.csv")
    with atomic_write(csv_path) as file:
        file.write(table)
    return [*lines, f"the page is {path}, its {len(report.suspects)} least trusted examples are {csv_path}"]


def _detection(report: Report) -> list[str]:
    """How well each ranking finds the wrong labels, a line each."""
    if not report.noise_rate:
        return []
    lines = [f"wrong labels found, seed {report.seed} ({100 * report.noise_rate:.1f} % of all are wrong):"]
    for ranking in report.rankings:
        found = ranking.detection
        if found is not None:
            auroc = "–" if found.auroc is None else f"{found.auroc:.4f}"
            first = f"wrong of the first {found.k:,}: {100 * found.precision:.1f} %"
            lines.append(f"  {ranking.name:<32} AUROC {auroc}, {first}")
    return lines
