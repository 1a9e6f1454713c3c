"""Images as parts of a page: what they show, and how much room they may take."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image
from shared.image_trees import write_image

from famus_ext.data import LabelledFiles, LabelledImages
from famus_ext.report.thumbnails import SIDE, thumbnails

LABELS = torch.zeros(3, dtype=torch.int64)


def decoded(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition("base64,")[2])))


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_small_images_are_kept_to_the_pixel(channels, mode, kind):
    grey = torch.arange(3 * channels * 20).view(3, channels, 4, 5)
    images = grey.to(torch.uint8) if kind == torch.uint8 else grey / 255
    (uri,) = thumbnails(LabelledImages(images, LABELS, 1), np.array([2]))
    image = decoded(uri)
    assert (image.format, image.mode, image.size) == ("PNG", mode, (5, 4))
    assert np.array_equal(np.array(image), grey[2].permute(1, 2, 0).squeeze(-1).numpy())


def test_files_are_scaled_down_and_unreadable_ones_left_out(tmp_path):
    write_image(tmp_path / "0.png", 3, size=(400, 200))
    (tmp_path / "1.png").write_text("no image")
    files = LabelledFiles(tmp_path, ("0.png", "1.png", "2.png"), LABELS, 1)
    first, *others = thumbnails(files, np.arange(3))
    assert decoded(first).size == (SIDE, SIDE // 2)
    assert np.array(decoded(first))[0, 0] == pytest.approx([30, 100, 200], abs=4)
    assert others == [None, None]


def test_other_numbers_of_channels_have_no_picture():
    assert list(thumbnails(LabelledImages(torch.zeros(3, 4, 5, 5), LABELS, 1), np.arange(1))) == [None]


def test_images_beyond_the_budget_are_left_out():
    data = LabelledImages(torch.zeros(3, 1, 5, 5), LABELS, 1)
    (uri,) = thumbnails(data, np.arange(1))
    assert list(thumbnails(data, np.arange(3), budget=2 * len(uri) + 1)) == [uri, uri, None]
