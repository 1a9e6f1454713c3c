"""`metrics.jsonl`: a record an epoch, method and seed, in the order in which they were trained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from famus_ext.train.folder.files import append_line, atomic_write
from famus_ext.train.options.meta_model import Method
from famus_ext.train.recording.records import EpochRecord

Run = tuple[Method, int]
"""A method and a seed."""


class Metrics:
    """The records of an experiment.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, record: EpochRecord) -> None:
        """Adds a record."""
        append_line(self.path, _line(record.to_dict()))

    def restore(self, run: Run, history: Sequence[EpochRecord], runs: Sequence[Run]) -> None:
        """Makes the records of a run those of its checkpoint, which a crash may have left more or fewer of.

        They come last, as those of the run that goes on. Lines that no run of the experiment has are dropped: a crash
        can leave a part of one, and what belongs to a run comes back from its checkpoint.
        """
        kept = [other for other in runs if other != run]
        others = [record for record in self._readable() if (record["method"], record["seed"]) in kept]
        lines = [_line(record) for record in (*others, *(record.to_dict() for record in history))]
        content = "".join(f"{line}\n" for line in lines).encode()
        if not self.path.exists() or self.path.read_bytes() != content:
            with atomic_write(self.path, "wb") as file:
                file.write(content)

    def _readable(self) -> list[dict[str, Any]]:
        """The records that can be read."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_bytes().split(b"\n"):
            try:
                record = json.loads(line)
            except ValueError:  # JSON's and UTF-8's errors are ValueErrors
                continue
            if isinstance(record, dict) and {"method", "seed"} <= record.keys():
                found.append(record)
        return found


def _line(record: dict[str, Any]) -> str:
    """A record as a line."""
    return json.dumps(record)
