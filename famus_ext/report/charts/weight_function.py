"""The learned weight as a function of the loss, early and late, and where the examples' losses lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from famus_ext.report.charts.chart import COLOURS, DASHES, Chart, Colour, LegendEntry, Line, canvas

GROUP_COLOURS: tuple[Colour, ...] = ("method", "plain", "third")
MOMENTS: tuple[Line, ...] = ("dotted", "dashed", "solid")
"""Line of the first, a middle and the last epoch."""
EXAMPLE_COLOURS: tuple[Colour, ...] = ("right", "wrong")
BINS = 25
SHADED = 1 / 3  # of the height


def weight_function_chart(
    functions: Mapping[int, Sequence[np.ndarray]],
    losses: np.ndarray,
    end: float,
    groups: Mapping[str, np.ndarray],
    *,
    normalised: bool,
) -> Chart:
    """V(L) after some epochs, over histograms of the losses that the last one left.

    Args:
        functions: Epoch -> the function of each seed, `[groups of classes, losses]`; three epochs at most.
        losses: The losses at which V is known.
        end: Largest loss to show.
        groups: What the examples of a group are called -> their losses; two groups at most.
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
        shaded = _shade(made.axes, groups)
    last = [function[0][kept] for function in functions[max(functions)]]
    start, stop = (float(np.mean([values[at] for values in last])) for at in (0, -1))
    way = "falls" if stop < start else "rises"
    alt = (
        f"Line chart of the weight against the loss. In the end it {way} from {start:.2f} at loss 0 to {stop:.2f} at "
        f"loss {losses[kept][-1]:.1f}."
    )
    notes = ["Before a batch's weights are divided by their sum."] if normalised else []
    if shaded:
        alt += f" {'; '.join(entry.text for entry in shaded)}."
        notes.append("Shaded is where the losses lie after the last epoch, the highest bar of each group alike.")
    return Chart("weight-function", "Learned weight function", alt, made.svg, (*legend, *shaded), " ".join(notes))


def _shade(axes: Axes, groups: Mapping[str, np.ndarray]) -> list[LegendEntry]:
    """Histograms of losses behind the curves, as high as a part of the chart: they say where, not how many."""
    edges = np.linspace(*axes.get_xlim(), BINS + 1)
    height, legend = SHADED * axes.get_ylim()[1], []
    for (name, losses), colour in zip(groups.items(), EXAMPLE_COLOURS, strict=False):
        if not len(losses):
            continue
        counts, _ = np.histogram(losses, edges)
        axes.stairs(height * counts / max(counts.max(), 1), edges, fill=True, color=COLOURS[colour], alpha=0.25)
        legend.append(LegendEntry(colour, "area", f"{name}: half of the losses are below {np.median(losses):.2f}"))
    return legend
