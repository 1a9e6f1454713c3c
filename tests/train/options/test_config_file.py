"""Options in YAML: the same as on the command line, in every spelling; what is wrong is named."""

import json

import pytest
from train.command import train

from famus_ext.train.config import Config, DataOptions, MetaModelOptions, OptimizerOptions, SamplerOptions
from famus_ext.train.config_file import command_line, config_of, read_options, to_yaml, words_of_files
from famus_ext.train.options.check import OptionError


@pytest.fixture
def write(tmp_path):
    """Writes a file: `write("lr: 0.1")`."""

    def write(text):
        path = tmp_path / "options.yaml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("noise-rate: 0.4", ["--noise-rate=0.4"]),
        ("corruption_prob: .4", ["--noise-rate=0.4"]),
        ("lr: 1e-3", ["--lr=0.001"]),
        ("seeds: [0, 1, 2]", ["--seeds", "0", "1", "2"]),
        ("seed: 3", ["--seeds", "3"]),
        ("lr-milestones: []", ["--lr-milestones"]),
        ("augmentation: false\nbaseline: true", ["--no-augmentation", "--baseline"]),
        ("block: -1", ["--block=-1"]),
        ("sampler: all\nschedule: merged", ["--sampler=all", "--schedule=merged"]),
        ("clip-norm: null", []),
        ("", []),
    ],
)
def test_options_become_words(write, text, words):
    assert command_line(read_options(write(text))) == words


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nois-rate: 0.1", "nois-rate: no such option; noise-rate is one"),
        ("7: 1", "7: no such option$"),
        ("out: runs/x", "out: no such option"),
        ("lr: {rate: 1}", "lr: expected a number, got {'rate': 1}"),
        ("lr: fast", "lr: expected a number, got 'fast'"),
        ("epochs: 1.5", "epochs: expected a whole number, got 1.5"),
        ("augmentation: 1", "augmentation: expected true or false, got 1"),
        ("method: sgd", "method: expected one of ce, mwnet, l2r, mlc, label-correction, got 'sgd'"),
        ("seeds: [a]", "seeds: expected a list, each entry a whole number"),
        ("epochs: 3\nnum-epochs: 4", "num-epochs: given twice"),
        ("epochs: 3\nepochs: 4", "epochs: given twice"),
        ("- lr", "expected options with their values, got list"),
        ("lr: [", "expected YAML"),
    ],
)
def test_what_is_wrong_names_file_and_key(write, text, message):
    with pytest.raises(OptionError, match=rf"options\.yaml: .*{message.replace('[', chr(92) + '[')}"):
        read_options(write(text))


def test_options_are_a_configuration_without_the_parser():
    options = {"noise-rate": 0.25, "lr-milestones": [3, 5], "sampler": "all", "seeds": [2], "baseline": False}
    config = config_of(options)
    assert (config.data.noise_rate, config.optimizer.lr_milestones) == (0.25, (3, 5))
    assert (config.sampler.sampler, config.seeds, config.baseline) == ("all", (2,), False)
    assert config.meta_model == MetaModelOptions()
    with pytest.raises(OptionError, match="--lr: expected a positive number"):
        config_of({"lr": -1.0})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(OptionError, match=r"none\.yaml: cannot be read: No such file"):
        read_options(tmp_path / "none.yaml")


def test_files_are_found_in_a_command_line(write):
    path = write("lr: 0.5")
    assert words_of_files(["--epochs", "1", "--config", str(path)]) == ["--lr=0.5"]
    assert words_of_files([f"--config={path}", "--lr", "1"]) == ["--lr=0.5"]
    assert words_of_files(["--lr", "1", "--config"]) == []  # the parser says what is missing


def test_saved_options_come_back(write, tmp_path):
    """Through the command's own parser."""
    config = Config(
        data=DataOptions(num_test=1500, noise_rate=0.25, noise_type="pairflip"),
        meta_model=MetaModelOptions(method="mwnet", normalised=True, meta_lr=1e-3),
        sampler=SamplerOptions(sampler="block", block="conv2"),
        optimizer=OptimizerOptions(epochs=1, lr_milestones=()),
        seeds=(3,),
    )
    assert train("--config", write(to_yaml(config)), "--epochs", 1, "--no-baseline", "--out", tmp_path / "run") == 0
    stored = Config.from_dict(json.loads((tmp_path / "run" / "config.json").read_text()))
    assert (stored.data, stored.meta_model, stored.sampler) == (config.data, config.meta_model, config.sampler)
    assert (stored.optimizer, stored.seeds, stored.baseline) == (config.optimizer, (3,), False)
    read = read_options(tmp_path / "run" / "config.yaml")
    assert read == {**read_options(write(to_yaml(config))), "baseline": False, "threads": 1, "device": "cpu"}


def test_a_bad_file_ends_the_command(write, tmp_path, capsys):
    assert train("--config", write("lrr: 1"), "--out", tmp_path / "run") == 2
    assert "options.yaml: lrr: no such option; lr is one" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_command_line_without_words_names_no_file():
    assert words_of_files([]) == []
