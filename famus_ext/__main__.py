"""`python -m famus_ext <command>`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

TRAIN_EXTRA = {"matplotlib", "sklearn", "tqdm", "tyro"}


def info(arguments: Sequence[str]) -> int:
    """Print what was built and what runs here."""
    if arguments:
        print(f"python -m famus_ext info: expected no arguments, got {' '.join(arguments)}", file=sys.stderr)
        return 2
    import famus_ext

    print(famus_ext.build_info())
    return 0


def train(arguments: Sequence[str]) -> int:
    """Train on noisy labels; with no further argument, the main job."""
    try:
        from famus_ext.train import cli

        return cli.main(arguments)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in TRAIN_EXTRA:
            raise
        print(f'{error.name} is not installed: pip install "famus-ext[train]"', file=sys.stderr)
        return 1


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {"info": info, "train": train}


def usage() -> str:
    """The commands, a line each."""
    lines = [f"  {name:<6} {command.__doc__}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: python -m famus_ext <command> [options]",
            "",
            "commands:",
            *lines,
            "",
            "<command> --help lists its options.",
        ]
    )


def main(arguments: Sequence[str]) -> int:
    """Runs a command; the exit code is 0 for fine, 1 for errors, 2 for bad options."""
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    if arguments and arguments[0] in ("-h", "--help"):
        print(usage())
        return 0
    problem = f"unknown command {arguments[0]!r}" if arguments else "a command is missing"
    print(f"{problem}\n\n{usage()}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
