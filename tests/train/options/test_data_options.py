"""Options of data, noise and meta set: what they mean, what goes together, and runs on other data than digits."""

import json
import pickle

import numpy as np
import pytest
from shared.image_trees import pixels, write_image
from train.command import records

import famus_ext.__main__ as program
from famus_ext.data.sets.registry import NAMES
from famus_ext.train.assembly.data import make_data
from famus_ext.train.assembly.network import network_name
from famus_ext.train.config import Config, DataOptions
from famus_ext.train.options.check import OptionError


@pytest.mark.parametrize(
    ("options", "noise"),
    [
        ({}, ("symmetric", 0.6)),
        ({"noise_rate": 0.2}, ("symmetric", 0.2)),
        ({"noise_type": "asymmetric"}, ("asymmetric", 0.6)),
        ({"noise_type": "flip2", "noise_rate": 0.0}, ("flip2", 0.0)),
        ({"noise_type": "file", "noise_file": "labels.json"}, ("file", 0.0)),
        ({"dataset": "clothing1m"}, ("symmetric", 0.0)),
        ({"dataset": "imagenet-lt"}, ("symmetric", 0.0)),
        ({"dataset": "imagenet-lt", "noise_rate": 0.3}, ("symmetric", 0.3)),
        ({"dataset": "folder"}, ("symmetric", 0.0)),
        ({"dataset": "folder-clean"}, ("symmetric", 0.6)),
    ],
    ids=str,
)
def test_noise_is_as_asked_for_or_as_usual(options, noise):
    assert DataOptions(**options).noise == noise


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset": "cifar"}, f"--dataset: expected one of {', '.join(NAMES)[:40]}.*got 'cifar'"),
        ({"dataset": "cnwl-green-0.4"}, "--dataset: expected one of"),
        ({"image_size": 0}, "--image-size: expected at least 1, got 0"),
        ({"workers": -1}, "--workers: expected 0 or more, got -1"),
        ({"noise_type": "file"}, "--noise-file: expected a file, for --noise-type file, got None"),
        ({"noise_type": "file", "noise_file": "x", "noise_rate": 0.5}, "--noise-rate: expected none"),
        ({"noise_file": "labels.json"}, "--noise-file: expected none without --noise-type file, got labels.json"),
        ({"noise_key": "worst"}, "--noise-key: expected none without --noise-type file, got worst"),
        ({"meta_fraction": 1.0}, r"--meta-fraction: expected a number in \(0, 1\), got 1.0"),
        (
            {"meta_fraction": 0.1, "meta_set": "pseudo-clean"},
            "--meta-fraction: expected none with --meta-set",
        ),
        ({"meta_fraction": 0.1, "num_meta": 10}, "--meta-fraction: expected none beside --num-meta, got 0.1"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(options, message):
    with pytest.raises(OptionError, match=message):
        DataOptions(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset": "cifar10"}, "--data-path: expected the folder of CIFAR-10, got none"),
        ({"dataset": "cifar10", "data_path": "/nowhere"}, "--dataset cifar10: /nowhere: there is no such folder"),
        ({"image_size": 32}, "--image-size: expected none, since images of digits have their size, got 32"),
        ({"noise_type": "asymmetric"}, "--noise-type: asymmetric needs a map of confused classes"),
        ({"noise_type": "hierarchical"}, "--noise-type: hierarchical needs superclasses"),
        (
            {"noise_type": "file", "noise_file": "/nowhere.json"},
            "--dataset digits: /nowhere.json: there is no such file",
        ),
    ],
    ids=str,
)
def test_what_the_data_set_has_not_is_refused(options, message):
    with pytest.raises(OptionError, match=message):
        make_data(DataOptions(**options), seed=0)


def test_meta_fraction_is_a_share_of_what_is_not_tested_on():
    data = make_data(DataOptions(num_test=797, meta_fraction=0.05), seed=0)
    assert (len(data.meta), len(data.train), len(data.test)) == (50, 950, 797)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "digits"),
        ({"dataset": "cifar100"}, "resnet-32"),
        ({"dataset": "cnwl-red-0.4"}, "preact-resnet-18"),
        ({"dataset": "folder", "image_size": 32}, "preact-resnet-18"),
        ({"dataset": "folder"}, "torchvision.models:resnet50"),
        ({"dataset": "clothing1m"}, "torchvision.models:resnet50"),
    ],
    ids=str,
)
def test_the_usual_network(options, name):
    assert network_name(Config(data=DataOptions(**options))) == name


