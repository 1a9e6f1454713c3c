"""Mistakes in the images of a data set, from what `check_source` has found."""

from __future__ import annotations

from famus_ext.data import DataReport, SetReport, Source
from famus_ext.data.finding import Finding, counted, remark, some


def source_findings(source: Source, report: DataReport) -> list[Finding]:
    """What is wrong with the images of a data set.

    Args:
        source: The data set.
        report: What the check of its images has found.
    """
    findings = []
    for name, found in report.sets.items():
        findings += _set_findings(name, found)
    for (one, other), count in report.shared_contents.items():
        if count:
            findings.append(_shared(one, other, count, report.shared_examples[one, other]))
    return findings


def _set_findings(name: str, report: SetReport) -> list[Finding]:
    """What is wrong within one set."""
    findings = []
    if report.unreadable:
        findings.append(
            Finding(
                f"{name}: {counted(len(report.unreadable), 'image')} cannot be read, {some(report.unreadable)}",
                "Fetch them again, or take them out; training ends at the first of them.",
            )
        )
    if report.published not in (None, report.images):
        findings.append(
            remark(
                f"{name}: {report.images:,} images, published are {report.published:,}",
                "Look whether all archives have been unpacked.",
            )
        )
    if report.contradictions:
        findings.append(
            Finding(
                f"{name}: {counted(report.contradictions, 'image')} under more than one label, "
                f"{some(report.contradiction_examples)}",
                "Keep each under the label that is right, and take the other copies out.",
                is_problem=name != "train",
            )
        )
    elif report.copies:
        findings.append(
            remark(
                f"{name}: {counted(report.copies, 'copy').replace('copys', 'copies')} of other images",
                "Take them out, unless the larger weight that they have is meant.",
            )
        )
    return findings


def _shared(one: str, other: str, count: int, examples: tuple[str, ...]) -> Finding:
    """Images that two sets hold."""
    consequence = {
        ("train", "meta"): "The meta set must not be trained on: its labels would vouch for themselves.",
        ("train", "test"): "The test set must not be trained on: the accuracy would be too high.",
        ("meta", "test"): "The meta set must not be tested on: the accuracy would be too high.",
    }[one, other]
    return Finding(
        f"{one} and {other} share {counted(count, 'image')}, {some(examples)}",
        f"{consequence} Take them out of {one}." if one == "train" else f"{consequence} Take them out of {other}.",
    )
