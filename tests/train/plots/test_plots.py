"""The pictures: drawn from records alone, with what they are to show."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from train.made_up import predictions, record

from famus_ext.train.config import Config, DataOptions, MetaModelOptions, OptimizerOptions
from famus_ext.train.plots import layers, style, weight_function, weights
from famus_ext.train.recording.records import RunResult
from famus_ext.train.recording.weight_curves import LOSSES, shown_epochs

EPOCHS = 5
CONFIG = Config(
    data=DataOptions(noise_rate=0.0, imbalance=4),
    meta_model=MetaModelOptions(method="mwnet", class_groups=2),
    optimizer=OptimizerOptions(epochs=EPOCHS),
    baseline=False,
)
MASK = torch.tensor([True, True, False, False])


def run(seed, groups):
    curves = [[(1 - seed * 0.1) / (1 + loss) for loss in LOSSES], [0.5] * len(LOSSES)]
    history = tuple(
        replace(record("mwnet", seed, epoch, 0.5), weight_function=curves) for epoch in range(1, EPOCHS + 1)
    )
    return RunResult(
        "mwnet", seed, history, torch.rand(4), predictions(torch.tensor([0.1, 2.0, 3.0, 40.0])), groups, ("a", "b", "c")
    )


@pytest.fixture
def figures(monkeypatch):
    """The figures that were saved."""
    kept = []
    for module in (weight_function, weights, layers):
        monkeypatch.setattr(module, "save", lambda figure, path: kept.append(figure))
    return kept


@pytest.mark.parametrize(
    ("epochs", "shown"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (15, [1, 8, 15]), (50, [1, 25, 50])]
)
def test_first_middle_and_last_epoch_are_shown(epochs, shown):
    assert shown_epochs(epochs) == shown


def test_weight_function_has_a_curve_an_epoch_and_group(figures, tmp_path):
    groups = {"clean": torch.ones(4).bool(), "wrong": torch.zeros(4).bool(), "head": MASK, "tail": ~MASK}
    weight_function.plot_weight_function(tmp_path / "x.png", CONFIG, [run(0, groups), run(1, groups)])
    curves, histogram = figures[0].axes
    names = [line.get_label() for line in curves.lines]
    assert names == [f"{size} classes, epoch {epoch}" for size in ("small", "large") for epoch in (1, 3, 5)]
    assert curves.lines[0].get_ydata() == pytest.approx(np.array([0.95 / (1 + loss) for loss in LOSSES]))
    assert [text.get_text() for text in histogram.get_legend().get_texts()] == [
        "largest third of the classes: 4",
        "smallest third of the classes: 4",
    ]
    assert histogram.get_xlim() == (0.0, 10.0)  # one loss is beyond the records' range


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({"clean": MASK, "wrong": ~MASK, "head": MASK, "tail": ~MASK}, ("clean", "wrong")),
        ({"clean": MASK | ~MASK, "wrong": MASK & ~MASK, "head": MASK, "tail": ~MASK}, ("head", "tail")),
        ({"clean": MASK | ~MASK, "wrong": MASK & ~MASK}, ()),
        ({}, ()),
    ],
)
def test_wrong_labels_are_compared_before_tails(groups, expected):
    assert style.compared([run(0, groups)]) == expected


def test_layers_are_rows_and_epochs_columns(figures, tmp_path):
    runs = [run(0, {}), run(1, {})]
    assert layers.gates_vary(runs)
    layers.plot_layers(tmp_path / "x.png", CONFIG, runs)
    axes = figures[0].axes[0]
    shown = axes.images[0].get_array()
    assert shown.shape == (3, EPOCHS)
    assert shown[:, 0].tolist() == [1.0, 0.5, 0.5]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b", "c"]


def test_fixed_gates_are_not_drawn():
    fixed = run(0, {})
    history = tuple(replace(entry, gate_rates=[0.0, 1.0, 1.0]) for entry in fixed.history)
    assert not layers.gates_vary([replace(fixed, history=history)])


def test_epoch_without_a_meta_step_is_an_empty_column(figures, tmp_path):
    sparse = run(0, {})
    history = (*sparse.history[:-1], replace(sparse.history[-1], gate_rates=[], active_layers=None))
    layers.plot_layers(tmp_path / "x.png", CONFIG, [replace(sparse, history=history)])
    shown = np.ma.filled(figures[0].axes[0].images[0].get_array(), np.nan)
    assert np.isnan(shown[:, -1]).all()
    assert not np.isnan(shown[:, :-1]).any()
