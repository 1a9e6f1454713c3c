"""A table as text, Markdown or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Literal

from famus_ext.compare.layout import Measure
from famus_ext.compare.table import Table, TableRow
from famus_ext.train.recording.records import Spread

Format = Literal["text", "markdown", "csv"]
MEMORY = "memory: on a GPU what PyTorch had allocated at most, on a CPU the resident set of the whole process"
PAPER_MS = "paper ms: a step of the paper's network on one V100, whatever was trained here"
MEASURES: dict[Measure, str] = {
    "final": "test accuracy after the last epoch",
    "best": "test accuracy at the best epoch",
}
UNKNOWN = "–"


def written(table: Table, form: Format) -> str:
    """The table in a form."""
    forms: dict[Format, Callable[[Table], str]] = {"text": to_text, "markdown": to_markdown, "csv": to_csv}
    return forms[form](table)


def to_text(table: Table) -> str:
    """Aligned columns, the first one to the left."""
    header, *rows = _cells(table)
    widths = [max(len(row[place]) for row in (header, *rows)) for place in range(len(header))]
    words = _words(table)
    lines = []
    for row in (header, *rows):
        cells = [
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([*([table.title] if table.title else []), *lines, *_footnotes(table)])


def to_markdown(table: Table) -> str:
    """A table of GitHub's Markdown, the notes as a list below."""
    header, *rows = _cells(table)
    words = _words(table)
    rule = ["---" if place < words else "---:" for place in range(len(header))]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (header, rule, *rows)]
    title = [f"**{table.title}**", ""] if table.title else []
    return "\n".join([*title, *lines, "", *(f"- {note}" for note in _footnotes(table))]) + "\n"


def to_csv(table: Table) -> str:
    """A line a row with a header; numbers as they are, shares of 1 but the paper's percentage."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    spreads = ("final", "best", "difference")
    plain = ("paper", "noise_rate", "ms_per_step", "paper_ms", "peak_memory_bytes")
    names = [f"{name}_{part}" for name in spreads for part in ("mean", "deviation")]
    writer.writerow(["group", "name", "seeds", *names, *plain])
    for row in table.rows:
        parts = [spread and (spread.mean, spread.deviation) for spread in (getattr(row, name) for name in spreads)]
        numbers = [number for pair in parts for number in (pair or (None, None))]
        seeds = " ".join(map(str, row.seeds))
        writer.writerow([row.group, row.name, seeds, *numbers, *(getattr(row, name) for name in plain)])
    return file.getvalue()


def _cells(table: Table) -> list[list[str]]:
    """The header and the rows; a column that no row has anything for is left out."""
    columns: dict[str, Callable[[TableRow], str]] = {
        "": lambda row: row.name,
        "condition": lambda row: row.group,
        "final %": lambda row: _percent(row.final),
        "best %": lambda row: _percent(row.best),
        "difference": lambda row: _percent(row.difference, sign="+"),
        "paper %": lambda row: _number(row.paper, "g"),
        "seeds": lambda row: str(len(row.seeds)),
        "wrong labels %": lambda row: _number(row.noise_rate and 100 * row.noise_rate, ".1f"),
        "ms/step": lambda row: _number(row.ms_per_step, ".1f"),
        "paper ms": lambda row: _number(row.paper_ms, "g"),
        "memory MiB": lambda row: _number(row.peak_memory_bytes and row.peak_memory_bytes / 2**20, ".0f"),
    }
    filled = {header: [of(row) for row in table.rows] for header, of in columns.items()}
    shown = {header: cells for header, cells in filled.items() if any(cell not in ("", UNKNOWN) for cell in cells)}
    return [list(shown), *(list(row) for row in zip(*shown.values(), strict=True))]


def _words(table: Table) -> int:
    """Number of columns that hold words: the name, and the condition where there is one."""
    return 2 if any(row.group for row in table.rows) else 1


def _footnotes(table: Table) -> list[str]:
    """What must be known to read the table."""
    seeds = max(len(row.seeds) for row in table.rows)
    spread = ["mean ± sample deviation over the seeds"] if seeds > 1 else []
    compared = any(row.difference is not None for row in table.rows)
    less = f"difference: {MEASURES[table.measure]} less that of {table.reference} on the same seeds"
    paper = [PAPER_MS] if any(row.paper_ms is not None for row in table.rows) else []
    return [*spread, *([less] if compared else []), *paper, MEMORY, *table.notes]


def _percent(spread: Spread | None, sign: str = "") -> str:
    """Mean and deviation in percent."""
    if spread is None:
        return UNKNOWN
    mean = format(round(100 * spread.mean, 1) + 0.0, f"{sign}.1f")  # -0.0 + 0.0 is 0.0
    return mean if spread.deviation is None else f"{mean} ± {100 * spread.deviation:.1f}"


def _number(value: float | None, form: str) -> str:
    """A number, a dash where there is none."""
    return UNKNOWN if value is None else format(value, form)
