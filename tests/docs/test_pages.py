"""What the pages say holds: their Python runs, their files exist, their messages and figures are the real ones."""

import ast
import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn

import famus_ext as famus
from famus_ext.__main__ import COMMANDS
from famus_ext.engine.guards.collapse import SIGNS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}
PAGES |= {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")}
OWN = [f"docs/{name}.md" for name in ("index", "start", "how-it-works", "choosing", "own-parts")]
FOLDERS = "famus_ext|csrc|tests|docs|benchmarks|examples|experiments"


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGES[page], re.DOTALL | re.MULTILINE)


@pytest.fixture
def names():
    """What a snippet finds: the network, the optimizer and the loaders that the reader has."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))
    train = [(torch.randn(16, 4), torch.randint(0, 3, (16,))) for _ in range(4)]
    meta = [(torch.randn(8, 4), torch.randint(0, 3, (8,)))]
    return {
        **{"torch": torch, "famus": famus, "model": model, "train_loader": train, "meta_loader": meta},
        **dict(zip(("x", "y", "x_meta", "y_meta"), (*train[0], *meta[0]), strict=True)),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
    }


@pytest.mark.parametrize("page", OWN)
def test_snippets_run_in_the_order_of_reading(page, names):
    snippets = blocks(page, "python")
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, page, "exec"), names)


@pytest.mark.parametrize("page", PAGES)
def test_files_exist(page):
    named = re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", PAGES[page])
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    folder = (ROOT / page).parent
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", PAGES[page])
    made_by_the_build = {"changelog.md", "results.md"}
    assert [link for link in links if link not in made_by_the_build and not (folder / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page):
    named = re.findall(r"python -m famus_ext (\w+)", PAGES[page])
    assert set(named) <= set(COMMANDS)


def messages():
    """Every string of the package, with "…" for what a message fills in."""
    for path in (ROOT / "famus_ext").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    for seen, consequence in SIGNS.values():
        yield f"{seen} in … meta steps in a row, {consequence}"


def test_trouble_quotes_real_messages():
    page = "docs/trouble.md"
    marks = "expected|process …|sharded|second derivative|backward cannot|torch.compile does|mask of"
    quoted = re.findall(r"^> (.*)$", PAGES[page], re.MULTILINE)
    quoted += re.findall(rf"^\| ((?!torch:)[^|]*(?:{marks})[^|]*) \|", PAGES[page], re.MULTILINE)
    assert len(quoted) >= 30
    known = "\n".join(messages()).replace("\\n", "\n")
    pieces = [(whole, piece.strip()) for whole in quoted for piece in re.split("…", whole) if len(piece.strip()) > 12]
    assert [whole for whole, piece in pieces if piece not in known] == []


RESULT = json.loads((ROOT / "benchmarks" / "results" / "meta_step_ms-quick-cpu.json").read_text())


@pytest.mark.parametrize(("title", "index"), [("with BatchNorm", 0), ("with GroupNorm", 1)])
def test_costs_are_those_of_the_result(title, index):
    rows = {row["name"]: row for row in RESULT["tables"][index]["rows"]}
    for name, predicted, time, memory, error in cells("docs/choosing.md", title):
        row = rows[name]
        assert predicted == f"{row['predicted']['times_plain']:.2f}"
        assert (time, memory) == costs(row)
        if row["agreement"] is None:
            assert error == "the reference"
        else:
            assert float(error) == float(f"{row['agreement']['meta_gradient']:.0e}")


def test_costs_of_the_readme_are_those_of_the_result():
    rows = {row["name"]: row for row in RESULT["tables"][0]["rows"]}
    for name, _, time, memory in cells("README.md", "| exact | time | memory"):
        assert (time, memory) == costs(rows[name.strip("*")]), name


def cells(page, title):
    """The rows of the page's table whose head begins like that, a list of cells each."""
    head = re.escape(title)
    table = re.search(rf"^\| ?{head}.*\|\n\|---.*\n((?:\|.*\n)+)", PAGES[page], re.MULTILINE)[1]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def costs(row):
    """Time and memory, as the pages write them."""
    return f"{row['times_plain']['median']:.2f}", f"{row['peak_times_plain']:.2f}"


def test_growth_is_near_its_prediction_as_said():
    """Of steps from 20 ms on, and of all."""
    result = json.loads((ROOT / "benchmarks" / "results" / "growth-cpu.json").read_text())
    points = [point for axis in result["axes"] for point in axis["points"]]
    for point in points:
        most = 1.10 if point["plain_ms"]["median"] >= 20 else 1.30
        for row in point["rows"]:
            assert 0.90 <= row["times_plain"]["median"] / row["predicted"] <= most, (point["value"], row["name"])
    assert "within 10 % of what the arithmetic alone gives" in PAGES["docs/choosing.md"]
