"""One job at a time in the folder of an experiment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.check import OptionError

NAME = ".lock"


@contextmanager
def only_job(folder: RunFolder) -> Iterator[None]:
    """Keeps other jobs out of a folder: two would mix their records and overwrite each other's checkpoints.

    The lock is the operating system's, so that of a job that was killed is gone with it. Of a job's several processes
    the one that writes holds it.

    Raises:
        OptionError: when another job has it.
    """
    if not folder.writes:
        yield
        return
    lock = FileLock(folder.path / NAME)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise OptionError(
            f"{folder.path}: another job is running in this folder; wait for it, or name another by --out"
        ) from error
    try:
        yield
    finally:
        lock.release()
