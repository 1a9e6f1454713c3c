"""Mistakes in a data set: in its labels alone, and in its images, from what `check_source` has found."""

from __future__ import annotations

from famus_ext.data import DataReport, LabelledSet, SetReport, Source
from famus_ext.inspection.finding import Finding, counted, remark, some

FROM_ONE = "Labels are numbered from 0: subtract 1 from each."


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


def class_label(source: Source, label: int) -> str:
    """A class by its number, and its name where it has another one."""
    name = None if source.class_names is None else source.class_names[label]
    return f"{label}" if name is None or name == str(label) else f"{label} ({name})"


def class_findings(source: Source) -> list[Finding]:
    """Classes without images, and labels that seem to be numbered from 1."""
    if source.num_classes == 1:
        return [
            Finding(
                f"one class only{'' if source.class_names is None else ', ' + source.class_names[0]}",
                "There must be two at least: look at the depth of the folders, or at the column of labels.",
            )
        ]
    findings = []
    sets: dict[str, LabelledSet | None] = {"train": source.train, "meta": source.meta, "test": source.test}
    empty = {name: _empty_classes(images) for name, images in sets.items() if images is not None}
    nowhere = set.intersection(*map(set, empty.values()))
    if nowhere == {0} and source.class_names is None:
        return [Finding(f"no image has the label 0, and the largest is {source.num_classes - 1}", FROM_ONE)]
    for name, labels in empty.items():
        if labels:
            listed = some([class_label(source, label) for label in labels])
            remedy = {
                "train": "Add images of it to the training set, or take the class out of the other sets; the network "
                "cannot learn it.",
                "meta": "Add trusted images of it: a class that the meta set lacks loses its weight.",
                "test": "Add test images of it, or bear in mind that the accuracy says nothing of it.",
            }[name]
            findings.append(Finding(f"{name}: no image of {_classes_of(labels)} {listed}", remedy))
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


def _empty_classes(images: LabelledSet) -> list[int]:
    return [label for label, size in enumerate(images.class_sizes.tolist()) if size == 0]


def _classes_of(labels: list[int]) -> str:
    return "class" if len(labels) == 1 else f"{len(labels)} classes,"
