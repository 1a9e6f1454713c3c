"""The charts of a run: which are drawn, what they say, and that they fit into a page."""

import numpy as np
import pytest

from famus_ext.report.charts.chart import COLOURS, canvas
from famus_ext.report.charts_of_run import learned_charts, purity_chart, training_charts
from famus_ext.report.trust import least_trusted, rankings
from famus_ext.train.folder.read_run import read_run

from .made_up_run import config, write_run


def names(charts):
    return [chart.name for chart in charts]


def groups(chart):
    return [entry.text.partition(":")[0] for entry in chart.legend[:2]]


@pytest.fixture
def drawn(tmp_path):
    """The charts of a made-up run: `training, weights = drawn(config("l2r"), truth=False)`."""

    def draw(options, **state):
        run = read_run(write_run(tmp_path / options.method, options, **state))
        examples = run.examples(options.seeds[0]) if run.is_finished else None
        order = np.empty(0) if examples is None else least_trusted(examples, options)
        return training_charts(run), learned_charts(run, examples, order, 20)

    return draw


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("mwnet", ["accuracy", "loss", "gradient", "weight-function", "weights", "layers"]),
        ("l2r", ["accuracy", "loss", "weights", "layers"]),
        ("ce", ["accuracy", "loss"]),
    ],
)
def test_what_a_run_has_is_drawn(method, expected, drawn):
    training, weights = drawn(config(method))
    assert names(training) + names(weights) == expected


def test_words_say_what_curves_show(drawn):
    (accuracy, loss, gradient), (function, weights, layers) = drawn(config(seeds=(0, 1)))
    assert [entry.text for entry in accuracy.legend] == [
        "MW-Net + FaMUS: 80.5 % at the end",
        "plain cross-entropy: 60.5 % at the end",
    ]
    assert "test: 0.7 at the end" in loss.alt
    assert "3.3e-07 at the end" in gradient.alt
    assert layers.note == "Most often active: conv (100 %), block.conv (50 %), classifier (50 %)."
    assert [entry.text for entry in function.legend] == [
        "epoch 1",
        "epoch 2",
        "epoch 3",
        "right labels: half of the losses are below 1.55",
        "wrong labels: half of the losses are below 3.56",
    ]
    assert "Shaded is where the losses lie" in function.note
    assert "falls from 1.00 at loss 0" in function.alt
    assert weights.legend[0].text.startswith("right labels: 99 examples, mean 0.2")


def test_without_truth_the_suspicious_are_compared_with_the_others(drawn):
    _, weights = drawn(config("l2r"), truth=False)
    assert groups(weights[0]) == ["other examples", "least trusted examples"]


def test_a_long_tail_compares_large_classes_with_small_ones(drawn):
    _, (function, weights, _) = drawn(config(noise_rate=0.0, imbalance=5.0), truth=False)
    assert groups(weights) == ["largest classes", "smallest classes"]
    assert [entry.text.partition(":")[0] for entry in function.legend[-2:]] == groups(weights)


def test_running_experiment_has_curves(drawn):
    training, learned = drawn(config(), epochs=1, finished=False)
    assert names(training) == ["accuracy", "loss", "gradient"]
    assert names(learned) == ["weight-function", "layers"]


def test_purity_is_drawn_for_every_ranking(tmp_path):
    run = read_run(write_run(tmp_path / "run", config()))
    examples = run.examples(0)
    found = rankings(examples, run.config, run.examples(0, "ce"))
    chart = purity_chart(found, examples.wrong)
    assert [entry.text for entry in chart.legend] == [ranking.name for ranking in found]


def test_picture_takes_the_page_s_colours_and_font():
    with canvas("one") as made:
        made.axes.plot([0, 1], [0, 1], color=COLOURS["method"])
        made.axes.set_xlabel("<epoch> & more")
    assert made.svg.startswith("<svg ")
    assert "var(--chart-method)" in made.svg
    assert "&lt;epoch&gt; &amp; more</text>" in made.svg
    assert all(word not in made.svg for word in ("#03", "font-family", "DejaVu", "<metadata", "<style", "http"))
    assert 'id="one-' in made.svg
