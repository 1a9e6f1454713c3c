"""Which experiment `--resume` goes on with, and under which options that is allowed."""

from __future__ import annotations

from pathlib import Path

from famus_ext.train.config import Config
from famus_ext.train.folder.run_folder import DEFAULT_PARENT, RunFolder, numbered_name
from famus_ext.train.options.check import OptionError

AUTO = Path("auto")
"""Go on with what there is, or begin: the same command for the first start and every one after it."""


def folder_to_resume(resume: Path | None, out: Path | None, config: Config) -> Path | None:
    """The folder to go on with; None to begin a new experiment.

    Args:
        resume: `--resume`: a folder, or `AUTO`: that of `out` if an experiment has begun there, and without `out` the
            newest unfinished one with these options where new folders go.
        out: `--out`.
        config: The options of the command line.

    Raises:
        OptionError: for `--out` beside a folder to resume.
    """
    if resume is None:
        return None
    if resume == AUTO:
        return _begun(out) if out is not None else _newest_unfinished(config)
    if out is not None:
        raise OptionError("--out: not with --resume FOLDER, which goes on in its own folder")
    return resume


def check_unchanged(stored: Config, wanted: Config) -> None:
    """Refuses to continue an experiment under other options; epochs may be raised and the machine may change.

    Raises:
        OptionError: naming every option that differs.
    """
    changes = [f"{_flag(name)} was {before}, now {after}" for name, before, after in _differing(stored, wanted)]
    if changes:
        raise OptionError(f"--resume: an experiment goes on with its own options: {', '.join(changes)}")
    if wanted.optimizer.epochs < stored.optimizer.epochs:
        raise OptionError(
            f"--resume: --epochs may be raised, not lowered: was {stored.optimizer.epochs}, "
            f"now {wanted.optimizer.epochs}"
        )


def _differing(stored: Config, wanted: Config) -> list[tuple[str, object, object]]:
    """The options that decide numbers and are not the same, each with both values."""
    before, after = stored.numeric_options(), wanted.numeric_options()
    before.update(seeds=stored.seeds, baseline=stored.baseline)
    after.update(seeds=wanted.seeds, baseline=wanted.baseline)
    return [(name, before[name], after[name]) for name in before if before[name] != after[name]]


def _begun(path: Path) -> Path | None:
    """The folder, if an experiment has begun there."""
    return path if RunFolder(path).has_begun else None


def _newest_unfinished(config: Config) -> Path | None:
    """The highest number among the folders of the experiment's name that is unfinished and has its options."""
    for path in sorted(DEFAULT_PARENT.glob(f"{numbered_name(config)}-*"), key=_number, reverse=True):
        folder = RunFolder(path)
        if not folder.has_begun or folder.is_finished:
            continue
        try:
            _, stored = RunFolder.open(path)
        except OptionError:  # another version's
            continue
        if not _differing(stored, config) and stored.optimizer.epochs <= config.optimizer.epochs:
            return path
    return None


def _number(path: Path) -> int:
    """The number at the end of a folder's name; -1 where there is none."""
    number = path.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else -1


def _flag(name: str) -> str:
    """An option as the command line spells it."""
    return "--" + name.replace("_", "-")
