"""An experiment of two methods under two conditions, recorded and not trained."""

from dataclasses import replace

import pytest
from shared.recorded_runs import write_run

from famus_ext.compare.layout import Cell, Layout
from famus_ext.train.config import Config, DataOptions, MetaModelOptions, OptimizerOptions, SamplerOptions

BASE = Config(optimizer=OptimizerOptions(epochs=2), seeds=(0, 1), baseline=False)
PLAIN = replace(BASE, meta_model=MetaModelOptions(method="ce"))
MWNET = replace(BASE, meta_model=MetaModelOptions(method="mwnet"), sampler=SamplerOptions(sampler="all"))


def noisy(config, rate):
    return replace(config, data=DataOptions(noise_rate=rate))


@pytest.fixture
def experiment(tmp_path):
    """The folder of an experiment: MW-Net is 10 and 20 % better at 20 % noise, and has one seed of two at 40 %."""
    layout = Layout(
        "Table 1. Made up",
        "Nothing.",
        "best",
        "plain",
        (
            Cell("plain, 20 %", "plain", "20 %", "plain-20", None, None),
            Cell("plain, 40 %", "plain", "40 %", "plain-40", None, None),
            Cell("MW-Net, 20 %", "MW-Net", "20 %", "mw-net-20", 91.9, 933.0),
            Cell("MW-Net, 40 %", "MW-Net", "40 %", "mw-net-40", None, 933.0),
            Cell("MW-Net, 60 %", "MW-Net", "60 %", "mw-net-60", None, 933.0),
        ),
    )
    folder = tmp_path / "table1"
    folder.mkdir()
    layout.write(folder)
    write_run(folder / "plain-20", noisy(PLAIN, 0.2), {("ce", 0): [0.7, 0.5], ("ce", 1): [0.5, 0.6]})
    write_run(folder / "plain-40", noisy(PLAIN, 0.4), {("ce", 0): [0.4, 0.3], ("ce", 1): [0.3, 0.2]})
    write_run(folder / "mw-net-20", noisy(MWNET, 0.2), {("mwnet", 0): [0.6, 0.8], ("mwnet", 1): [0.7, 0.8]})
    write_run(
        folder / "mw-net-40", noisy(MWNET, 0.4), {("mwnet", 0): [0.5, 0.6], ("mwnet", 1): [0.6]}, labels_hash="f" * 64
    )
    return folder
