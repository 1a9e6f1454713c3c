"""The tree of files that a data set is published as, and the message for one that is not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ARCHIVES = (".tgz", ".tar", ".gz", ".zip")


@dataclass(frozen=True)
class Published:
    """How a data set is published.

    Attributes:
        title: Its name.
        tree: The files that are expected, a line each.
        origin: Where they come from.
    """

    title: str
    tree: str
    origin: str

    def root(self, path: str | Path | None) -> Path:
        """The folder that the caller names.

        Raises:
            ValueError: for none.
            FileNotFoundError: when it is not there.
        """
        if path is None:
            raise ValueError(f"data_path: expected the folder of {self.title}, got none. {self._expected()}")
        if not Path(path).is_dir():
            raise FileNotFoundError(f"{path}: there is no such folder. {self._expected()}")
        return Path(path)

    def layout(self, root: Path, layouts: Mapping[str, Sequence[str]]) -> str:
        """The first of the layouts in use, by name, whose files and folders (patterns, below `root`) are all there.

        Raises:
            FileNotFoundError: for none, with what each of them lacks.
        """
        missing = {}
        for name, patterns in layouts.items():
            missing[name] = [pattern for pattern in patterns if not any(root.glob(pattern))]
            if not missing[name]:
                return name
        raise self.missing(root, (f"{name or '.'}: {', '.join(patterns)}" for name, patterns in missing.items()))

    def missing(self, root: Path, missing: Iterable[str]) -> FileNotFoundError:
        """The error for files that are not there."""
        lines = [f"{self.title} is not in {root}. Missing, by layout:", *(f"  {line}" for line in missing)]
        archives = sorted(file.name for file in root.iterdir() if file.suffix in ARCHIVES) if root.is_dir() else []
        if archives:
            lines.append(f"There are archives, which must be unpacked: {', '.join(archives)}")
        return FileNotFoundError("\n".join([*lines, self._expected()]))

    def _expected(self) -> str:
        tree = "\n".join(f"  {line}" for line in self.tree.splitlines())
        return f"Expected:\n{tree}\nIt comes from {self.origin}."
