"""Mistakes that show in the first steps: a loss that is far too high, empty inputs, weights that are all 0."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

from torch import Tensor

from famus_ext.data.finding import Finding
from famus_ext.engine.guards.collapse import CollapseWatch
from famus_ext.errors import CollapseWarning
from famus_ext.inspection.trial import Steps

FAR = 3.0  # times log C; a fresh network that says the same of every image has log C
RISE = 10.0  # times the first loss; less is usual for a large learning rate
LARGEST_MEAN, LARGEST_DEVIATION = 5.0, 10.0  # of inputs; standardised ones have 0 and 1


def step_findings(steps: Steps, num_classes: int) -> list[Finding]:
    """What is wrong with the first steps of a run."""
    return _losses(steps, num_classes) + _collapse(steps)


def input_findings(images: Tensor) -> list[Finding]:
    """What is wrong with images as the network gets them, float `[n, ...]`."""
    mean, deviation = float(images.mean()), float(images.std())
    remedy = "Look at the files, and at how they are scaled: networks expect a mean near 0 and a deviation near 1."
    if not math.isfinite(deviation):
        return [Finding("the network's inputs are not finite", remedy)]
    if deviation == 0.0:
        return [Finding(f"the first images are all the same grey, {mean:.3g}", remedy)]
    if abs(mean) > LARGEST_MEAN or deviation > LARGEST_DEVIATION:
        return [Finding(f"the network's inputs have the mean {mean:.3g} and the deviation {deviation:.3g}", remedy)]
    return []


def _losses(steps: Steps, num_classes: int) -> list[Finding]:
    """Losses that are not finite or far too high."""
    skipped = [output.skipped for output in steps.outputs if output.skipped is not None]
    if skipped:
        reason = skipped[0].partition(" (")[0]
        return [
            Finding(
                f"{len(skipped)} of the first {len(steps.outputs)} steps are left out: {reason}",
                "Take a smaller --lr, or --clip-norm 1; look at the network and its inputs if the first step is one.",
            )
        ]
    chance, first, highest = math.log(num_classes), steps.losses[0], max(steps.losses)
    if first > FAR * chance:
        return [
            Finding(
                f"the loss of the first step is {first:.3g}, and guessing has log C = {chance:.3g}",
                "Look at how the network is initialised and how its inputs are scaled.",
            )
        ]
    if highest > RISE * max(chance, first):
        return [
            Finding(
                f"the loss rises from {first:.3g} to {highest:.3g} in the first {len(steps.losses)} steps",
                "Take a smaller --lr, or --clip-norm 1.",
            )
        ]
    return []


def _collapse(steps: Steps) -> list[Finding]:
    """Signs that the meta model learns nothing from the start."""
    outputs: Sequence[object] = [output for output in steps.outputs if output.meta_loss is not None]
    if not outputs:
        return []
    watch = CollapseWatch(len(outputs))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CollapseWarning)
        for output in outputs:
            watch.add(output)  # type: ignore[arg-type]
    return [_as_finding(str(warning.message)) for warning in caught if warning.category is CollapseWarning]


def _as_finding(message: str) -> Finding:
    """A warning's first half is what was seen, its second what it may be."""
    seen, _, causes = message.partition(", so ")
    return Finding(seen, causes[:1].upper() + causes[1:])
