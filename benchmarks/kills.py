"""Does a run that is killed at a random moment end with the numbers of one that never was? Exits with 1 where not.

python benchmarks/kills.py --kills 30 --json kills.json

Each trial starts the command in a process of its own, ends it by SIGKILL at a moment drawn from the time between the
first file and the end of an uninterrupted run, and starts the same command again until it has ended by itself. Its
`metrics.jsonl` (but for the milliseconds), its example weights and the last checkpoints' weights must be those of the
run that was left alone.
"""

import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import torch
import tyro
from measuring.environment import describe
from measuring.result import leave

import famus_ext.__main__ as program
from famus_ext.train.recording.records import MEASURED

CONTEXT = multiprocessing.get_context("forkserver")
PATIENCE = 600  # seconds for one run


@dataclass(frozen=True)
class Options:
    """What to kill.

    Attributes:
        kills: How many trials.
        epochs: Epochs of each run.
        checkpoint_every: Steps between checkpoints.
        seed: Decides the moments.
        json: File for the result.
    """

    kills: int = 30
    epochs: int = 15
    checkpoint_every: int = 3
    seed: int = 0
    json: Path | None = None


def main(options: Options) -> int:
    """Run all trials, print one a line, and return the exit status."""
    CONTEXT.set_forkserver_preload(["kills", "famus_ext.train.cli", "sklearn.datasets", "matplotlib.figure"])
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        straight = Path(folder, "straight")
        process = _start(options, straight)
        _wait_for(straight / "config.json", process)
        start = time.perf_counter()
        process.join(PATIENCE)
        seconds = time.perf_counter() - start
        expected = _numbers(straight)
        trials: list[dict[str, Any]] = []
        starts = count()
        while len(trials) < options.kills:
            trial = _trial(options, Path(folder, f"run{next(starts)}"), draw.uniform(0, seconds), expected)
            if trial is not None:
                trials.append(trial)
                ending = "equal" if trial["equal"] else "DIFFERENT"
                print(
                    f"{len(trials):>3}  killed after {trial['seconds']:5.2f} s  {ending}  {trial['found']}", flush=True
                )
    result = {
        **describe(torch.device("cpu")),
        "experiment": f"digits, {options.epochs} epochs, cross-entropy and L2R + FaMUS, a checkpoint every "
        f"{options.checkpoint_every} steps",
        "seconds_of_an_uninterrupted_run": round(seconds, 2),
        "final": {run: accuracies[-1] for run, accuracies in expected["accuracies"].items()},
        "equal": sum(trial["equal"] for trial in trials),
        "trials": trials,
    }
    leave(result, options.json)
    print(f"{result['equal']} of {len(trials)} ended with the numbers of the run that was left alone")
    return 0 if result["equal"] == len(trials) else 1


def _trial(options: Options, out: Path, seconds: float, expected: dict[str, Any]) -> dict[str, Any] | None:
    """One kill and the runs after it; None where the command had ended before."""
    process = _start(options, out)
    _wait_for(out / "config.json", process)
    process.join(seconds)
    if not process.is_alive():
        return None
    process.kill()
    process.join()
    found = _found(out)
    again = _start(options, out)
    again.join(PATIENCE)
    equal = again.exitcode == 0 and _numbers(out) == expected
    return {"seconds": round(seconds, 3), "found": found, "equal": equal}


def _start(options: Options, out: Path) -> Any:
    """The experiment, begun or gone on with by the same command every time, in a process that has imported it all."""
    arguments = {
        "--epochs": options.epochs,
        "--checkpoint-every": options.checkpoint_every,
        "--device": "cpu",
        "--out": out,
        "--resume": "auto",
    }
    process = CONTEXT.Process(target=_train, args=([str(word) for pair in arguments.items() for word in pair],))
    process.start()
    return process


def _train(arguments: list[str]) -> None:
    """The command, without what it says."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(program.main(["train", *arguments]))


def _wait_for(path: Path, process: Any) -> None:
    """Waits until a file is there."""
    while not path.exists() and process.is_alive():
        time.sleep(0.01)


def _found(out: Path) -> str:
    """How far a killed run had come, and what lay about."""
    newest = sorted(out.glob("checkpoints/*/*.pt"), key=lambda path: (path.parent.name == "l2r_seed0", path.name))
    place = f"{newest[-1].parent.name} {newest[-1].name[:22]}" if newest else "no checkpoint"
    unfinished = sum(1 for _ in out.rglob(".*.tmp"))
    return place + (f", {unfinished} unfinished file" if unfinished else "")


def _numbers(out: Path) -> dict[str, Any]:
    """Everything that must be equal."""
    records = [json.loads(line) for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    accuracies: dict[str, list[float]] = {}
    for record in records:
        for measured in MEASURED:
            del record[measured]
        accuracies.setdefault(f"{record['method']} seed {record['seed']}", []).append(record["test_accuracy"])
    weights = {
        folder.name: {
            name: value.tolist()
            for name, value in torch.load(max(folder.glob("*.pt")), weights_only=True)["state"]["model"].items()
        }
        for folder in (out / "checkpoints").iterdir()
    }
    return {
        "records": records,
        "accuracies": accuracies,
        "example_weights": (out / "examples_l2r_seed0.csv").read_text(encoding="utf-8"),
        "weights": weights,
    }


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Options, description=__doc__)))
