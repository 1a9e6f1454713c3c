"""A page of the repository's top, and one of docs/, with the links that each has on the site."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("mkdocs", reason="mkdocs is not installed: the site is not built")

ROOT = Path(__file__).parents[2]
CASES = {
    "a picture": ("RESULTS.md", "![Weights](docs/digits-weights.png)", "![Weights](digits-weights.png)"),
    "a page": ("RESULTS.md", "[noise](docs/data.md#noise-and-meta-set)", "[noise](data.md#noise-and-meta-set)"),
    "a file of the repository": ("RESULTS.md", "[kills](benchmarks/kills.py)", "kills (`benchmarks/kills.py`)"),
    "a file, from docs": (
        "docs/data.md",
        "[test](../tests/shared/tolerances.py)",
        "test (`tests/shared/tolerances.py`)",
    ),
    "a page, from docs": ("docs/data.md", "[options](options.md)", "[options](options.md)"),
    "what is missing": ("docs/data.md", "[gone](../tests/gone.py)", "[gone](../tests/gone.py)"),
    "elsewhere": (
        "RESULTS.md",
        "[paper](https://arxiv.org/abs/2104.15092)",
        "[paper](https://arxiv.org/abs/2104.15092)",
    ),
}


@pytest.fixture(scope="module")
def hook():
    path = ROOT / "docs" / "hooks" / "repository_pages.py"
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("page", "written", "on_site"), CASES.values(), ids=CASES)
def test_links(hook, page, written, on_site):
    file = SimpleNamespace(file=SimpleNamespace(abs_src_path=str(ROOT / page)))
    config = SimpleNamespace(docs_dir=str(ROOT / "docs"))
    assert hook.on_page_markdown(f"See {written}.", file, config, None) == f"See {on_site}."