@pytest.fixture
def cifar(tmp_path):
    """120 training and 20 test images in CIFAR-10's files."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    names = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
    for number, name in enumerate(names):
        size = 20 if name == "test_batch" else 24
        labels = (np.arange(size) % 10).tolist()
        content = {"data": pixels(size, (3072,), number), "labels": labels}
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))
    return tmp_path


RUN = ("--device", "cpu", "--epochs", "1", "--batch-size", "32", "--method", "mwnet", "--sampler", "last")


def run(*arguments):
    try:
        return program.main(["train", *RUN, *map(str, arguments)])
    except SystemExit as stop:
        return stop.code


def test_a_run_on_cifar_with_the_spellings_of_the_field(cifar, tmp_path, capsys):
    options = ("--dataset", "cifar10", "--data_path", cifar, "--num_meta", 20, "--network", "fashion")
    noise = ("--corruption_type", "unif", "--corruption_prob", "0.4")
    assert run(*options, *noise, "--out", tmp_path / "run") == 0
    said = capsys.readouterr().out
    assert "100 training images, 20 clean meta, 20 test; noise symmetric, the true class included, rate 40.0%" in said
    labels = tmp_path / "run" / "labels_seed0.json"
    assert sum(label >= 0 for label in json.loads(labels.read_text())["labels"]) == 100

    again = ("--noise-type", "file", "--noise-file", labels, "--out", tmp_path / "again")
    assert run(*options, *again) == 0
    assert f"labels of {labels}, actual rate" in capsys.readouterr().out
    assert records(tmp_path / "run") == records(tmp_path / "again")


def test_augmentation_changes_a_run_and_can_be_left_out(cifar, tmp_path):
    options = ("--dataset", "cifar10", "--data-path", cifar, "--num-meta", 20, "--network", "fashion", "--no-baseline")
    losses = []
    for name, more in (("plain", ["--no-augmentation"]), ("usual", [])):
        assert run(*options, *more, "--out", tmp_path / name) == 0
        losses.append(records(tmp_path / name)[0]["train_loss"])
    assert losses[0] != losses[1]


def test_a_run_on_files_read_by_workers(tmp_path, capsys):
    pytest.importorskip("torchvision")
    for part, count in (("train", 12), ("test", 4), ("meta", 2)):
        for number in range(count):
            write_image(tmp_path / "images" / part / "ab"[number % 2] / f"{number}.png", number)
    options = ("--dataset", "folder", "--data-path", tmp_path / "images", "--image-size", 80, "--network", "resnet-20")
    assert run(*options, "--workers", 1, "--no-baseline", "--batch-size", 4, "--out", tmp_path / "run") == 0
    assert "12 training images, 2 clean meta, 4 test; labels as they were found, actual rate unknown" in (
        capsys.readouterr().out
    )
    (table,) = (tmp_path / "run").glob("examples_*_seed0.csv")
    lines = table.read_text().splitlines()
    assert lines[0].startswith("index,name,given_label")
    assert {line.split(",")[1] for line in lines[1:]} == {
        f"train/{'ab'[number % 2]}/{number}.png" for number in range(12)
    }


def test_an_image_that_cannot_be_read_is_one_line_that_names_it(tmp_path, capsys):
    for number in range(8):
        write_image(tmp_path / "images" / "train" / "ab"[number % 2] / f"{number}.png", number)
    damaged = tmp_path / "images" / "train" / "a" / "4.png"
    damaged.write_bytes(b"no image")
    options = ("--dataset", "folder", "--data-path", tmp_path / "images", "--image-size", 8, "--num-test", 2)
    assert run(*options, "--num-meta", 2, "--meta-set", "given", "--out", tmp_path / "run") == 1
    error = capsys.readouterr().err
    assert f"train: 1 of 8 images cannot be read, the first: {damaged}: expected an image" in error
    assert "Fetch it again, or take it out: python -m famus_ext inspect" in error
    assert not (tmp_path / "run").exists()


def test_a_folder_without_trusted_images_is_refused_with_what_to_do(tmp_path, capsys):
    for number in range(8):
        write_image(tmp_path / "images" / "ab"[number % 2] / f"{number}.png", number)
    options = ("--dataset", "folder", "--image-size", 8, "--num-test", 2, "--out", tmp_path / "run")
    assert run(*options, "--data-path", tmp_path / "images") == 2
    error = capsys.readouterr().err
    assert "put images that you trust into a folder meta beside train" in error
    assert "python -m famus_ext inspect, with the same options, looks at the files" in error
    assert run(*options, "--data-path", tmp_path / "images" / "a") == 2
    assert (
        "4 images in the folder itself and no folder a class. Make a folder for each class" in capsys.readouterr().err
    )
