"""Trees of images for mistakes to be made in."""

import pytest

from .trees import write_tree


@pytest.fixture
def tree(tmp_path):
    """A folder of images with which nothing is wrong."""
    return write_tree(tmp_path / "photos")
