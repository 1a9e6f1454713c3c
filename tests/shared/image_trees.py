"""Tiny trees of image files and lists, in the forms in which data sets are published."""

import numpy as np
from PIL import Image


def write_image(path, number=0, size=(40, 30)):
    """An image of one colour that tells its number: red is ten times it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (10 * number % 256, 100, 200)).save(path)


def write_images(root, names):
    for number, name in enumerate(names):
        write_image(root / name, number)


def write_lines(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def numbers_of(images):
    """The numbers that images uint8 `[N, 3, h, w]` tell."""
    return [round(float(image[0].float().mean()) / 10) for image in images]


def pixels(count, shape, seed=0):
    """Random uint8 images."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)
