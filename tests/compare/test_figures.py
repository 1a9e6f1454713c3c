"""The paper's figures from records: which are drawn, and what they show."""

from dataclasses import replace

import numpy as np
import pytest
from shared.recorded_runs import write_run

import famus_ext.__main__ as program
from famus_ext.compare.entries import Entry, compare
from famus_ext.compare.figures import curves, draw, gradient, time, weights
from famus_ext.compare.figures.group import Group, groups, seeds_line
from famus_ext.train.config import Config, MetaModelOptions, OptimizerOptions
from famus_ext.train.recording.weight_histogram import EDGES

from .conftest import MWNET, PLAIN


@pytest.fixture
def figures(monkeypatch):
    """The figures that were saved, by the names of their files."""
    kept = {}
    for module in (curves, gradient, time, weights):
        monkeypatch.setattr(module, "save", lambda figure, path: kept.update({path.name: figure}))
    return kept


def test_a_file_a_figure_and_condition(experiment, tmp_path, capsys):
    assert program.main(["compare", str(experiment), "--figures", str(tmp_path / "figures")]) == 0
    written = {path.name for path in (tmp_path / "figures").iterdir()}
    assert written == {
        f"{name}.png"
        for rate in ("20", "40")
        for name in (f"figure1a-{rate}", f"figure3-{rate}", f"figure4-{rate}-mwnet", f"figure5-{rate}-mwnet")
    }
    for path in (tmp_path / "figures").iterdir():
        assert path.read_bytes().startswith(b"\x89PNG")
    assert set(capsys.readouterr().err.splitlines()) == {str(tmp_path / "figures" / name) for name in written}


def test_curves_are_the_mean_over_the_seeds(experiment, figures, tmp_path):
    draw(compare([experiment]), tmp_path)
    left, right = figures["figure3-20.png"].axes
    plain, mwnet = left.lines
    assert (plain.get_label(), mwnet.get_label()) == ("plain", "MW-Net")
    assert mwnet.get_xdata().tolist() == [1, 2]
    assert mwnet.get_ydata() == pytest.approx([0.65, 0.8])
    assert right.lines[1].get_ydata() == pytest.approx([1.35, 1.2])
    assert plain.get_color() != mwnet.get_color()
    band = left.collections[1].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(0.65 - 0.005**0.5)
    assert len(figures["figure3-40.png"].axes[0].collections) == 1  # one seed has no band
    assert "Table 1. Made up\n20 %: digits, 20 % symmetric noise (36 % of the labels wrong)" in (
        figures["figure3-20.png"].get_suptitle()
    )


def test_every_axis_is_labelled(experiment, figures, tmp_path):
    draw(compare([experiment]), tmp_path)
    for name, figure in figures.items():
        labelled = [axes for axes in figure.axes if axes.get_xlabel()]
        assert len(labelled) == len(figure.axes), name
        assert any(axes.get_ylabel() for axes in figure.axes), name


def test_gradients_have_mean_and_variance(experiment, figures, tmp_path):
    draw(compare([experiment]), tmp_path)
    panel, below = figures["figure4-20-mwnet.png"].axes
    assert panel.get_title() == "MW-Net"
    assert panel.lines[0].get_ydata() == pytest.approx([1e-3, 1e-3])
    band = panel.collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx(1e-3 + (2e-5) ** 0.5)
    assert below.lines[0].get_ydata() == pytest.approx([1e-5, 2e-5])


def test_weights_are_shares_of_the_examples_with_right_labels(experiment, figures, tmp_path):
    draw(compare([experiment]), tmp_path)
    early, late = figures["figure5-20-mwnet.png"].axes
    assert (early.get_title(), late.get_title()) == ("epoch 1", "epoch 2")
    values = late.patches[-1].get_data().values
    assert values.sum() == pytest.approx(1.0)
    assert values[20] == pytest.approx(32 / 42)
    assert late.get_xlim() == (0.0, EDGES[40])
    assert late.get_ylim()[1] > 32 / 42 > early.patches[-1].get_data().values.max()  # no bar is cut


