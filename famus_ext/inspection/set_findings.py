"""Mistakes in the three sets that a run makes of a data set: its meta set, and the labels that it is given."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext.data import NoisyData, Source
from famus_ext.inspection.finding import Finding, counted, remark, some
from famus_ext.inspection.source_findings import class_label

FEW = 5  # meta images of a class; weights that so few decide are mostly chance
UNEQUAL = 2  # times as many of the largest class as of the smallest
MOST = 0.9  # of the images that a file has labels for; PLC's have 45,000 of CIFAR's 50,000


def meta_findings(source: Source, data: NoisyData) -> list[Finding]:
    """What is wrong with the meta set of a run."""
    sizes = data.meta.class_sizes.tolist()
    findings = []
    missing = [class_label(source, label) for label, size in enumerate(sizes) if size == 0]
    if missing and source.meta is None:
        findings.append(
            Finding(f"the meta set has no image of {some(missing)}", "Take a larger --num-meta: some of each class.")
        )
    smallest, largest = min(size for size in sizes if size) if any(sizes) else 0, max(sizes)
    if 0 < smallest < FEW:
        findings.append(
            remark(
                f"the meta set has {smallest} of its smallest class",
                f"Ten or more trusted images a class are usual: take --num-meta {10 * data.num_classes}, or add some "
                "to meta/.",
            )
        )
    if largest > UNEQUAL * max(smallest, 1):
        findings.append(
            Finding(
                f"the meta set is not balanced: {smallest} to {largest} images a class",
                "The weights follow its balance: take the same number of each class, with --num-meta "
                f"{smallest * data.num_classes} say.",
            )
        )
    return findings


def tested_findings(data: NoisyData) -> list[Finding]:
    """What should be known of a run's test set."""
    if data.test_is_clean:
        return []
    return [
        remark(
            "the test set is split off the training set, under labels as they were found",
            "Bear in mind that the test accuracy counts their mistakes, or put images that you trust into a test set.",
        )
    ]


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


def subset_findings(source: Source, data: NoisyData) -> list[Finding]:
    """Classes that the run's training set lost although the data set has them."""
    there = source.train.class_sizes > 0
    lost = torch.nonzero(there & (data.train.class_sizes == 0)).flatten().tolist()
    if not lost:
        return []
    listed = some([class_label(source, label) for label in lost])
    return [
        Finding(
            f"no training image is left of {counted(len(lost), 'class').replace('classs', 'classes')}, {listed}",
            "Take more with --num-train, or fewer with --num-meta and --num-test.",
        )
    ]
