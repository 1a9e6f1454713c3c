"""Mistakes in a file of labels for a training set."""

from __future__ import annotations

from torch import Tensor

from famus_ext.data import Source
from famus_ext.data.finding import Finding

MOST = 0.9  # of the images that a file has labels for; PLC's have 45,000 of CIFAR's 50,000


def label_file_findings(source: Source, labels: Tensor) -> list[Finding]:
    """What is wrong with a file of labels for a training set.

    Args:
        source: The data set, whose labels are clean.
        labels: int64 `[n]`, -1 for none.
    """
    size, classes = len(source.train), source.num_classes
    if len(labels) > size:
        return [
            Finding(
                f"the file of labels has {len(labels):,} for {size:,} training images",
                "It belongs to another data set, or to another part of it: name the one of these images.",
            )
        ]
    if int(labels.max()) >= classes:
        first = "They seem to be numbered from 1: subtract 1" if int(labels.max()) == classes else "Renumber them"
        return [
            Finding(
                f"the file of labels has the label {int(labels.max())}, and there are {classes} classes, from 0 on",
                f"{first}, or name a file of this data set.",
            )
        ]
    findings = []
    known = labels >= 0
    if int(known.sum()) < MOST * size:
        findings.append(
            Finding(
                f"the file has labels of {int(known.sum()):,} of {size:,} training images; the others are left out",
                "Name a file with a label for each, unless this is meant.",
            )
        )
    agreement = float((labels[known] == source.train.labels[: len(labels)][known]).double().mean())
    if agreement <= 2 / classes:
        findings.append(
            Finding(
                f"the file's labels agree with the images' own in {agreement:.0%}, as labels of other images would",
                "Look whether they are in the published order, and the classes numbered as in the data set.",
            )
        )
    return findings
