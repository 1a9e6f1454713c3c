"""The learned weight as a function of the loss, early and late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from famus_ext.report.charts.chart import COLOURS, DASHES, Chart, Colour, LegendEntry, Line, canvas

GROUP_COLOURS: tuple[Colour, ...] = ("method", "plain", "third")
MOMENTS: tuple[Line, ...] = ("dotted", "dashed", "solid")
"""Line of the first, a middle and the last epoch."""


def weight_function_chart(
    functions: Mapping[int, Sequence[np.ndarray]], losses: np.ndarray, end: float, *, normalised: bool
) -> Chart:
    """V(L) after some epochs.

    Args:
        functions: Epoch -> the function of each seed, `[groups of classes, losses]`; three epochs at most.
        losses: The losses at which V is known.
        end: Largest loss to show.
        normalised: Whether a batch's weights are divided by their sum afterwards.
    """
    kept = losses <= max(end, float(losses[1]))
    legend: list[LegendEntry] = []
    with canvas("weight-function") as made:
        for (epoch, of_seeds), line in zip(functions.items(), MOMENTS[-len(functions) :], strict=True):
            # A seed may have fewer groups of classes than another: they depend on its class sizes.
            num_groups = min(len(function) for function in of_seeds)
            for group in range(num_groups):
                colour = GROUP_COLOURS[group % len(GROUP_COLOURS)]
                values = np.array([function[group][kept] for function in of_seeds])
                made.axes.plot(losses[kept], values.mean(axis=0), DASHES[line], color=COLOURS[colour], linewidth=1.8)
                size = "" if num_groups == 1 else f"group {group + 1} of {num_groups}, smallest classes first, "
                legend.append(LegendEntry(colour, line, f"{size}epoch {epoch}"))
        made.axes.set(xlabel="loss L of a training example (nats)", ylabel="weight V(L)")
        made.axes.set(xlim=(0.0, float(losses[kept][-1])), ylim=(0.0, None))
    last = [function[0][kept] for function in functions[max(functions)]]
    start, stop = (float(np.mean([values[at] for values in last])) for at in (0, -1))
    way = "falls" if stop < start else "rises"
    alt = (
        f"Line chart of the weight against the loss. In the end it {way} from {start:.2f} at loss 0 to {stop:.2f} at "
        f"loss {losses[kept][-1]:.1f}."
    )
    note = "Before a batch's weights are divided by their sum." if normalised else ""
    return Chart("weight-function", "Learned weight function", alt, made.svg, tuple(legend), note)
