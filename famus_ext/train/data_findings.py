"""Mistakes in the three sets that a run makes of a data set, without reading an image."""

from __future__ import annotations

import torch

from famus_ext.data import NoisyData, Source
from famus_ext.data.class_findings import class_label
from famus_ext.data.finding import Finding, counted, remark, some

FEW = 5  # meta images of a class; weights that so few decide are mostly chance
UNEQUAL = 2  # times as many of the largest class as of the smallest


def data_findings(source: Source, data: NoisyData) -> list[Finding]:
    """What is wrong with the sets of a run beyond what is wrong with the data set.

    Args:
        source: The data set.
        data: The sets.
    """
    # A pseudo-clean meta set is the training set here, of which training picks other images every epoch.
    meta = [] if data.meta is data.train else _meta(source, data)
    return meta + _lost(source, data) + _tested(data)


def _meta(source: Source, data: NoisyData) -> list[Finding]:
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
                f"Ten or more trusted images a class are usual: {_more_of_them(source)}.",
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


def _more_of_them(source: Source) -> str:
    """How a meta set is made larger: by the images that are there, or by others where those are few."""
    there = source.train if source.meta is None else source.meta
    sizes = [size for size in there.class_sizes.tolist() if size]
    if source.meta is None or min(sizes) >= FEW:
        return f"take --num-meta {10 * len(sizes)}"
    return "add some to the folder meta, or to the rows of the set meta"


def _lost(source: Source, data: NoisyData) -> list[Finding]:
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


def _tested(data: NoisyData) -> list[Finding]:
    """What should be known of a run's test set."""
    if data.test_is_clean:
        return []
    return [
        remark(
            "the test set is split off the training set, under labels as they were found",
            "Bear in mind that the test accuracy counts their mistakes, or put images that you trust into a test set.",
        )
    ]
