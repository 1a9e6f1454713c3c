"""Given labels from files: every form in use, what is saved and read back, and damage."""

import json

import numpy as np
import pytest
import torch

from famus_ext.data import make_noisy, read_labels, saved_labels
from famus_ext.data.labelled_images import LabelledImages
from famus_ext.data.noise.label_files import CIFAR_N_KEYS
from famus_ext.data.source import Source

SIZE = 40
TRUE = torch.arange(SIZE) % 4
GIVEN = (TRUE + (torch.arange(SIZE) % 3 == 0)) % 4
KEYS_10 = ("clean_label", "aggre_label", "worse_label", "random_label1", "random_label2", "random_label3")


@pytest.fixture
def source():
    return Source(
        LabelledImages(torch.zeros(SIZE, 1, 1, 1), TRUE, 4), LabelledImages(torch.zeros(4, 1, 1, 1), TRUE[:4], 4)
    )


def cifar_n(**others):
    """CIFAR-10N's dict: an array a key, each of its own."""
    return {key: (GIVEN.numpy() + number) % 4 for number, key in enumerate(KEYS_10)} | others


def test_dividemix(tmp_path):
    (tmp_path / "0.5_sym.json").write_text(json.dumps(GIVEN.tolist()))
    assert torch.equal(read_labels(tmp_path / "0.5_sym.json"), GIVEN)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
def test_plc(tmp_path, dtype):
    np.save(tmp_path / "cifar10-1-0.35.npy", GIVEN.numpy().astype(dtype))
    assert torch.equal(read_labels(str(tmp_path / "cifar10-1-0.35.npy")), GIVEN)


@pytest.mark.parametrize(("name", "key"), [*list(CIFAR_N_KEYS.items())[:6], ("worse_label", "worse_label")])
def test_cifar_n(tmp_path, name, key):
    torch.save(cifar_n(), tmp_path / "CIFAR-10_human.pt")
    expected = (GIVEN + KEYS_10.index(key)) % 4
    assert torch.equal(read_labels(tmp_path / "CIFAR-10_human.pt", name), expected)


def test_cifar_n_in_tensorflows_order(tmp_path):
    order = torch.randperm(SIZE, generator=torch.Generator().manual_seed(0)).numpy()
    np.save(tmp_path / "image_order_c100.npy", order)
    content = {"clean_label": TRUE.numpy()[order], "noise_label": GIVEN.numpy()[order]}
    np.save(tmp_path / "CIFAR-100_human_ordered.npy", content, allow_pickle=True)
    assert torch.equal(read_labels(tmp_path / "CIFAR-100_human_ordered.npy", "noisy100"), GIVEN)
    assert torch.equal(read_labels(tmp_path / "CIFAR-100_human_ordered.npy", "clean100"), TRUE)


def test_the_order_must_be_there_and_be_one(tmp_path):
    file, order = tmp_path / "CIFAR-10_human_ordered.npy", tmp_path / "image_order_c10.npy"
    np.save(file, cifar_n(), allow_pickle=True)
    with pytest.raises(FileNotFoundError, match=f"{order}: expected beside CIFAR-10_human_ordered.npy"):
        read_labels(file, "worst")
    np.save(order, np.zeros(SIZE, dtype=np.int64))
    with pytest.raises(ValueError, match=f"{order}: expected every position of 40 images once"):
        read_labels(file, "worst")


def test_what_a_run_trains_on_is_saved_and_read_back(tmp_path, source):
    data = make_noisy(source, "symmetric-excluding", 0.5, 8, None, seed=3)
    file = tmp_path / "labels_seed3.json"
    file.write_text(json.dumps(saved_labels(data.train.labels, data.indices)))
    again = make_noisy(source, "file", 0.0, 8, None, seed=3, noise_labels=read_labels(file))
    assert torch.equal(again.indices, data.indices)
    assert again.labels_hash == data.labels_hash
    assert again.actual_noise_rate == data.actual_noise_rate == pytest.approx(0.5, abs=0.2)
    other = make_noisy(source, "file", 0.0, 8, None, seed=4, noise_labels=read_labels(file))
    assert set(other.indices.tolist()) <= set(data.indices.tolist()), "an image without a saved label is trained on"


def test_images_beyond_a_shorter_file_are_not_trained_on_and_may_be_meta_images(source):
    data = make_noisy(source, "file", 0.0, 8, None, seed=0, noise_labels=GIVEN[:30])
    assert int(data.indices.max()) < 30
    assert len(data.train) + len(data.meta) > 30
    assert torch.equal(data.train.labels, GIVEN[data.indices])
    assert torch.equal(data.true_labels, TRUE[data.indices])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.zeros(41, dtype=torch.int64), "noise_file: expected at most 40 labels, one an image, got 41"),
        (torch.full((40,), -1), "noise_file: expected labels, got 40 times none"),
        (torch.full((40,), 4), r"labels: expected values in \[0, 4\)"),
        (None, "noise_file: expected labels for noise of the kind file"),
    ],
)
def test_labels_that_do_not_fit_are_refused(source, labels, message):
    with pytest.raises(ValueError, match=message):
        make_noisy(source, "file", 0.0, 8, None, seed=0, noise_labels=labels)


def test_labels_with_another_kind_are_refused(source):
    with pytest.raises(ValueError, match="noise_file: expected no labels for noise of the kind symmetric"):
        make_noisy(source, "symmetric", 0.5, 8, None, seed=0, noise_labels=GIVEN)


DAMAGE = {  # name, content, key -> the message
    "no file": ("labels.json", None, None, "there is no such file of labels"),
    "another suffix": ("labels.txt", "[1]", None, "ending in .json, .npy or .pt, got .txt"),
    "no JSON": ("labels.json", "[1, 2", None, "expected JSON"),
    "no list": ("labels.json", "3", None, r"expected a list of integers, got int64 of shape \(\)"),
    "nothing": ("labels.json", "[]", None, "expected a list of integers"),
    "floats": ("labels.json", "[0.5, 1]", None, "expected a list of integers, got float64"),
    "names": ("labels.json", '["cat"]', None, "expected a list of integers"),
    "lists of different lengths": ("labels.json", "[[1], [1, 2]]", None, "expected a list of labels"),
    "below -1": ("labels.json", "[-2, 1]", None, r"expected labels of at least -1, got \[-2, 1\]"),
    "changed since": ("labels.json", '{"labels": [1, 2], "sha256": "0"}', None, "with the SHA-256 0, got"),
    "a key for a list": ("labels.json", "[1]", "worst", "noise_key: expected none"),
    "no key": ("labels.pt", cifar_n(), None, "noise_key: expected which of clean_label, .*got none"),
    "an unknown key": ("labels.pt", cifar_n(), "noisy100", "noise_key: expected one of clean_label.*got 'noisy100'"),
    "two dimensions": ("labels.npy", np.zeros((2, 2), dtype=np.int64), None, r"of shape \(2, 2\)"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_files_are_refused(tmp_path, damage):
    name, content, key, message = DAMAGE[damage]
    path = tmp_path / name
    if isinstance(content, str):
        path.write_text(content)
    elif path.suffix == ".pt":
        torch.save(content, path)
    elif content is not None:
        np.save(path, content)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        read_labels(path, key)
