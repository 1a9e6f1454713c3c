"""The extras that `info` looks for are those of pyproject.toml."""

import re
import sys
from pathlib import Path

import pytest

import famus_ext
from famus_ext.extras import EXTRAS, missing_of

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
MODULES = {"pillow": "PIL", "pyyaml": "yaml", "scikit-learn": "sklearn"}
"""Packages that are imported by another name."""


@pytest.mark.parametrize("extra", EXTRAS)
def test_modules_are_those_of_the_packages(extra):
    (packages,) = re.findall(rf"^{extra} = \[(.*)\]$", PROJECT.read_text(encoding="utf-8"), re.MULTILINE)
    assert {MODULES.get(name, name) for name in re.findall(r'"([\w-]+)"', packages)} == set(EXTRAS[extra])


def test_what_is_missing_is_named_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert missing_of("tensorboard") == ("tensorboard",)
    lines = str(famus_ext.build_info()).splitlines()
    (line,) = (line for line in lines if line.startswith("extra tensorboard"))
    assert line.endswith('without tensorboard: pip install "famus-ext[tensorboard]"')
    assert any(
        line.split()[:2] == ["torchvision", famus_ext.build_info().torchvision_version or "not"] for line in lines
    )
