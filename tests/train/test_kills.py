"""An experiment that is killed over and over, at the most delicate moments, ends like one that never was."""

import json
import multiprocessing
import signal

from shared import killed_runs

from .command import SMALL, records

TIME_LIMIT = 120
ARGUMENTS = [*SMALL, "--checkpoint-every", "1", "--resume", "auto"]


def start(context, moment, out):
    """The exit code of the command in a process of its own."""
    process = context.Process(target=killed_runs.run, args=(moment, [*ARGUMENTS, "--out", str(out)]))
    process.start()
    process.join(TIME_LIMIT)
    return process.exitcode


def test_killed_at_every_delicate_moment(tmp_path):
    # A clean process that has imported everything: a fork of it starts at once, and has no threads to lose.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["shared.killed_runs", "sklearn.datasets", "matplotlib.figure", "famus_ext.train.cli"]
    )
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    assert start(context, None, straight) == 0
    for moment in killed_runs.MOMENTS:
        assert start(context, moment, killed) == -signal.SIGKILL, moment
    assert start(context, None, killed) == 0

    assert records(killed) == records(straight)
    assert (killed / "examples_l2r_seed0.csv").read_bytes() == (straight / "examples_l2r_seed0.csv").read_bytes()
    assert accuracies(killed) == accuracies(straight)
    names = [
        {str(path.relative_to(out)) for path in out.rglob("*") if path.suffix != ".pt"} for out in (killed, straight)
    ]
    assert names[0] == names[1]  # nothing half-written is left


def accuracies(out):
    methods = json.loads((out / "summary.json").read_text())["methods"]
    return {method: (spreads["final"], spreads["best"]) for method, spreads in methods.items()}
