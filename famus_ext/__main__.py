"""`python -m famus_ext <command>`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path

from famus_ext.extras import EXTRAS

HELP = ("-h", "--help")
VERSION = ("-V", "--version")
CLOSED_PIPE = 141  # what shells report for a program that SIGPIPE ended
INTERRUPTED = 130  # and for one that Ctrl-C ended
EXAMPLES = {
    "info": "",
    "inspect": "--dataset folder --data-path photos",
    "train": "--dataset folder --data-path photos",
    "report": "runs/photos",
    "run": "experiments/table1.yaml --data cifar10",
    "compare": "runs/table1 --figures figures",
    "collect": "runs/table1/*",
}
"""The commands in the order in which one comes to need them, each with arguments that show its use."""


def info(arguments: Sequence[str]) -> int:
    """Print what was built and what runs here."""
    if arguments and arguments[0] in HELP:
        print("usage: python -m famus_ext info\n\nPrint what was built and what runs here. It has no options.")
        return 0
    if arguments:
        print(f"python -m famus_ext info: expected no arguments, got {' '.join(arguments)}", file=sys.stderr)
        return 2
    import famus_ext

    print(famus_ext.build_info())
    return 0


def train(arguments: Sequence[str]) -> int:
    """Train on noisy labels; with no further argument, the main job."""

    def run() -> int:
        from famus_ext.train import cli

        return cli.main(arguments)

    return _with_train_extra(run)


def inspect(arguments: Sequence[str]) -> int:
    """Look at data, network and cost of a run, without training."""

    def run() -> int:
        from famus_ext.inspection import cli

        return cli.main(arguments)

    return _with_train_extra(run)


def report(arguments: Sequence[str]) -> int:
    """Write a run as one page: curves, suspicious labels, cost."""

    def run() -> int:
        from famus_ext.report import cli

        return cli.main(arguments)

    return _with_train_extra(run)


def collect(arguments: Sequence[str]) -> int:
    """Print the folders of finished experiments as one JSON record."""
    usage = "usage: python -m famus_ext collect FOLDER [FOLDER ...]"
    if set(HELP) & set(arguments):
        print(f"{usage}\n\nPrint the folders of finished experiments, as `train` made them, as one JSON record.")
        return 0
    if not arguments or arguments[0].startswith("-"):
        print(usage, file=sys.stderr)
        return 2

    def run() -> int:
        from famus_ext.train.exit_code import exit_code
        from famus_ext.train.folder.collect import collect, to_json

        def printed() -> int:
            print(to_json(collect([Path(folder) for folder in arguments])))
            return 0

        return exit_code("python -m famus_ext collect", printed)

    return _with_train_extra(run)


def run(arguments: Sequence[str]) -> int:
    """Run a table of experiments; the same command goes on with it."""

    def run_cells() -> int:
        from famus_ext.sweep import cli

        return cli.main(arguments)

    return _with_train_extra(run_cells)


def compare(arguments: Sequence[str]) -> int:
    """Compare runs: means and deviations, and the paper's figures."""

    def compare_folders() -> int:
        from famus_ext.compare import cli

        return cli.main(arguments)

    return _with_train_extra(compare_folders)


def _with_train_extra(run: Callable[[], int]) -> int:
    """What `run` returns; where a package of the extra is missing, one line that says so."""
    try:
        return run()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in EXTRAS["train"]:
            raise
        print(f'{error.name} is not installed: pip install "famus-ext[train]"', file=sys.stderr)
        return 1


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "info": info,
    "inspect": inspect,
    "train": train,
    "report": report,
    "run": run,
    "compare": compare,
    "collect": collect,
}


def usage() -> str:
    """The commands in the order of use, each with what it does and an example."""
    order = [*(name for name in EXAMPLES if name in COMMANDS), *(name for name in COMMANDS if name not in EXAMPLES)]
    lines = ["usage: python -m famus_ext <command> [options]", "", "commands:"]
    for name in order:
        lines += [f"  {name:<8} {COMMANDS[name].__doc__}"]
        lines += [f"           {_example(name)}", ""]
    return "\n".join([*lines, "<command> --help lists its options; --version prints the version."])


def _example(name: str) -> str:
    """A command line that shows the use of a command."""
    return f"python -m famus_ext {name} {EXAMPLES.get(name, '')}".rstrip()


def version() -> str:
    """Name and version of what is installed, or of the source folder that it runs from."""
    from famus_ext.build_info import build_info

    found = build_info()
    return f"famus-ext {found.version or found.native or '(not installed)'}"


def main(arguments: Sequence[str]) -> int:
    """Runs a command; the exit code is 0 for fine, 1 for errors, 2 for bad options."""
    if arguments and arguments[0] in COMMANDS:
        if set(HELP) & set(arguments[1:]):
            print(f"example: {_example(arguments[0])}\n")
        return COMMANDS[arguments[0]](arguments[1:])
    if arguments and arguments[0] in HELP:
        print(usage())
        return 0
    if arguments and arguments[0] in VERSION:
        print(version())
        return 0
    if not arguments:
        print(usage(), file=sys.stderr)
        return 2
    near = get_close_matches(arguments[0], COMMANDS, n=1)
    meant = f"; {near[0]} is one" if near else ""
    print(f"unknown command {arguments[0]!r}{meant}; python -m famus_ext --help lists them", file=sys.stderr)
    return 2


def console() -> int:
    """`famus <command>`: the same, as an installed program; Ctrl-C is said in a line, `| head` not at all."""
    try:
        try:
            return main(sys.argv[1:])
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush when Python ends
        return CLOSED_PIPE
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(console())
