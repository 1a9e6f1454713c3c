"""`experiment.json` with strange values: refused by name, or read."""

import json
import math

import pytest

from famus_ext.compare.layout import NAME, Cell, Layout, read_layout
from famus_ext.train.folder.read_run import RunError

WHOLE = Layout("t", "s", "best", "a", (Cell("a, b", "a", "b", "a-b", 91.0, None),))
STRANGE = [None, "", -1, 10**400, math.nan, True, [], [None], {}, {"a": 1}]


@pytest.mark.parametrize("value", STRANGE, ids=repr)
@pytest.mark.parametrize("name", ["title", "measure", "reference", "cells", "folder", "paper"])
def test_strange_values(tmp_path, name, value):
    WHOLE.write(tmp_path)
    content = json.loads((tmp_path / NAME).read_text())
    (content if name in content else content["cells"][0])[name] = value
    (tmp_path / NAME).write_text(json.dumps(content))
    found, message = None, ""
    try:
        found = read_layout(tmp_path)
    except RunError as error:
        message = str(error)
    if found is None:
        assert message.startswith(f"{tmp_path / NAME}: damaged: ")
    else:
        assert isinstance(found.title, str)
        assert found.measure in ("best", "final")
        assert all(isinstance(cell.folder, str) for cell in found.cells)


def test_the_whole_comes_back(tmp_path):
    WHOLE.write(tmp_path)
    assert read_layout(tmp_path) == WHOLE
    assert read_layout(tmp_path / "elsewhere") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'"a"'])
def test_no_object(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(RunError, match=r"experiment\.json: damaged"):
        read_layout(tmp_path)
