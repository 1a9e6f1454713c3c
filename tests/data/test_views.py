"""What the network gets to see: crops, mirror images, and that they follow from seed, batch and example alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from shared.image_trees import pixels

from famus_ext.data import LabelledFiles, LabelledImages, Preparation, Recipe
from famus_ext.data.example_random import example_seeds, uniform
from famus_ext.data.files.images import ImageError
from famus_ext.data.preparation import crop

SIZE = 12


@pytest.fixture
def in_memory():
    images = torch.from_numpy(pixels(SIZE, (3, 8, 8)))
    return LabelledImages(images, torch.arange(SIZE), SIZE, Preparation(padding=2, mirror=True))


@pytest.fixture
def on_disk(tmp_path):
    pytest.importorskip("torchvision")
    for number in range(SIZE):
        image = torch.arange(40 * 50).view(40, 50).remainder(200).add(number)
        Image.fromarray(image.to(torch.uint8).numpy()).save(tmp_path / f"{number}.png")
    names = tuple(f"{number}.png" for number in range(SIZE))
    return LabelledFiles(
        tmp_path, names, torch.arange(SIZE), SIZE, Recipe(resize=24, size=16, crop="resized"), workers=0
    )


@pytest.fixture(params=["in_memory", "on_disk"])
def images(request):
    return request.getfixturevalue(request.param)


def batches_of(size):
    order = torch.randperm(SIZE, generator=torch.Generator().manual_seed(0))
    return order.split(size)


def test_a_stream_may_be_cut_anywhere(images):
    batches = batches_of(5)
    whole = list(images.views(batches, seed=1))
    assert [len(part) for part in whole] == [5, 5, 2]
    assert torch.equal(next(images.views(batches[2:], seed=1, first=2)), whole[2])


def test_an_example_does_not_depend_on_its_batch_mates(images):
    whole = next(images.views([torch.arange(SIZE)], seed=1))
    few = torch.tensor([7, 3])
    assert torch.equal(next(images.views([few], seed=1)), whole[few])


@pytest.mark.parametrize(("seed", "first"), [(2, 0), (1, 1)])
def test_views_change_with_the_seed_and_the_batch(images, seed, first):
    everything = [torch.arange(SIZE)]
    one, other = (next(images.views(everything, *key)) for key in ((1, 0), (seed, first)))
    assert not torch.equal(one, other)


def test_test_views_are_always_the_same_and_in_the_batches_order(images):
    parts = torch.cat(list(images.views(batches_of(5))))
    assert torch.equal(parts, images.view(torch.cat(batches_of(5))))
    assert torch.equal(parts[3:5], images[torch.cat(batches_of(5))].view(torch.tensor([3, 4])))
    assert parts.dtype == torch.float32


def test_global_random_state_is_left_alone(images):
    before = torch.get_rng_state()
    list(images.views(batches_of(5), seed=1))
    assert torch.equal(before, torch.get_rng_state())


def test_reading_here_does_not_seed_the_devices_generators(on_disk, monkeypatch):
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    list(replace(on_disk, workers=0).views(batches_of(3), seed=1))
    assert seeded == []


def test_worker_processes_change_no_number(on_disk):
    views = [list(replace(on_disk, workers=workers).views(batches_of(3), seed=1)) for workers in (0, 1, 2)]
    assert torch.equal(torch.cat(views[0]), torch.cat(views[1]))
    assert torch.equal(torch.cat(views[0]), torch.cat(views[2]))


@pytest.mark.parametrize("workers", [0, 1])
def test_an_image_that_cannot_be_read_is_named(on_disk, workers):
    (on_disk.root / "4.png").write_bytes(b"no image")
    files = replace(on_disk, workers=workers)
    with pytest.raises(ImageError, match=r"4\.png: expected an image"):
        list(files.views(batches_of(3)))


@pytest.mark.parametrize("kind", ["window", "resized"])
def test_recipes_are_torchvisions(on_disk, kind):
    v2 = pytest.importorskip("torchvision.transforms.v2")
    recipe = Recipe(resize=24, size=16, crop=kind)
    image = torch.from_numpy(pixels(1, (3, 40, 50))[0])
    expected = v2.functional.center_crop(v2.functional.resize(image, 24, antialias=True), [16, 16]).float() / 255
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (recipe.mean, recipe.std))
    torch.testing.assert_close(recipe.testing()(image), (expected - mean) / std)
    assert recipe.training()(image).shape == (3, 16, 16)


def test_crop_is_a_window_of_the_padded_image():
    images = torch.from_numpy(pixels(4, (3, 8, 10)))
    offsets, mirrored = torch.tensor([[0, 0], [4, 1], [2, 2], [1, 4]]), torch.tensor([False, True, False, True])
    cropped = crop(images, offsets, mirrored, padding=2)
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2))
    for number, (row, column) in enumerate(offsets.tolist()):
        window = padded[number, :, row : row + 8, column : column + 10]
        assert torch.equal(cropped[number], window.flip(2) if mirrored[number] else window)


def test_every_window_and_both_sides_are_drawn():
    """Images that hold their pixels' numbers tell the window by its middle pixel and the side by its neighbour."""
    numbers = torch.arange(64, dtype=torch.float32).view(1, 1, 8, 8).expand(3000, 1, 8, 8)
    seeds = example_seeds(0, 0, np.arange(3000))
    cropped = Preparation(padding=1, mirror=True).augment(numbers, seeds)[:, 0]
    step = cropped[:, 3, 4] - cropped[:, 3, 3]
    assert sorted(set(step.tolist())) == [-1.0, 1.0]
    assert float((step > 0).double().mean()) == pytest.approx(0.5, abs=0.05)
    windows = torch.stack([cropped[:, 3, 3], step], dim=1).unique(dim=0, return_counts=True)[1]
    assert len(windows) == 18, "nine windows, two sides"
    assert int(windows.min()) > 100


def test_float_images_without_preparation_are_left_as_they_are():
    images = torch.rand(3, 1, 2, 2)
    assert torch.equal(LabelledImages(images, torch.zeros(3).long(), 1).view(torch.arange(3)), images)


def test_random_numbers_are_uniform_and_uncorrelated():
    seeds = example_seeds(5, 3, np.arange(20_000))
    assert len(np.unique(seeds)) == 20_000
    numbers = uniform(seeds, 3)
    assert 0.0 <= numbers.min() < numbers.max() < 1.0
    # Five deviations of a mean, and of a correlation, of 20,000 numbers.
    assert np.abs(numbers.mean(0) - 0.5).max() < 5 * 0.289 / 20_000**0.5
    neighbours = np.concatenate([numbers[:-1], numbers[1:]], axis=1)
    assert np.abs(np.corrcoef(neighbours.T) - np.eye(6)).max() < 5 / 20_000**0.5


def test_as_many_labels_and_names_as_images():
    with pytest.raises(ValueError, match="names: expected 2, one an image, got 1"):
        LabelledImages(torch.zeros(2, 1, 1, 1), torch.zeros(2).long(), 1, names=("a",))
