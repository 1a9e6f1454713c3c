"""`python -m famus_ext train`: options in, exit code out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from famus_ext.errors import NonFiniteError
from famus_ext.keep_memory import keep_freed_memory
from famus_ext.train.checkpoint import CheckpointError
from famus_ext.train.config import Config
from famus_ext.train.console import MEANING_OF_WEIGHT, say
from famus_ext.train.experiment import check_runnable, run_experiment
from famus_ext.train.options.check import OptionError
from famus_ext.train.origin import PROGRAM
from famus_ext.train.run_folder import RunFolder, check_unchanged
from famus_ext.train.trainer import TrainingError

INTERRUPTED = 130  # what shells report for a program that Ctrl-C ended


@dataclass(frozen=True)
class FolderOptions:
    """Where the results go."""

    out: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """New folder for the results; runs/<data set>-<method>-<number> where not given."""
    resume: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """Folder of an experiment to go on with, under its own options; --epochs may be raised."""


@dataclass(frozen=True)
class Options:
    """Train a network on noisy labels by a meta-learning method, beside plain cross-entropy."""

    config: Annotated[Config, tyro.conf.arg(name="")]
    folder: Annotated[FolderOptions, tyro.conf.arg(name="")]


def main(arguments: Sequence[str]) -> int:
    """Runs the command.

    Args:
        arguments: The command line after `train`.

    Returns:
        The exit code: 0 fine, 1 for errors, 2 for bad options, 130 after Ctrl-C.
    """
    folder = None
    # The process is the command's own.
    keep_freed_memory()
    try:
        config, folder = _prepare(arguments)
        say(f"results go to {folder.path}")
        run_experiment(config, folder)
    except OptionError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2
    except (CheckpointError, TrainingError, NonFiniteError, OSError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        remedy = "" if folder is None else f"; go on with: {PROGRAM} --resume {folder.path}"
        print(f"\ninterrupted{remedy}", file=sys.stderr)
        return INTERRUPTED
    say(f"results are in {folder.path}; {MEANING_OF_WEIGHT}")
    return 0


def _prepare(arguments: Sequence[str]) -> tuple[Config, RunFolder]:
    """The options and the folder, new or resumed. A resumed experiment's own options are the defaults."""
    options = _parse(arguments, Options(Config(), FolderOptions()))
    if options.folder.resume is None:
        check_runnable(options.config)
        return options.config, RunFolder.create(options.folder.out, options.config, arguments)
    if options.folder.out is not None:
        raise OptionError("--out: not with --resume, which goes on in its own folder")
    folder, stored = RunFolder.open(options.folder.resume)
    config = _parse(arguments, replace(options, config=stored)).config
    check_unchanged(stored, config)
    check_runnable(config)
    folder.write_config(config)
    return config, folder


def _parse(arguments: Sequence[str], default: Options) -> Options:
    """The command line's options; tyro prints what is wrong with them and exits with 2."""
    return tyro.cli(Options, prog=PROGRAM, args=arguments, default=default, config=(tyro.conf.OmitArgPrefixes,))
