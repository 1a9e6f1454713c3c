"""CIFAR-10 and -100: tiny files of both versions, the same damaged, and torchvision's own reading of them."""

import pickle

import numpy as np
import pytest
import torch
from shared.image_trees import pixels

from famus_ext.data import make_noisy
from famus_ext.data.sets.cifar import TRAIN_10, load_cifar10, load_cifar100

FINE = np.arange(200) % 100
COARSE = FINE // 5  # not CIFAR-100's own superclasses, but twenty of five classes too


def write_cifar10(root, version, folder=None):
    """Five files of four images and a test file of six, whose labels take turns."""
    folder = root / {"python": "cifar-10-batches-py", "binary": "cifar-10-batches-bin"}[version]
    folder.mkdir(parents=True)
    for number, name in enumerate((*TRAIN_10, "test_batch")):
        count = 6 if name == "test_batch" else 4
        labels = [(number * 4 + i) % 10 for i in range(count)]
        write(folder, name, version, pixels(count, (3072,), number), labels=labels)
    return folder


def write_cifar100(root, version):
    folder = root / f"cifar-100-{version}"
    folder.mkdir(parents=True)
    for name, count in (("train", 200), ("test", 7)):
        write(
            folder,
            name,
            version,
            pixels(count, (3072,), count),
            coarse_labels=COARSE[:count].tolist(),
            fine_labels=FINE[:count].tolist(),
        )
    return folder


def write(folder, name, version, data, **labels):
    if version == "python":
        (folder / name).write_bytes(pickle.dumps({"data": data, "batch_label": name, **labels}, protocol=2))
    else:
        columns = np.array(list(labels.values()), dtype=np.uint8).T
        (folder / f"{name}.bin").write_bytes(np.hstack([columns, data]).tobytes())


@pytest.mark.parametrize("version", ["python", "binary"])
@pytest.mark.parametrize("inside", [False, True])
def test_cifar10(tmp_path, version, inside):
    folder = write_cifar10(tmp_path, version)
    source = load_cifar10(folder if inside else str(tmp_path))
    expected = np.concatenate([pixels(4, (3, 32, 32), number) for number in range(5)])
    assert torch.equal(source.train.images, torch.from_numpy(expected))
    assert torch.equal(source.test.images, torch.from_numpy(pixels(6, (3, 32, 32), 5)))
    assert source.train.labels.tolist() == [i % 10 for i in range(20)]
    assert source.test.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert (source.train.images.dtype, source.train.labels.dtype) == (torch.uint8, torch.int64)


@pytest.mark.parametrize("version", ["python", "binary"])
def test_cifar100_knows_its_superclasses(tmp_path, version):
    write_cifar100(tmp_path, version)
    source = load_cifar100(tmp_path)
    assert source.train.labels.tolist() == FINE.tolist()
    assert torch.equal(source.train.images, torch.from_numpy(pixels(200, (3, 32, 32), 200)))
    assert source.superclasses == tuple(COARSE[:100].tolist())
    assert [source.confused[label] for label in (0, 3, 4, 99)] == [1, 4, 0, 95]
    assert len(source.test) == 7


@pytest.mark.parametrize("name", ["CIFAR10", "CIFAR100"])
def test_torchvision_reads_the_same(tmp_path, name):
    datasets = pytest.importorskip("torchvision.datasets")
    (write_cifar10 if name == "CIFAR10" else write_cifar100)(tmp_path, "python")
    tiny = type(name, (getattr(datasets, name),), {"_check_integrity": lambda _: True, "_load_meta": lambda _: None})
    source = (load_cifar10 if name == "CIFAR10" else load_cifar100)(tmp_path)
    for train, images in ((True, source.train), (False, source.test)):
        theirs = tiny(tmp_path, train=train)
        assert torch.equal(images.images, torch.from_numpy(theirs.data).permute(0, 3, 1, 2))
        assert images.labels.tolist() == theirs.targets


def test_asymmetric_noise_takes_a_truck_for_an_automobile(tmp_path):
    write_cifar10(tmp_path, "binary")
    data = make_noisy(load_cifar10(tmp_path), "asymmetric", 1.0, 10, None, seed=0)
    assert data.train.labels.tolist() == [[0, 1, 0, 5, 7, 3, 6, 7, 8, 1][label] for label in data.true_labels]


