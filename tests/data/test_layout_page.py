"""The page about data sets: every name is on it, and its Python runs as it stands."""

import re
from pathlib import Path

from famus_ext.data.sets.registry import DATA_SETS, NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
EXAMPLES = {name: name for name in NAMES} | {"cnwl-<red|blue>-<rate>": "cnwl-red-0.4"}


def test_every_name_is_on_the_page():
    assert [name for name in EXAMPLES.values() if f"`{name}`" not in PAGE] == []


def test_the_names_that_a_message_lists_are_those_that_are_found():
    assert [any(re.fullmatch(pattern, name) for pattern in DATA_SETS) for name in EXAMPLES.values()] == [True] * len(
        NAMES
    )
    assert len(DATA_SETS) == len(NAMES)


def test_snippet(capsys):
    (snippet,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    exec(compile(snippet, "data.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "train: 1797 images"
    assert 0.3 < float(lines[-1].split()[0]) < 0.42
