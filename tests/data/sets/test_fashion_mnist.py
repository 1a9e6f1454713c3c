"""Fashion-MNIST: tiny files in the published form, the same damaged, and the real ones where they are installed."""

import gzip
import struct

import pytest
import torch

from famus_ext.data import FASHION_CLASSES, load_fashion_mnist, make_noisy
from famus_ext.data.sets.fashion_mnist import DEBIAN_FOLDER, TEST_FILES, TRAIN_FILES

SIZES = {TRAIN_FILES: 30, TEST_FILES: 20}


def idx(values, sizes):
    """An IDX file of unsigned bytes, as the format's description has it."""
    return struct.pack(f">HBB{len(sizes)}I", 0, 8, len(sizes), *sizes) + bytes(values)


def write_files(folder, packed=True):
    """The four files: pixels that count upwards and wrap, labels that take turns."""
    folder.mkdir(parents=True, exist_ok=True)
    for (images, labels), size in SIZES.items():
        write(folder, images, idx((i % 256 for i in range(size * 784)), (size, 28, 28)), packed)
        write(folder, labels, idx((i % 10 for i in range(size)), (size,)), packed)


def write(folder, name, content, packed=True):
    (folder / f"{name}.gz" if packed else folder / name).write_bytes(gzip.compress(content) if packed else content)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("layout", ["", "FashionMNIST/raw"])
def test_published_layouts(tmp_path, layout, packed):
    write_files(tmp_path / layout, packed)
    source = load_fashion_mnist(tmp_path)
    for images, size in ((source.train, 30), (source.test, 20)):
        assert images.images.shape == (size, 1, 28, 28)
        assert (images.images.dtype, images.labels.dtype) == (torch.float32, torch.int64)
        expected = torch.arange(size * 784).remainder(256).view(size, 1, 28, 28) / 255
        assert torch.equal(images.images, expected)
        assert images.labels.tolist() == [i % 10 for i in range(size)]
        assert images.num_classes == 10


def test_a_path_may_be_a_string_and_layouts_may_mix(tmp_path):
    write_files(tmp_path, packed=True)
    name = TRAIN_FILES[1]
    (tmp_path / name).write_bytes(gzip.decompress((tmp_path / f"{name}.gz").read_bytes()))
    (tmp_path / f"{name}.gz").unlink()
    assert len(load_fashion_mnist(str(tmp_path)).train) == 30


def test_missing_files_are_listed_with_where_they_come_from(tmp_path):
    write_files(tmp_path)
    (tmp_path / f"{TEST_FILES[0]}.gz").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        load_fashion_mnist(tmp_path)
    message = str(caught.value)
    assert f"{tmp_path}: {TEST_FILES[0]}\n" in message
    assert f"{tmp_path / 'FashionMNIST' / 'raw'}: {', '.join(TRAIN_FILES + TEST_FILES)}\n" in message
    for source in ("dataset-fashion-mnist", "torchvision.datasets.FashionMNIST", "github.com/zalandoresearch"):
        assert source in message


DAMAGE = {  # what is written in place of a file's content -> the message
    "images for labels": (TRAIN_FILES[1], lambda content: idx([0] * 784, (1, 28, 28)), "magic number 2049, .*got 2051"),
    "labels for images": (TEST_FILES[0], lambda content: idx([0] * 784, (784,)), "magic number 2051, .*got 2049"),
    "another type": (TRAIN_FILES[1], lambda content: b"\0\0\x0d" + content[3:], "magic number 2049, .*got 3329"),
    "something else": (TRAIN_FILES[0], lambda content: b"<!DOCTYPE html>" + content, "magic number 2051"),
    "too short": (TRAIN_FILES[0], lambda content: content[:-1], r"expected 23520 entries.*got 23519.*incomplete"),
    "too long": (TRAIN_FILES[1], lambda content: content + b"\0", "expected 30 entries.*got more"),
    "no header": (TEST_FILES[0], lambda content: content[:15], "expected a header of 16 bytes, got 15"),
    "empty": (TEST_FILES[1], lambda content: b"", "expected a header of 8 bytes, got 0"),
    "no entries": (TEST_FILES[1], lambda content: idx([], (0,)), "at least one, .*got 0"),
    "more than there can be": (TEST_FILES[0], lambda content: idx([0], (2**32 - 1,) * 3), "expected 79228162458924105"),
    "another size": (TEST_FILES[0], lambda content: idx([0] * 20 * 64, (20, 8, 8)), r"\(28, 28\) pixels, got \(8, 8\)"),
    "fewer labels": (TRAIN_FILES[1], lambda content: idx([0] * 29, (29,)), "expected 30 labels, one an image, got 29"),
    "unknown label": (TEST_FILES[1], lambda content: content[:-1] + b"\x0a", r"expected labels in \[0, 10\), got 10"),
}


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_files_are_refused_by_name(tmp_path, damage, packed):
    name, change, message = DAMAGE[damage]
    write_files(tmp_path, packed)
    file = tmp_path / (f"{name}.gz" if packed else name)
    content = file.read_bytes()
    write(tmp_path, name, change(gzip.decompress(content) if packed else content), packed)
    with pytest.raises(ValueError, match=f"{file}: .*{message}"):
        load_fashion_mnist(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda packed: packed[: len(packed) // 2],  # a download that broke off
        lambda packed: packed[:-6] + b"\0\0" + packed[-4:],  # another checksum
        lambda packed: b"<html>" + packed,
        lambda packed: packed[:10] + b"\xff" * 20 + packed[30:],
    ],
)
def test_damaged_archives_are_refused_by_name(tmp_path, change):
    write_files(tmp_path)
    file = tmp_path / f"{TRAIN_FILES[0]}.gz"
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(ValueError, match=f"{file}: expected a gzip file, got one that cannot be unpacked"):
        load_fashion_mnist(tmp_path)


@pytest.fixture(scope="module")
def published():
    try:
        return load_fashion_mnist()
    except FileNotFoundError:
        pytest.skip(f"Fashion-MNIST (Debian's package dataset-fashion-mnist) is not in {DEBIAN_FOLDER}")


def test_the_real_set_is_what_was_published(published):
    assert published.train.class_sizes.tolist() == [6000] * 10
    assert published.test.class_sizes.tolist() == [1000] * 10
    # Mean and deviation that its users standardise with.
    assert float(published.train.images.mean()) == pytest.approx(0.2860, abs=5e-5)
    assert float(published.train.images.std()) == pytest.approx(0.3530, abs=5e-5)
    first = [FASHION_CLASSES[label] for label in published.train.labels[:3]]
    assert first == ["Ankle boot", "T-shirt/top", "T-shirt/top"]


def test_a_noisy_long_tail_of_the_real_set(published):
    data = make_noisy(published, "symmetric", 0.4, 100, None, seed=0, num_train=5000, imbalance=100)
    assert data.true_class_sizes.tolist() == [500, 299, 179, 107, 64, 38, 23, 13, 8, 5]
    assert data.meta.class_sizes.tolist() == [10] * 10
    assert len(data.test) == 10_000
    assert data.actual_noise_rate == pytest.approx(0.36, abs=0.07)