def test_views_are_augmented_for_training_and_normalised_for_both(tmp_path):
    write_cifar10(tmp_path, "binary")
    images = load_cifar10(tmp_path).train
    everything = torch.arange(20)
    plain, cropped = images.view(everything), next(images.views([everything], seed=0))
    assert plain.shape == cropped.shape == (20, 3, 32, 32)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)))
    torch.testing.assert_close(plain, (images.images / 255 - mean) / std)
    assert not torch.equal(plain, cropped)


def test_missing_files_are_listed_with_the_tree_and_the_source(tmp_path):
    folder = write_cifar10(tmp_path, "python")
    (folder / "data_batch_3").unlink()
    (tmp_path / "cifar-10-python.tar.gz").touch()
    with pytest.raises(FileNotFoundError) as caught:
        load_cifar10(tmp_path)
    message = str(caught.value)
    assert "cifar-10-batches-py/{}: cifar-10-batches-py/data_batch_3\n" in message
    assert "There are archives, which must be unpacked: cifar-10-python.tar.gz" in message
    assert "https://www.cs.toronto.edu/~kriz/cifar.html" in message


@pytest.mark.parametrize("path", [None, "nowhere"])
def test_a_folder_must_be_named_and_be_there(path):
    kind, message = (ValueError, "data_path: expected the folder") if path is None else (FileNotFoundError, "no such")
    with pytest.raises(kind, match=message):
        load_cifar10(path)


def changed(**values):
    content = {"data": pixels(4, (3072,)), "labels": [0, 1, 2, 3], **values}
    return pickle.dumps({key: value for key, value in content.items() if value is not None}, protocol=2)


class Shell:
    """What a pickle must not get to call."""

    def __reduce__(self):
        return eval, ("1 + 1",)


DAMAGE = {  # what is written in place of a file -> the message
    "empty": (b"", "expected a pickle, got one that cannot be read"),
    "cut off": (changed()[:-100], "expected a pickle, got"),
    "a web page": (b"<!DOCTYPE html>", "expected a pickle, got"),
    "a call": (pickle.dumps({"data": Shell()}), "expected plain values and arrays, got a pickle that asks for"),
    "no dict": (pickle.dumps([1, 2]), "expected a dict of data, labels, got list"),
    "no labels": (changed(labels=None), "expected a dict of data, labels, got one of data"),
    "other images": (changed(data=pixels(4, (784,))), r"expected images uint8 \[n, 3072\], got uint8 \[4, 784\]"),
    "floats": (changed(data=pixels(4, (3072,)) / 255), r"expected images uint8 .*got float64"),
    "no images": (changed(data=[1, 2]), "expected images uint8 .*got list"),
    "fewer labels": (changed(labels=[0, 1, 2]), "expected 4 labels, one an image, got 3"),
    "names": (changed(labels=["cat"] * 4), "expected lists of labels, got others"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_pickles_are_refused_by_name(tmp_path, damage):
    content, message = DAMAGE[damage]
    file = write_cifar10(tmp_path, "python") / "data_batch_2"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=f"{file}: {message}"):
        load_cifar10(tmp_path)


@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: b""])
def test_damaged_binary_files_are_refused_by_name(tmp_path, change):
    file = write_cifar100(tmp_path, "binary") / "train.bin"
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(ValueError, match=f"{file}: expected records of 3074 bytes"):
        load_cifar100(tmp_path)


def test_labels_out_of_range_are_counted(tmp_path):
    file = write_cifar10(tmp_path, "python") / "data_batch_2"
    file.write_bytes(changed(labels=[0, 10, 11, 3]))
    with pytest.raises(
        ValueError, match=r"values in \[0, 10\), got \[0, 11\]; 2 of 20 outside, the first at position 5"
    ):
        load_cifar10(tmp_path)


def test_a_class_in_two_superclasses_is_refused(tmp_path):
    folder = write_cifar100(tmp_path, "python")
    coarse = [*COARSE.tolist()]
    coarse[100] = 19
    write(folder, "train", "python", pixels(200, (3072,)), coarse_labels=coarse, fine_labels=FINE.tolist())
    with pytest.raises(ValueError, match="coarse_labels: expected one superclass a class, got 101 for 100"):
        load_cifar100(tmp_path)
