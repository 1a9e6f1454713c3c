"""The page's Python runs as it stands, in the order in which it is read."""

import re
from pathlib import Path

import pytest
import torch

PAGE = Path(__file__).parents[2] / "docs" / "integration.md"


@pytest.mark.filterwarnings("ignore")  # what other libraries warn of is theirs
def test_snippets(tmp_path, monkeypatch, capsys):
    for package in ("accelerate", "cleanlab", "lightning", "pandas"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    names = {"__name__": "page"}
    for snippet in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        exec(compile(snippet, PAGE.name, "exec"), names)
    assert "torch.compile" in capsys.readouterr().out
    assert len(names["weights"]) == 40
    assert names["step"].iteration == 4  # Accelerate's
    assert (tmp_path / "state" / "custom_checkpoint_0.pkl").exists()
    assert names["issues"].shape == (40,)
