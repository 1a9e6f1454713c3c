"""Lists of paths and labels, and image files."""

import numpy as np
import pytest
import torch
from PIL import Image
from shared.image_trees import write_image

from famus_ext.data.files.images import ImageError, read_image, read_images
from famus_ext.data.files.lists import read_labelled, read_names


def test_paths_may_hold_commas_and_blanks(tmp_path):
    (tmp_path / "list").write_text("\ufeffimages/a,b.jpg 3\r\n\r\nin between/c d.jpg  0\n", encoding="utf-8")
    assert read_labelled(tmp_path / "list") == (["images/a,b.jpg", "in between/c d.jpg"], [3, 0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected lines of a path and a label, got none"),
        (b"a.jpg\nb.jpg 1\nc.jpg x\nd.jpg 1.5\n 7\n", "got 4 other lines, the first is line 1"),
        (b"a.jpg 99999999999999999999", "got 1 other lines"),
        ("a.jpg ²".encode(), "got 1 other lines"),
        (b"\xff\xd8\xff\xe0", "expected a list in UTF-8, got other bytes"),
    ],
)
def test_other_lists_are_refused_with_the_number_of_lines(tmp_path, content, message):
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_labelled(tmp_path / "list")


def test_titles_are_left_out(tmp_path):
    (tmp_path / "list").write_text("class_name\napple_pie\n")
    assert read_names(tmp_path / "list", header=True) == ["apple_pie"]
    (tmp_path / "list").write_text("class_name\n")
    with pytest.raises(ValueError, match="expected lines of a path each, got none"):
        read_names(tmp_path / "list", header=True)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK", "1"])
def test_every_kind_of_image_has_three_colours(tmp_path, mode):
    path = tmp_path / ("image.jpg" if mode == "CMYK" else "image.png")
    Image.new(mode, (6, 4)).save(path)
    image = read_image(path)
    assert (image.shape, image.dtype) == ((3, 4, 6), torch.uint8)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_grey_of_16_bits_keeps_its_range(tmp_path, suffix):
    grey = np.array([[0, 255, 256], [20_000, 40_000, 65_535]], dtype=np.uint16)
    Image.fromarray(grey).save(tmp_path / f"image.{suffix}")
    red, green, blue = read_image(tmp_path / f"image.{suffix}").tolist()
    assert red == green == blue == (grey // 256).tolist()


def test_images_are_scaled_to_one_size(tmp_path):
    for number, size in enumerate([(40, 30), (8, 8), (1, 1)]):
        write_image(tmp_path / f"{number}.png", number, size)
    images = read_images([tmp_path / f"{number}.png" for number in range(3)], 8)
    assert images[:, :, 0, 0].tolist() == [[0, 100, 200], [10, 100, 200], [20, 100, 200]]


def test_unreadable_images_are_counted_and_named(tmp_path):
    write_image(tmp_path / "good.jpg", size=(64, 64))
    content = (tmp_path / "good.jpg").read_bytes()
    damaged = {"cut.jpg": content[: len(content) // 2], "page.jpg": b"<html>", "empty.jpg": b""}
    for name, spoilt in damaged.items():
        (tmp_path / name).write_bytes(spoilt)
        with pytest.raises(ImageError, match=f"{tmp_path / name}: expected an image, got"):
            read_image(tmp_path / name)
    names = ["good.jpg", *damaged, "missing.jpg"]
    with pytest.raises(ImageError, match=r"4 of 5 images cannot be read, the first: .*cut\.jpg"):
        read_images([tmp_path / name for name in names], 8)
