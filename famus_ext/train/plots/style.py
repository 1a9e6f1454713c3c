"""What the pictures share. Colours are Okabe and Ito's, told apart by every kind of colour vision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from famus_ext.train.config import Config
from famus_ext.train.folder.files import atomic_write
from famus_ext.train.names import data_name, seeds_name
from famus_ext.train.recording.example_groups import Group
from famus_ext.train.recording.records import RunResult

BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#6E6E6E"
PALETTE = (BLUE, VERMILION, GREEN, "#CC79A7", "#E69F00", "#56B4E9", GREY, "#000000")
PANEL_SPACE = 0.06  # between the columns of a figure, as a share of a column
STYLE: dict[str, Any] = {
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E3E3E3",
    "axes.axisbelow": True,
    "legend.facecolor": "white",  # a line or a bar behind the words would make them hard to read
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
}
LABELS: dict[Group, tuple[str, str]] = {
    "clean": ("right label", BLUE),
    "wrong": ("wrong label", VERMILION),
    "head": ("largest third of the classes", BLUE),
    "tail": ("smallest third of the classes", VERMILION),
}


def new_figure(height: float = 5.0, width: float = 7.2) -> Figure:
    """A figure, in inches, that is drawn without a display and without pyplot's global state."""
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(wspace=PANEL_SPACE))
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Writes the figure, whole or not at all."""
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=150)


def title(config: Config, runs: list[RunResult]) -> str:
    """Data, noise with its actual rate, and seeds in a few words."""
    known = [run.groups["wrong"] for run in runs if "wrong" in run.groups]
    wrong = float(torch.cat(known).double().mean()) if known else None
    return f"{data_name(config, wrong)}, {seeds_name(config)}"


def compared(runs: list[RunResult]) -> tuple[Group, ...]:
    """The groups that a picture tells apart: right and wrong labels where some are wrong, else head and tail."""
    if any(bool(run.groups["wrong"].any()) for run in runs if "wrong" in run.groups):
        return ("clean", "wrong")
    return ("head", "tail") if all("head" in run.groups for run in runs) else ()
