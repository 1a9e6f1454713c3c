"""The command: its page, its JSON and its exit codes."""

import contextlib
import io
import json
import re

import pytest

from famus_ext.train.pseudo_clean.two_networks import TwoNetworks

from .trees import command

SMALL = ("--network", "digits", "--image-size", "8", "--batch-size", "8", "--device", "cpu", "--trial-steps", "2")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The exit code and the page of the main job."""
    folder = tmp_path_factory.mktemp("nothing is written")
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.chdir(folder)
        code = command("--trial-steps", "3", "--device", "cpu")
    assert list(folder.iterdir()) == []
    return code, printed.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        r"training set +1,197 images",
        r"meta set +100 images, split off the training set, under clean labels",
        r"label noise +symmetric, asked rate 60.0%, actual rate 52.5%; labels a06fedec518b",
        r"class +train +meta +test\n  0 +120 +10 +44",
        r"network +digits: 21,386 trained parameters",
        r"\* conv1 +320 +5.8%\n  \* conv2 +18,496 +93.4%\n  \* classifier +2,570 +0.8%",
        r"step +l2r, engine pushforward, schedule paper; batches of 100 \+ 100 meta, on cpu",
        r"predicted +\d+\.\d\d forward passes, \d\.\d\d times a plain step",
        r"measured, 3 steps +[\d.]+ ms a step .* times a plain",
        r"peak memory +[\d,]+ MiB of the whole process",
        r"the whole command +about",
        r"No problem found\.\n$",
    ],
)
def test_the_page_of_the_main_job(digits, line):
    code, text = digits
    assert code == 0
    assert re.search(line, text, re.DOTALL if "measured" in line else 0), text
    assert not re.search(r"[{}\[\]]|None|Counter", text)


def test_a_problem_ends_with_1_and_is_the_last_that_is_said(tree, capsys):
    (tree / "test").rename(tree / "validation")
    assert command("--dataset", "folder", "--data-path", tree, *SMALL, "--num-test", "6", "--sampler", "all") == 1
    text = capsys.readouterr().out
    assert text.index("1 problem to see to") > text.index("Data")
    assert "Call it val" in " ".join(text.split())


def test_json_is_the_same_for_machines(tree, capsys):
    code = command("--dataset", "folder", "--data-path", tree, *SMALL, "--sampler", "all", "--json")
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert found["findings"] == []
    assert found["sets"]["classes"][1] == {"label": 1, "name": "bee", "train": 8, "meta": 5, "test": 4}
    assert [layer["name"] for layer in found["network"]["layers"]] == ["conv1", "conv2", "classifier"]
    assert found["cost"]["steps"] == 2
    assert found["cost"]["measured_ratio"] > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--noise-rate", "1.5"), "--noise-rate: expected a number in [0, 1], got 1.5"),
        (("--trial-steps", "-1"), "--trial-steps: expected 0 or more, got -1"),
        (("--dataset", "folder", "--data-path", "nowhere"), "nowhere"),
        (("--num-meta", "5"), "at least one image for each of 10 classes, got 5"),
        (("--bogus",), "--bogus"),
    ],
)
def test_bad_options_end_with_2(options, message, capsys):
    assert command(*options) == 2
    printed = capsys.readouterr()
    assert message in " ".join((printed.out + printed.err).replace("│", " ").split())


def test_options_may_come_from_a_file(tmp_path, capsys):
    (tmp_path / "options.yaml").write_text("noise-rate: 0.2\nmethod: ce\n")
    assert command("--config", tmp_path / "options.yaml", "--trial-steps", "0") == 0
    text = capsys.readouterr().out
    assert "asked rate 20.0%" in text
    assert "Step" not in text.splitlines()


def test_steps_of_a_pseudo_clean_meta_set_are_tried(capsys):
    assert command("--meta-set", "pseudo-clean", "--method", "mwnet", "--device", "cpu") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "what a run costs is not measured with --meta-set pseudo-clean" in text
    assert "No problem found." in text


def test_a_step_of_a_pseudo_clean_meta_set_that_fails_is_found(monkeypatch, capsys):
    def failing(self):
        raise RuntimeError("of torch")

    monkeypatch.setattr(TwoNetworks, "try_step", failing)
    assert command("--meta-set", "pseudo-clean", "--method", "mwnet", "--device", "cpu") == 1
    assert "the first steps fail: of torch" in capsys.readouterr().out
