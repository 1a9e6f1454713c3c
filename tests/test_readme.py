"""The README's Python runs as it stands, in the order in which it is read."""

import re
from pathlib import Path

import torch
from torch import nn

README = Path(__file__).parent.parent / "README.md"


def test_snippets(capsys):
    snippets = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(snippets) == 4
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))
    names = {
        "torch": torch,
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        "train_loader": [(torch.randn(16, 4), torch.randint(0, 3, (16,))) for _ in range(4)],
        "meta_loader": [(torch.randn(8, 4), torch.randint(0, 3, (8,)))],
    }
    start = [p.detach().clone() for p in model.parameters()]
    for snippet in snippets:
        exec(compile(snippet, README.name, "exec"), names)
    assert all(not torch.equal(p, old) for p, old in zip(model.parameters(), start, strict=True))
    assert names["result"].sample_dots.shape == (16,)
    assert capsys.readouterr().out.startswith("tensor([")
