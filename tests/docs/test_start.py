"""The folder that docs/start.md makes is one that `inspect` has nothing against."""

import pytest
from docs.test_pages import blocks
from inspection.trees import inspected

from famus_ext.data.sets.fashion_mnist import DEBIAN_FOLDER

pytest.importorskip("PIL")


@pytest.mark.skipif(not DEBIAN_FOLDER.is_dir(), reason="Fashion-MNIST is not there")
def test_the_folder_of_fashion_mnist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (snippet,) = blocks("docs/start.md", "py")
    exec(compile(snippet, "docs/start.md", "exec"), {})
    found = inspected(tmp_path / "photos", data={"image_size": 32}, optimizer={"network": "resnet-20"})
    assert found.problems == ()
    assert (found.sets.train + found.sets.test, found.sets.meta) == (1600, 100)
