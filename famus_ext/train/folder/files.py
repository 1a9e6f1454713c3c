"""Files that are either the old one or the new one, never half of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def atomic_write(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Opens a temporary file beside `path`; it takes the name when the block ends, and is removed when it fails.

    The bytes are on the disk (fsync) before the name changes (`os.replace`), and so is the name (fsync of the folder)
    when the block has ended: a crash at any moment leaves the old file or the new one.

    Args:
        path: The file to write.
        mode: `"w"` for UTF-8 text with the line ends written, `"wb"` for bytes.
    """
    temporary = path.with_name(f".{path.name}.tmp")  # the same folder, so the same file system: a rename is atomic
    text: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    try:
        with open(temporary, mode, **text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def append_line(path: Path, line: str) -> None:
    """Adds a line, on the disk when this returns; a write that fails, on a full disk say, leaves nothing of it.

    A crash can leave a part of the line at the end.
    """
    with path.open("ab") as file:
        end = file.tell()
        try:
            file.write(f"{line}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            os.truncate(path, end)
            raise


def remove_leftovers(folder: Path) -> None:
    """Removes the temporary files of writes that a crash cut short."""
    for path in folder.glob(".*.tmp"):
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Brings a folder's names to the disk, where folders can be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
