"""Images of one's own without a test set: a part of the training set is split off, and said to be what it is."""

import pytest
from shared.image_trees import write_image

from famus_ext.train.assembly.data import make_data
from famus_ext.train.config import Config
from famus_ext.train.console import data_line
from famus_ext.train.options.data import DataOptions


@pytest.fixture
def images(tmp_path):
    """Forty training images of two classes, and six trusted ones; no test set."""
    for part, count in (("train", 40), ("meta", 6)):
        for number in range(count):
            write_image(tmp_path / part / "ab"[number % 2] / f"{number}.png", number)
    return tmp_path


@pytest.mark.parametrize(
    ("dataset", "options", "sizes", "said"),
    [
        ("folder", {}, (36, 6, 4), "36 training images, 6 clean meta, 4 test split off, labels as they were found;"),
        ("folder", {"num_test": 10}, (30, 6, 10), "10 test split off, labels as they were found;"),
        ("folder-clean", {}, (36, 6, 4), "36 training images, 6 clean meta, 4 test;"),
    ],
)
def test_a_tenth_is_split_off_and_its_labels_are_called_what_they_are(images, dataset, options, sizes, said):
    config = Config(data=DataOptions(dataset=dataset, data_path=str(images), image_size=8, **options))
    data = make_data(config.data, seed=0)
    assert (len(data.train), len(data.meta), len(data.test)) == sizes
    assert said in data_line(config, data, 0)
    assert set(data.train.names).isdisjoint(data.test.names)
