"""`python -m famus_ext train`: options in, exit code out."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
import tyro

from famus_ext.data.files.images import ImageError
from famus_ext.data.files.workers import WorkerError
from famus_ext.engine.distributed.processes import Processes
from famus_ext.errors import NonFiniteError, ProcessError
from famus_ext.keep_memory import keep_freed_memory
from famus_ext.train.command_line import parse
from famus_ext.train.config import Config
from famus_ext.train.config_file import words_of_files
from famus_ext.train.console import MEANING_OF_WEIGHT, quietly, say
from famus_ext.train.experiment import check_runnable, run_experiment
from famus_ext.train.folder.checkpoint import CheckpointError
from famus_ext.train.folder.folder_lock import only_job
from famus_ext.train.folder.origin import PROGRAM
from famus_ext.train.folder.resume import check_unchanged, folder_to_resume
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.check import OptionError, require
from famus_ext.train.options.shown import left_open
from famus_ext.train.processes import from_first, launched
from famus_ext.train.recording.phase_times import phases_measured
from famus_ext.train.stopping import Stopped
from famus_ext.train.trainer import TrainingError

INTERRUPTED = 130  # what shells report for a program that Ctrl-C ended
MEMORY_OPTIONS = "--batch-size, --meta-batch-size, --micro-batches, --engine and --sampler last --last-layers"
DAMAGED = "Fetch it again, or take it out: python -m famus_ext inspect, with the same options, lists all such images"
ABOUT = """Train a network on noisy labels by a meta-learning method, and plainly too.

Without options: L2R + FaMUS on digits, with 60 % symmetric label noise.

MW-Net's, FaMUS's, DivideMix's and MLC's options are taken too: docs/options.md.
"""


@dataclass(frozen=True)
class FolderOptions:
    """Where the results go, and where options come from."""

    out: Annotated[Path | None, left_open("FOLDER", "runs/<data set>-<method>-<number>")] = None
    """New folder for the results."""
    resume: Annotated[Path | None, left_open("FOLDER", "begin a new one")] = None
    """Experiment to go on with, under its own options; auto: this one, if it has begun (docs/options.md)."""
    config_file: Annotated[Path | None, left_open("FILE.yaml", "none", name="config")] = None
    """Options, `noise-rate: 0.4` a line; those of the command line win. A run's config.yaml is one."""
    profile_phases: bool = False
    """Measure what the meta steps spend their time on, for `report`; a GPU is waited for at every phase then."""


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
        The exit code: 0 fine, 1 for errors, 2 for bad options, 130 after SIGINT (Ctrl-C), 143 after SIGTERM.
    """
    folder = None
    # The process is the command's own.
    keep_freed_memory()
    try:
        with launched() as processes:
            config, folder, profiled = _prepare(arguments, processes)
            measured = phases_measured(folder.phases) if profiled and folder.writes else nullcontext()
            with only_job(folder), quietly(config.log.quiet), measured:
                folder.take_options(config)
                say(f"results go to {folder.path}")
                run_experiment(config, folder, processes)
                say(f"results are in {folder.path}; {MEANING_OF_WEIGHT}", always=True)
    except OptionError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2
    except torch.OutOfMemoryError as error:
        print(f"{PROGRAM}: {error}\nThe options are {MEMORY_OPTIONS}", file=sys.stderr)
        return 1
    except ImageError as error:
        print(f"{PROGRAM}: {error}. {DAMAGED}{_way_on(folder)}", file=sys.stderr)
        return 1
    except (CheckpointError, TrainingError, NonFiniteError, ProcessError, WorkerError, OSError) as error:
        if isinstance(error, BrokenPipeError) and folder is None:  # of --help
            raise
        print(f"{PROGRAM}: {error}{_way_on(folder)}", file=sys.stderr)
        return 1
    except Stopped as stop:
        print(f"\n{stop}, state saved{_way_on(folder)}", file=sys.stderr)
        return stop.exit_code
    except KeyboardInterrupt:
        print(f"\ninterrupted{_way_on(folder)}", file=sys.stderr)
        return INTERRUPTED
    return 0


def parse_config(arguments: Sequence[str]) -> Config:
    """The options of a command line that leaves the folder to others.

    Args:
        arguments: The command line after `train`.

    Raises:
        OptionError: for an option that cannot be used, or a folder.
        SystemExit: for what is no option; it has been said then.
    """
    options = _parse([*words_of_files(arguments), *arguments], Options(Config(), FolderOptions()))
    for option, given in (("--out", options.folder.out), ("--resume", options.folder.resume)):
        require(given is None, option, "none here", given)
    require(not options.folder.profile_phases, "--profile-phases", "none here", True)
    return options.config


def _prepare(arguments: Sequence[str], processes: Processes) -> tuple[Config, RunFolder, bool]:
    """The options, the folder, new or resumed, and whether phases are measured.

    A resumed experiment's own options are the defaults.
    """
    words = [*words_of_files(arguments), *arguments]
    options = _parse(words, Options(Config(), FolderOptions()))
    first = processes.rank == 0
    path = from_first(lambda: folder_to_resume(options.folder.resume, options.folder.out, options.config), processes)
    if path is None:
        _check_phases(options)
        check_runnable(options.config, processes)
        path = from_first(lambda: RunFolder.create(options.folder.out, options.config, arguments).path, processes)
        return options.config, RunFolder(path, writes=first), options.folder.profile_phases
    folder, stored = RunFolder.open(path, writes=first)
    options = _parse(words, replace(options, config=stored))
    config = options.config
    check_unchanged(stored, config)
    _check_phases(options)
    check_runnable(config, processes)
    return config, folder, options.folder.profile_phases


def _check_phases(options: Options) -> None:
    """Raise where phases are to be measured that cannot be told apart."""
    asked = options.folder.profile_phases and options.config.machine.capture
    require(not asked, "--profile-phases", "none with --capture, which makes one graph of them", True)


def _parse(arguments: Sequence[str], default: Options) -> Options:
    """The command line's options, see `parse`."""
    return parse(Options, arguments, default=default, program=PROGRAM, about=ABOUT)


def _way_on(folder: RunFolder | None) -> str:
    """The command to go on with, where there is a folder."""
    return "" if folder is None else f"; go on with: {PROGRAM} --resume {shlex.quote(str(folder.path))}"
