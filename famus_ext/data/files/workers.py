"""What goes wrong in the worker processes that read images, said as if it had gone wrong here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from famus_ext.data.files.images import ImageError


class WorkerError(RuntimeError):
    """A worker process has died."""


@contextmanager
def worker_errors() -> Iterator[None]:
    """Says in one line what has gone wrong in the workers of a `DataLoader`.

    PyTorch raises the death of a worker from a signal handler, so at any point of what the main process does: the block
    is all that runs while there are workers.

    Raises:
        ImageError: for an image that cannot be read.
        WorkerError: when a worker process has died.
    """
    try:
        yield
    except ImageError as error:
        # A worker's error has the worker's whole traceback for a message, which ends with the error's own.
        raise ImageError(str(error).strip().rpartition(f"{ImageError.__name__}: ")[2]) from error
    except RuntimeError as error:
        if "DataLoader worker (pid" not in str(error):
            raise
        raise WorkerError(
            f"a worker process that reads images has died: {error}. Likely causes: too little memory, or too little "
            "shared memory (/dev/shm); fewer workers need less of both"
        ) from error
