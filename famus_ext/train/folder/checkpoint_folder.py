"""The checkpoints of one run: the last few of them, each with its own hash in its name.

`epoch0003-step00000041-1f0c9e7a2b8d4f60.pt` is the state after 3 epochs and 41 steps in all; the last part is the
beginning of the file's SHA-256, as in the names of `torch.hub`: a file that is not whole is known by it.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path

from famus_ext.train.folder.checkpoint import CheckpointError, restore, to_bytes
from famus_ext.train.folder.files import atomic_write, remove_leftovers
from famus_ext.train.trainer import Trainer

NAME = re.compile(r"epoch(\d+)-step(\d+)-([0-9a-f]{16})\.pt")
HASH_LENGTH = 16


class CheckpointFolder:
    """Writes checkpoints and finds the newest that is whole.

    Args:
        path: The folder; made when the first is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self) -> list[Path]:
        """The checkpoints, the oldest first."""
        found = [(match, path) for path in self.path.glob("*.pt") if (match := NAME.fullmatch(path.name))]
        return [path for match, path in sorted(found, key=lambda entry: [int(n) for n in entry[0].group(1, 2)])]

    def save(self, trainer: Trainer, keep: int) -> Path:
        """Writes a checkpoint, then removes all but the last `keep`, so that there are never fewer.

        Raises:
            OSError: when it cannot be written; those before it are still there.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        content = to_bytes(trainer)
        path = self.path / f"epoch{trainer.epoch:04d}-step{trainer.steps:08d}-{_hash(content)}.pt"
        with atomic_write(path, "wb") as file:
            file.write(content)
        for old in self.files()[:-keep]:
            old.unlink(missing_ok=True)
        remove_leftovers(self.path)
        return path

    def load(self, trainer: Trainer) -> list[str]:
        """Brings a fresh trainer to the newest whole checkpoint, if there is any.

        Returns:
            What is wrong with each newer one, which is put aside under the name `<name>.damaged`.

        Raises:
            CheckpointError: when there are some and none is whole, or the newest whole one is of another run.
            OSError: when one cannot be read; it may be whole, so nothing is put aside.
        """
        damaged: dict[Path, str] = {}
        for path in reversed(self.files()):
            try:
                content = _whole(path)
            except ValueError as error:
                damaged[path] = f"{path}: damaged: {error}"
                continue
            restore(content, str(path), trainer)
            for one in damaged:
                with suppress(FileNotFoundError):  # another process of the run has done it
                    one.rename(one.with_name(f"{one.name}.damaged"))
            return list(damaged.values())
        if damaged:
            raise CheckpointError(
                f"{'; '.join(damaged.values())}; no other is left: remove {self.path} to train this run from the start"
            )
        return []


def _whole(path: Path) -> bytes:
    """The bytes of a checkpoint.

    Raises:
        ValueError: They are not those that its name stands for.
    """
    content = path.read_bytes()
    found, expected = _hash(content), path.stem[-HASH_LENGTH:]
    if found != expected:
        raise ValueError(f"expected SHA-256 {expected}..., got {found}... of {len(content)} bytes")
    return content


def _hash(content: bytes) -> str:
    """The beginning of the SHA-256."""
    return hashlib.sha256(content).hexdigest()[:HASH_LENGTH]
