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

    The bytes are on the disk (fsync) before the name changes (`os.replace`), so a crash at any moment leaves the
    old file or the new one.

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
