"""Each example runs as a program, at a small size, and what it prints is as good as it says."""

import re
import runpy
import sys
from pathlib import Path

import pytest
import torch
from shared.one_thread import one_thread  # noqa: F401

from famus_ext.data import load_fashion_mnist

EXAMPLES = Path(__file__).parents[2] / "examples"

RUNS = {
    "accelerate_loop": ("--epochs 8 --cpu --precision bf16", {"test accuracy": 70}),
    "cleanlab_scores": ("--epochs 6", {"test accuracy": 85, "AUROC of the learned weight": 0.75, "truly wrong": 90}),
    "image_folder": ("--epochs 4 --size 500 --resolution 16", {"truly wrong": 80}),
    "lightning_module": ("--epochs 4", {"test accuracy": 50}),
    "own_meta_model": ("--epochs 12", {"test accuracy": 80, "AUROC": 0.8}),
    "tabular": ("--epochs 20", {"test accuracy": 90, "AUROC": 0.9}),
    "text_classification": ("--epochs 8 --size 300", {"test accuracy": 60, "AUROC": 0.7}),
    "timm_finetune": ("--epochs 3 --size 500", {"test accuracy": 30, "a right label": 1.1}),
}
"""Program -> options, and the least that some of its figures must be."""

FASHION = {"image_folder", "timm_finetune"}

NEEDS = {
    "accelerate_loop": ["accelerate"],
    "cleanlab_scores": ["cleanlab"],
    "image_folder": ["torchvision"],
    "lightning_module": ["lightning"],
    "tabular": ["pandas"],
    "text_classification": ["matplotlib"],
    "timm_finetune": ["timm"],
}


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a program; gives what it prints."""

    def run(name, options):
        for package in ["sklearn", "tyro", *NEEDS.get(name, [])]:
            pytest.importorskip(package, reason=f"{package} is not installed", exc_type=Exception)
        if name in FASHION:
            try:
                load_fashion_mnist()
            except FileNotFoundError as error:
                pytest.skip(f"Fashion-MNIST is missing: {error}")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [name, *options.split()])
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out

    state = torch.get_rng_state()
    yield run
    torch.set_rng_state(state)


def figure(printed, label):
    """The last number in the line with the label, in percent where it is."""
    (line,) = [line for line in printed.splitlines() if label in line]
    return float(re.findall(r"[\d.]+", line.partition(label)[2])[-1])


@pytest.mark.filterwarnings("ignore")  # what other libraries warn of is theirs
@pytest.mark.parametrize("name", RUNS)
def test_figures(run, name):
    options, least = RUNS[name]
    printed = run(name, options)
    for label, value in least.items():
        assert figure(printed, label) >= value, printed


@pytest.mark.filterwarnings("ignore")
def test_ten_lines_make_the_difference(run, monkeypatch, tmp_path, capsys):
    program = (EXAMPLES / "own_loop.py").read_text(encoding="utf-8")
    assert len(re.findall(r"# new$", program, re.MULTILINE)) == 10
    kept = [line.replace("# old: ", "") for line in program.splitlines() if not line.endswith("# new")]
    (tmp_path / "plain.py").write_text("\n".join(kept), encoding="utf-8")
    options = "--epochs 20"
    learned = figure(run("own_loop", options), "test accuracy")
    monkeypatch.setattr(f"{__name__}.EXAMPLES", tmp_path)
    assert learned >= figure(run("plain", options), "test accuracy") + 3
