"""An inspection as a page of text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import timedelta

from famus_ext.data.finding import Finding, counted, some
from famus_ext.inspection.cost import Cost
from famus_ext.inspection.inspection import Inspection
from famus_ext.inspection.network import Network
from famus_ext.inspection.sets import Sets

WIDTH = 100
LABEL = 18  # columns for what a line is about
MOST_CLASSES = 20  # rows of a table; the rest are summed up
MOST_LAYERS = 60


def page(found: Inspection) -> str:
    """The whole page; what is wrong comes last, where a terminal shows it."""
    parts = [
        _sets(found.sets) if found.sets else [],
        _network(found.network) if found.network else [],
        _cost(found.cost) if found.cost else [],
        _findings(found.findings),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _sets(sets: Sets) -> list[str]:
    """The data."""
    meta = "" if sets.meta is None else f"{sets.meta:,} images, "
    asked = "" if sets.asked_noise_rate is None else f", asked rate {sets.asked_noise_rate:.1%}"
    actual = "unknown" if sets.actual_noise_rate is None else f"{sets.actual_noise_rate:.1%}"
    lines = {
        "data set": sets.dataset + ("" if sets.path is None else f" in {sets.path}"),
        "training set": f"{sets.train:,} images",
        "meta set": meta + sets.meta_origin,
        "test set": f"{sets.test:,} images, {sets.test_origin}",
        "images": " x ".join(map(str, sets.image_shape)) + " as the network gets them",
        **({} if sets.files is None else {"image files": sets.files}),
        "label noise": f"{sets.noise}{asked}, actual rate {actual}; labels {sets.labels_hash[:12]}",
    }
    return ["Data", *_lines(lines), "", *_classes(sets)]


def _classes(sets: Sets) -> list[str]:
    """A row a class; of many, the first ones and what the others have."""
    shown, rest = sets.classes[:MOST_CLASSES], sets.classes[MOST_CLASSES:]
    names = [f"{row.label}" if row.name in (None, str(row.label)) else f"{row.label} {row.name}" for row in shown]
    width = max(LABEL, *map(len, names))
    lines = [f"  {'class':<{width}} {'train':>9} {'meta':>7} {'test':>7}"]
    for name, row in zip(names, shown, strict=True):
        lines.append(f"  {name:<{width}} {row.train:>9,} {row.meta:>7,} {row.test:>7,}")
    if rest:
        low, high = min(row.train for row in rest), max(row.train for row in rest)
        lines.append(f"  and {len(rest):,} more classes of {low:,} to {high:,} training images")
    return lines


def _network(network: Network) -> list[str]:
    """The network and its layers in the order of execution."""
    frozen = f", {network.frozen:,} frozen" if network.frozen else ""
    candidates = sum(layer.is_candidate for layer in network.layers)
    head = _lines(
        {
            "network": f"{network.name}: {network.trained:,} trained parameters{frozen}",
            "layers": f"{len(network.layers)}, of which the sampler may keep {candidates} (marked *); "
            "in the order of execution, with their part of a forward pass",
            **({"frozen": some(network.frozen_layers)} if network.frozen_layers else {}),
        }
    )
    shown = network.layers
    lines = []
    for layer in shown[:MOST_LAYERS]:
        share = "" if layer.share is None else f"{layer.share:7.1%}"
        lines.append(f"  {'*' if layer.is_candidate else ' '} {layer.name:<40} {layer.parameters:>12,} {share}")
    if len(shown) > MOST_LAYERS:
        lines.append(f"    and {len(shown) - MOST_LAYERS} more")
    return ["Network", *head, "", *lines]


def _cost(cost: Cost) -> list[str]:
    """The step, predicted and measured."""
    kept = "" if cost.active_layers is None else f", {cost.active_layers:.1f} layers active"
    how = "plain training" if cost.engine is None else f"{cost.method}, engine {cost.engine}, schedule {cost.schedule}"
    every = f", a meta step every {cost.meta_every} iterations" if cost.meta_every > 1 else ""
    meta = "" if cost.engine is None else f" + {cost.meta_batch} meta"
    measured = f"{cost.step_ms:.1f} ms a step and {cost.reading_ms:.1f} ms waiting for its images"
    if cost.measured_ratio is not None and cost.engine is not None:
        measured += f"; {cost.measured_ratio:.2f} times a plain step of {cost.plain_ms:.1f} ms"
    what = "tensors on the GPU" if cost.device.startswith("cuda") else "the whole process, Python included"
    lines = {
        "step": f"{how}{every}; batches of {cost.batch}{meta}, on {cost.device}",
        "predicted": f"{cost.predicted_passes:.2f} forward passes, {cost.predicted_ratio:.2f} times a plain step{kept}",
        f"measured, {cost.steps} steps": measured,
        "peak memory": "unknown" if cost.peak_bytes is None else f"{cost.peak_bytes / 2**20:,.0f} MiB of {what}",
        "an epoch": f"about {_duration(cost.epoch_seconds)} of training",
        "the whole command": f"about {_duration(cost.run_seconds)}, without the looks at the test set",
    }
    return ["Step", *_lines(lines)]


def _findings(findings: Sequence[Finding]) -> list[str]:
    """What is wrong, each with what to do; then what should be known."""
    problems = [finding for finding in findings if finding.is_problem]
    remarks = [finding for finding in findings if not finding.is_problem]
    lines: list[str] = []
    for title, group in ((f"{counted(len(problems), 'problem')} to see to", problems), ("To know", remarks)):
        if group:
            lines += ["", title] if lines else [title]
            lines += [line for finding in group for line in _finding(finding)]
    return lines if problems else [*lines, *([""] if lines else []), "No problem found."]


def _finding(finding: Finding) -> list[str]:
    """A finding: what is wrong, and indented below, what to do."""
    problem = textwrap.wrap(finding.problem, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    remedy = textwrap.wrap(finding.remedy, WIDTH, initial_indent="      ", subsequent_indent="      ")
    return problem + remedy


def _lines(entries: dict[str, str]) -> list[str]:
    """What each line is about, and what there is to say."""
    lines = []
    for name, text in entries.items():
        first, indent = f"  {name:<{LABEL}} ", " " * (LABEL + 3)
        lines += textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=indent)
    return lines


def _duration(seconds: float) -> str:
    """A length of time, to the second where it is short."""
    return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))
