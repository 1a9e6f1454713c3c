"""Mistakes in the labels of a data set: one class, classes without images, labels that begin at 1."""

from __future__ import annotations

from famus_ext.data.finding import Finding, some
from famus_ext.data.labelled_set import LabelledSet
from famus_ext.data.source import Source

FROM_ONE = "Labels are numbered from 0: subtract 1 from each."


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


def _empty_classes(images: LabelledSet) -> list[int]:
    return [label for label, size in enumerate(images.class_sizes.tolist()) if size == 0]


def _classes_of(labels: list[int]) -> str:
    return "class" if len(labels) == 1 else f"{len(labels)} classes,"
