"""ANIMAL-10N: raw images and binary files, and damage."""

import struct

import pytest
import torch
from shared.image_trees import numbers_of, pixels, write_image

from famus_ext.data.sets.registry import load


def write_raw(root):
    for number, label in ((2, 9), (10, 0), (1, 3)):
        write_image(root / "training" / f"{label}_img_{number}.jpg", number, size=(64, 64))
    write_image(root / "testing" / "5_img_0.jpg", 0, size=(64, 64))


@pytest.mark.parametrize("place", [".", "raw_image", "raw_image_ver/raw_image"])
def test_raw_images_are_in_the_order_of_their_numbers(tmp_path, place):
    write_raw(tmp_path / place)
    source = load("animal10n", tmp_path)
    assert source.train.labels.tolist() == [3, 9, 0]
    assert numbers_of(source.train.images) == [1, 2, 10]
    assert source.train.names[0] == "training/3_img_1.jpg"
    assert (source.test.labels.tolist(), source.train.image_shape, source.noisy) == ([5], (3, 64, 64), True)


def write_binary(folder, order):
    """Eleven files of one image each: the order of their numbers is not that of their names."""
    for number in range(1, 12):
        record = struct.pack(f"{order}II", 7, number % 10) + pixels(1, (3, 64, 64), number).tobytes()
        (folder / f"data_batch_{number}.bin").write_bytes(record)
    (folder / "test_batch.bin").write_bytes(struct.pack(f"{order}II", 7, 4) + bytes(3 * 64 * 64))


@pytest.mark.parametrize("order", ["<", ">"])
def test_binary_files_in_either_byte_order(tmp_path, order):
    write_binary(tmp_path, order)
    source = load("animal10n", tmp_path)
    assert source.train.labels.tolist() == [number % 10 for number in range(1, 12)]
    assert torch.equal(source.train.images[10], torch.from_numpy(pixels(1, (3, 64, 64), 11)[0]))
    assert source.test.labels.tolist() == [4]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(100), "expected records of 12296 bytes, got 100 bytes"),
        (b"", "expected records of 12296 bytes, got 0 bytes"),
        (struct.pack("<II", 7, 10) + bytes(3 * 64 * 64), r"labels: expected values in \[0, 10\)"),
    ],
)
def test_damaged_binary_files_are_refused(tmp_path, content, message):
    write_binary(tmp_path, "<")
    (tmp_path / "data_batch_3.bin").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load("animal10n", tmp_path)


def test_files_with_other_names_are_counted(tmp_path):
    write_raw(tmp_path)
    write_image(tmp_path / "training" / "cat.jpg")
    with pytest.raises(ValueError, match=r"called <label>_img_<number>.jpg, got 1 others, training/cat.jpg say"):
        load("animal10n", tmp_path)


def test_nothing_there_is_told_with_the_source(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"(?s)raw_image: raw_image/training, raw_image/testing.*dm.kaist.ac.kr"
    ):
        load("animal10n", tmp_path)