def test_open_bin_is_drawn_at_the_end(figures, tmp_path):
    counts = [0] * 79 + [1, 3]
    write_run(
        tmp_path / "run", MWNET, {("mwnet", 0): [0.1, 0.2], ("mwnet", 1): [0.1, 0.2]}, weight_histogram_clean=counts
    )
    draw(compare([tmp_path / "run"]), tmp_path)
    figure = figures["figure5-mwnet.png"]
    assert figure.axes[0].patches[-1].get_data().values[-1] == pytest.approx(1.0)
    assert "the last bar is open" in figure.get_suptitle()
    assert figure.axes[0].get_xlim() == (0.0, 2.0)


def test_methods_may_be_trained_for_different_times(figures, tmp_path):
    longer = replace(MWNET, optimizer=OptimizerOptions(epochs=4))
    write_run(tmp_path / "short", MWNET, {("mwnet", seed): [0.1, 0.2] for seed in (0, 1)})
    write_run(tmp_path / "long", longer, {("mwnet", seed): [0.1, 0.2, 0.3, 0.4] for seed in (0, 1)})
    draw(compare([tmp_path / "long", tmp_path / "short"]), tmp_path)
    assert [axes.get_title() for axes in figures["figure5-mwnet.png"].axes] == ["epoch 1", "epochs 2 to 4, by method"]
    assert [len(line.get_xdata()) for line in figures["figure3.png"].axes[0].lines] == [4, 2]


def test_time_adds_up(experiment, figures, tmp_path):
    draw(compare([experiment]), tmp_path)
    (axes,) = figures["figure1a-20.png"].axes
    assert axes.get_xlabel() == "time of the training steps, s"
    assert axes.lines[0].get_xdata().tolist() == [2.0, 4.0]


def test_what_the_records_have_not_is_not_drawn(figures, tmp_path):
    write_run(tmp_path / "plain", PLAIN, {("ce", 0): [0.1, 0.2], ("ce", 1): [0.1, 0.3]}, test_loss=None)
    names = [path.name for path in draw(compare([tmp_path / "plain"]), tmp_path)]
    assert names == ["figure3.png", "figure1a.png"]
    assert np.isnan(figures["figure3.png"].axes[1].lines[0].get_ydata()).all()


def test_methods_of_other_kinds_have_files_of_their_own(figures, tmp_path):
    l2r = replace(MWNET, meta_model=MetaModelOptions(method="l2r"))
    write_run(tmp_path / "mwnet", MWNET, {("mwnet", seed): [0.1, 0.2] for seed in (0, 1)})
    write_run(tmp_path / "l2r", l2r, {("l2r", seed): [0.1, 0.2] for seed in (0, 1)})
    draw(compare([tmp_path / "mwnet", tmp_path / "l2r"]), tmp_path)
    assert {name for name in figures if "figure5" in name} == {"figure5-mwnet.png", "figure5-l2r.png"}
    assert [name for name in figures if "figure4" in name] == ["figure4-mwnet.png"]  # L2R's θ does not last


def test_lines_of_many_methods_differ(tmp_path):
    for number in range(10):
        write_run(tmp_path / str(number), PLAIN, {("ce", seed): [0.1, 0.2] for seed in (0, 1)})
    (group,) = groups(compare([tmp_path / str(number) for number in range(10)]))
    assert len({group.line(entry) for entry in group.entries}) == 10


@pytest.mark.parametrize(
    ("counts", "words"),
    [((1, 1), "one seed"), ((2, 2), "2 seeds: mean, band"), ((3, 1, 2), "1 to 3 seeds: mean, band")],
)
def test_how_many_seeds_are_drawn_is_said(counts, words):
    entries = tuple(Entry(str(count), "", "ce", Config(), dict.fromkeys(range(count), ())) for count in counts)
    assert seeds_line(Group("", "", entries), "band") == words
