"""From a clean clone to the labels of one's own folder that are least to be trusted: the README's commands, timed.

    python benchmarks/own_folder.py --json own_folder.json

Makes the folder of docs/start.md, 1,600 images of Fashion-MNIST with 40 % of the labels redrawn and ten right ones a
class; clones the repository, installs it into a new environment, nothing cached, and runs the commands of "Your own
folder of images" word for word. How many of the images in the list are truly wrong is counted at the end.
"""

import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from measuring.environment import REPOSITORY, describe
from measuring.result import leave

FIRST = (50, 100, 200)


@dataclass(frozen=True)
class Options:
    """What to leave.

    Attributes:
        json: File for the result.
    """

    json: Path | None = None


def main(options: Options) -> None:
    """Run the commands one after the other, print what each took and the share of wrong labels in the list."""
    result: dict[str, Any] = {"benchmark": "own_folder", **describe(torch.device("cpu")), "commands": []}
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        data = _make_photos(scratch)
        result |= {"images": len(data.wrong), "wrong_rate": data.wrong.float().mean().item()}
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), "clone"], cwd=scratch, check=True)
        subprocess.run([sys.executable, "-m", "venv", "environment"], cwd=scratch, check=True)
        (scratch / "clone" / "photos").symlink_to(scratch / "photos")
        for command in _commands():
            seconds = _run(command, scratch)
            result["commands"].append({"command": command, "seconds": round(seconds, 1)})
            print(f"{seconds:6.1f} s  {command}", flush=True)
        result["wrong_of_first"] = _wrong_of_first(scratch / "clone", data.wrong.tolist())
    minutes = sum(command["seconds"] for command in result["commands"]) / 60
    print(f"{minutes:.1f} minutes in all; truly wrong of the first: {result['wrong_of_first']}")
    leave(result, options.json)


def _make_photos(folder: Path) -> Any:
    """Run the page's snippet in the folder; returns its data, whose numbers are the images' file names."""
    page = (REPOSITORY / "docs" / "start.md").read_text(encoding="utf-8")
    (snippet,) = (
        block for block in re.findall(r"^```py\n(.*?)^```$", page, re.DOTALL | re.MULTILINE) if "PIL" in block
    )
    names: dict[str, Any] = {}
    here = Path.cwd()
    os.chdir(folder)
    try:
        exec(compile(snippet, "docs/start.md", "exec"), names)
    finally:
        os.chdir(here)
    return names["data"]


def _commands() -> list[str]:
    """The installation of the README's first command, and the commands of its section on folders."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    install = re.search(r"^(pip install .*?) && python -m famus_ext train$", text, re.MULTILINE)
    section = re.search(r"^## Your own folder.*?^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    if install is None or section is None:
        raise SystemExit("own_folder: the README has no such commands any more")
    return [install[1], *section[1].replace("\\\n", " ").splitlines()]


def _run(command: str, scratch: Path) -> float:
    """Seconds that a command takes in the clone, with the new environment's programs."""
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "OMP_NUM_THREADS")},
        "PATH": f"{scratch / 'environment' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_CACHE_DIR": "1",
    }
    start = time.perf_counter()
    finished = subprocess.run(
        command, shell=True, cwd=scratch / "clone", env=environment, capture_output=True, encoding="utf-8"
    )
    if finished.returncode != 0:
        raise SystemExit(f"own_folder: {command}\n{finished.stdout[-2000:]}{finished.stderr[-2000:]}")
    return time.perf_counter() - start


def _wrong_of_first(clone: Path, wrong: list[bool]) -> dict[int, float]:
    """Share of truly wrong labels among the first of the list, for each number of them."""
    (table,) = clone.glob("runs/*/suspicious_seed0.csv")
    with table.open(encoding="utf-8", newline="") as lines:
        hits = [wrong[int(Path(row["name"]).stem)] for row in csv.DictReader(lines)]
    return {first: sum(hits[:first]) / first for first in FIRST}


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
