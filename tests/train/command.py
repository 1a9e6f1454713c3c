"""The command in this process, and small runs to give it."""

import json
from pathlib import Path

import famus_ext.__main__ as program
from famus_ext.train.recording.records import MEASURED

# 197 training images, two steps an epoch.
SMALL = ["--num-test", "1500", "--device", "cpu", "--threads", "1", "--epochs", "2"]
SOURCE = Path(program.__file__).parents[1]


def train(*arguments):
    """The exit code of the command, run in this process."""
    try:
        return program.main(["train", *SMALL, *map(str, arguments)])
    except SystemExit as stop:  # how tyro leaves
        return stop.code


def records(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{name: value for name, value in json.loads(line).items() if name not in MEASURED} for line in lines]
