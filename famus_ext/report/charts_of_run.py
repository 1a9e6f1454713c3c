"""The charts that there is something to draw for, from the records of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from famus_ext.diagnostics.example_weights import WINDOW
from famus_ext.report.charts.accuracy import accuracy_chart
from famus_ext.report.charts.chart import Chart
from famus_ext.report.charts.curves import Curve
from famus_ext.report.charts.gradient import gradient_chart
from famus_ext.report.charts.layers import layers_chart
from famus_ext.report.charts.losses import loss_chart
from famus_ext.report.charts.precision import precision_chart
from famus_ext.report.charts.weight_function import weight_function_chart
from famus_ext.report.charts.weights import weight_chart
from famus_ext.report.groups import compared_groups
from famus_ext.report.trust import Ranking
from famus_ext.train.folder.example_table import ExampleTable
from famus_ext.train.folder.read_run import FinishedRun
from famus_ext.train.names import method_name
from famus_ext.train.options.meta_model import WEIGHTING, Method
from famus_ext.train.recording.records import EpochRecord
from famus_ext.train.recording.weight_curves import LOSSES, MAXIMUM, shown_epochs

SHOWN = 0.999  # share of the examples whose losses lie within the weight function's axis


def training_charts(run: FinishedRun) -> tuple[Chart, ...]:
    """How training went: accuracy, losses, the meta gradient."""
    config, method, epochs = run.config, run.config.method, run.config.optimizer.epochs
    if not run.seeds(method):
        return ()
    methods = [kind for kind in (method, "ce") if run.seeds(kind)]
    accuracies = {method_name(config, kind): _curves(run, kind, _accuracy) for kind in dict.fromkeys(methods)}
    losses = {
        "training, as minimised": _curves(run, method, lambda record: record.train_loss),
        "meta": _curves(run, method, lambda record: record.meta_loss),
        "test": _curves(run, method, lambda record: record.test_loss),
    }
    drawn = [accuracy_chart(accuracies, epochs), loss_chart(losses, epochs)]
    drawn += _if_drawn(gradient_chart(_curves(run, method, lambda record: record.gradient_variance), epochs))
    return tuple(drawn)


def learned_charts(run: FinishedRun, examples: ExampleTable | None, order: np.ndarray, top: int) -> tuple[Chart, ...]:
    """What was learned: the weight function, the weights of right and wrong or of suspicious labels, the layers."""
    method, long_tailed = run.config.method, run.config.data.imbalance is not None
    if examples is None or not len(examples):
        return tuple(_if_drawn(_weight_function(run, MAXIMUM, {})) + _if_drawn(_layers(run)))
    groups = compared_groups(examples, order, top, long_tailed=long_tailed)
    end = float(np.clip(np.quantile(examples.loss, SHOWN), 1.0, MAXIMUM))
    drawn = _if_drawn(_weight_function(run, end, {name: examples.loss[group] for name, group in groups.items()}))
    if method in WEIGHTING:
        epochs = min(WINDOW, run.config.optimizer.epochs)
        note = f"An example's weight is its mean over the last {epochs} epochs."
        drawn.append(weight_chart({name: examples.weight[group] for name, group in groups.items()}, note))
    return tuple(drawn + _if_drawn(_layers(run)))


def purity_chart(rankings: Sequence[Ranking], wrong: np.ndarray) -> Chart:
    """Share of wrong labels among the first k of each ranking."""
    return precision_chart({ranking.name: wrong[ranking.order] for ranking in rankings})


def _weight_function(run: FinishedRun, end: float, groups: Mapping[str, np.ndarray]) -> Chart | None:
    """V(L) up to a loss, after the first, a middle and the last epoch that every seed has."""
    method = run.config.method
    histories = [run.histories[method, seed] for seed in run.seeds(method)]
    if not histories or not all(record.weight_function for history in histories for record in history):
        return None
    functions = {
        epoch: [np.array(history[epoch - 1].weight_function) for history in histories]
        for epoch in shown_epochs(min(map(len, histories)))
    }
    return weight_function_chart(functions, LOSSES, end, groups, normalised=run.config.meta_model.normalised)


def _layers(run: FinishedRun) -> Chart | None:
    """The gates by layer and epoch."""
    if not run.layers:
        return None
    method, nothing = run.config.method, [np.nan] * len(run.layers)
    rates = [
        np.array([record.gate_rates or nothing for record in run.histories[method, seed]]) for seed in run.seeds(method)
    ]
    fits = all(each.ndim == 2 and each.shape[1] == len(run.layers) for each in rates)
    return layers_chart(rates, run.layers) if fits else None


def _curves(run: FinishedRun, method: Method, value: Callable[[EpochRecord], float | None]) -> list[Curve]:
    """A value of the records by seed and epoch."""
    return [[value(record) for record in run.histories[method, seed]] for seed in run.seeds(method)]


def _accuracy(record: EpochRecord) -> float:
    return record.test_accuracy


def _if_drawn(chart: Chart | None) -> list[Chart]:
    return [] if chart is None else [chart]
