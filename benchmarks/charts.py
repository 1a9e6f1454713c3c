"""Draw the pictures of committed results.

python benchmarks/charts.py                 # docs/meta-step.png and docs/growth.png
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from famus_ext.train.plots.style import BLUE, GREEN, GREY, STYLE, VERMILION, new_figure, save

REPOSITORY = Path(__file__).resolve().parent.parent
ROWS = {"every layer": BLUE, "last block": VERMILION, "random layers": GREEN}
RESULTS = REPOSITORY / "benchmarks" / "results"
KINDS = {"exact, this package": BLUE, "exact, another way": GREY, "approximate": VERMILION}
MOST_LABELS = 8
"""Of values along an axis; with more, every other one has its label."""
LABELS = {
    "batch": "training and meta batch",
    "depth": "depth",
    "width": "width",
    "layers": "random layers kept",
}


@dataclass(frozen=True)
class Options:
    """What to draw.

    Attributes:
        steps: Result of `meta_step_ms.py`; its first table is drawn.
        growth: Result of `growth.py`.
        out: Folder for the pictures.
    """

    steps: Path = RESULTS / "meta_step_ms-quick-cpu.json"
    growth: Path = RESULTS / "growth-cpu.json"
    out: Path = REPOSITORY / "docs"


def main(options: Options) -> None:
    """Draw the pictures whose results are there."""
    with style.context(STYLE):
        for result, draw, name in (
            (options.steps, draw_steps, "meta-step.png"),
            (options.growth, draw_growth, "growth.png"),
        ):
            if result.exists():
                draw(json.loads(result.read_text()), options.out / name)
            else:
                print(f"{name} is not drawn: there is no {result}")


def draw_steps(result: dict[str, Any], path: Path) -> None:
    """Time and memory of every row as multiples of plain SGD's; beside the time what the arithmetic alone gives."""
    table = result["tables"][0]
    rows = [row for row in table["rows"][1:] if row["engine"] != "compiled plain"][::-1]
    figure = new_figure(1.2 + 0.32 * len(rows))
    time, memory = figure.subplots(1, 2, sharey=True)
    places, colours = range(len(rows)), [_colour(row) for row in rows]
    medians = [row["times_plain"]["median"] for row in rows]
    quartiles = [
        [row["times_plain"]["median"] - row["times_plain"]["lower_quartile"] for row in rows],
        [row["times_plain"]["upper_quartile"] - row["times_plain"]["median"] for row in rows],
    ]
    time.barh(places, medians, xerr=quartiles, color=colours, ecolor="black", error_kw={"linewidth": 0.8})
    predicted = [row["predicted"]["times_plain"] for row in rows]
    time.plot(predicted, places, "|", color="black", markersize=11, markeredgewidth=2, label="the arithmetic alone")
    memory.barh(places, [row["peak_times_plain"] for row in rows], color=colours)
    time.set_yticks(places, [row["name"] for row in rows])
    for axes, name in ((time, "time"), (memory, "peak memory")):
        axes.set(xlabel=f"{name}, plain SGD = 1", xlim=(0, None))
        axes.axvline(1, color=GREY, linewidth=1)
        axes.grid(axis="y", visible=False)
    figure.suptitle(f"{table['size']}, {result['device']}", x=0.01, ha="left", fontsize=11)
    kinds = [Patch(color=colour, label=label) for label, colour in KINDS.items()]
    figure.legend(handles=[*time.get_legend_handles_labels()[0], *kinds], loc="outside lower left", ncols=2)
    save(figure, path)


def _colour(row: dict[str, Any]) -> str:
    """The colour of a row's kind."""
    if row["approximate"]:
        return KINDS["approximate"]
    return KINDS["exact, this package" if row["engine"] in ("pushforward", "ghost") else "exact, another way"]


def draw_growth(result: dict[str, Any], path: Path) -> None:
    """Every axis in a panel: measured multiples of plain SGD with their quartiles, and the predicted line."""
    figure = new_figure(6.4)
    panels = figure.subplots(2, 2, sharey=True).flat
    for axes, axis in zip(panels, result["axes"], strict=False):
        _draw_axis(axes, axis)
    panels = figure.axes
    for axes in (panels[0], panels[2]):
        axes.set_ylabel("time, plain SGD = 1")
    panels[0].set_ylim(0, None)
    figure.suptitle(f"{result['base']}, one size at a time; {result['device']}", x=0.01, ha="left", fontsize=11)
    lines = {line.get_label(): line for axes in panels for line in axes.get_lines() if line.get_label()[0] != "_"}
    figure.legend(lines.values(), lines, loc="outside lower left", ncols=3)
    save(figure, path)


def _draw_axis(axes: Axes, axis: dict[str, Any]) -> None:
    """One panel."""
    values = [point["value"] for point in axis["points"]]
    for index, first in enumerate(axis["points"][0]["rows"]):
        rows = [point["rows"][index] for point in axis["points"]]
        colour = ROWS[first["name"]]
        spreads = [row["times_plain"] for row in rows]
        axes.plot(
            values, [row["predicted"] for row in rows], "--", color=GREY, linewidth=1, label="the arithmetic alone"
        )
        axes.plot(values, [s["median"] for s in spreads], "o-", color=colour, markersize=4, label=first["name"])
        axes.vlines(values, [s["lower_quartile"] for s in spreads], [s["upper_quartile"] for s in spreads], colour)
    if axis["name"] in ("batch", "layers"):
        axes.set_xscale("log", base=2)
    labelled = values[:: 1 + len(values) // MOST_LABELS]
    axes.set_xticks(labelled, labelled)
    axes.minorticks_off()
    axes.set_xlabel(LABELS[axis["name"]])


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
