"""The two pictures of an experiment. Colours are Okabe and Ito's, told apart by every kind of colour vision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from famus_ext.train.config import Config, Method
from famus_ext.train.console import method_name
from famus_ext.train.example_weights import WINDOW
from famus_ext.train.files import atomic_write
from famus_ext.train.records import RunResult

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#6E6E6E"
STYLE: dict[str, Any] = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E3E3E3",
    "axes.axisbelow": True,
    "legend.frameon": False,
}
BINS = 40
SHOWN = 0.995  # share of the examples within the axis; a few weights far out would squeeze the rest


def plot_accuracy(path: Path, config: Config, results: list[RunResult]) -> None:
    """Test accuracy by epoch, a curve a method: mean over the seeds, and their range as a band."""
    with style.context(STYLE):
        figure, axes = _figure()
        for method in config.methods:
            _accuracy_curve(axes, config, method, [run for run in results if run.method == method])
        axes.set(xlabel="epoch", ylabel="accuracy on clean test images", xlim=(1, max(2, config.optimizer.epochs)))
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_title(_title(config, results), loc="left")
        axes.legend(loc="lower left")
        _save(figure, path)


def plot_weights(path: Path, config: Config, results: list[RunResult]) -> None:
    """Histogram of the learned weights of all seeds' training examples, right labels against wrong ones."""
    runs = [run for run in results if run.method == config.meta.method]
    weights = np.concatenate([run.weights.numpy() for run in runs])
    known = [run.wrong.numpy() for run in runs if run.wrong is not None]
    groups = {"label unknown to be right or wrong": (weights, GREY)}
    if known:
        wrong = np.concatenate(known)
        groups = {"right label": (weights[~wrong], BLUE), "wrong label": (weights[wrong], VERMILION)}
    with style.context(STYLE):
        figure, axes = _figure()
        _weight_histogram(axes, groups, weights)
        name, epochs = method_name(config, config.meta.method), min(WINDOW, config.optimizer.epochs)
        axes.set_xlabel(f"weight that {name} gives an example, mean over the last {epochs} epochs")
        axes.set_ylabel("training examples")
        axes.set_title(_title(config, runs), loc="left")
        axes.legend(loc="upper right")
        _save(figure, path)


def _accuracy_curve(axes: Axes, config: Config, method: Method, runs: list[RunResult]) -> None:
    """One method's mean curve and range."""
    curves = np.array([[record.test_accuracy for record in run.history] for run in runs])
    epochs = np.arange(1, curves.shape[1] + 1)
    colour, line = (VERMILION, "--") if method == "ce" else (BLUE, "-")
    mean = curves.mean(axis=0)
    band = ", mean and range" if len(runs) > 1 else ""
    name = f"{method_name(config, method)}{band}, ends at {mean[-1]:.1%}"
    axes.plot(epochs, mean, line, color=colour, linewidth=2, label=name)
    if len(runs) > 1:
        axes.fill_between(epochs, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.18, linewidth=0)


def _weight_histogram(axes: Axes, groups: dict[str, tuple[np.ndarray, str]], weights: np.ndarray) -> None:
    """One histogram a group on shared bins, the last one open, and the plain weight of 1 marked."""
    end = max(float(np.quantile(weights, SHOWN)), 1.25)
    edges = np.linspace(0.0, end, BINS + 1).tolist()
    for name, (values, colour) in groups.items():
        if len(values):
            label = f"{name}: {len(values)} examples, mean {values.mean():.2f}"
            shown = values.clip(max=end)
            axes.hist(shown, edges, color=colour, alpha=0.55, label=label)
            axes.hist(shown, edges, color=colour, histtype="step", linewidth=1.5)
    axes.axvline(1.0, color=GREY, linestyle=":", linewidth=1.5, label="plain training: 1")
    if weights.max() > end:
        axes.plot([], [], " ", label=f"last bar: {edges[-2]:.1f} and more, up to {weights.max():.1f}")
    axes.set_xlim(edges[0], edges[-1])


def _title(config: Config, results: list[RunResult]) -> str:
    """Data, noise with its actual rate, and seeds in a few words."""
    known = np.concatenate([run.wrong.numpy() for run in results if run.wrong is not None] or [np.empty(0)])
    wrong = f" ({known.mean():.0%} of the labels wrong)" if len(known) else ""
    seeds = f"{len(config.seeds)} seeds" if len(config.seeds) > 1 else f"seed {config.seeds[0]}"
    return f"{config.data.dataset}, {config.data.noise_rate:.0%} {config.data.noise_type} noise{wrong}, {seeds}"


def _figure() -> tuple[Figure, Axes]:
    """A figure that is drawn without a display and without pyplot's global state."""
    figure = Figure(figsize=(7.2, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _save(figure: Figure, path: Path) -> None:
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=150)
