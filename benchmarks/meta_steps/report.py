"""A measured table as text."""

from collections.abc import Callable
from typing import Any

Record = dict[str, Any]

COLUMNS: tuple[tuple[str, Callable[[Record], str]], ...] = (
    ("", lambda row: row["name"]),
    ("ms", lambda row: f"{row['ms']['median']:.1f}"),
    ("x plain", lambda row: _spread(row["times_plain"])),
    ("predicted", lambda row: f"{row['predicted']['times_plain']:.2f}"),
    ("memory", lambda row: f"{row['peak_times_plain']:.2f}"),
    ("faster", lambda row: f"{row['speedup']['median']:.2f}"),
    ("paper", lambda row: _number(row["paper_speedup"], ".2f")),
    ("V100 ms", lambda row: _number(row["paper_ms"], ".0f")),
    ("layers", lambda row: _number(row["active_layers"], ".1f")),
    ("error", lambda row: _number(row["agreement"] and row["agreement"]["meta_gradient"], ".0e")),
)


def format_table(table: Record) -> str:
    """Lay out the record of one table: a line a row, without the columns that would be empty.

    "x plain" is the time as a multiple of plain SGD's, with quartiles, and "predicted" what the arithmetic alone gives
    for it (see `predicted`); "memory" is a multiple of plain SGD's as well; "faster" is the speed-up over double
    backward through every layer, in this run and in the paper; "V100 ms" is the paper's time; "error" is the meta
    gradient's relative error against double backward through the same layers. "no credit" in a name is
    `credit_inactive=False`.
    """
    rows = table["rows"]
    shown = [(title, [show(row) for row in rows]) for title, show in COLUMNS]
    columns = [[title, *cells] for title, cells in shown if any(cell != "-" for cell in cells)]
    widths = [max(map(len, column)) for column in columns]
    lines = [
        f"{table['title']} ({table['size']}, {table['rounds']} rounds)",
        f"plain SGD allocates {rows[0]['peak_bytes'] / 2**20:.0f} MiB",
    ]
    for name, *values in zip(*columns, strict=True):
        aligned = (value.rjust(width) for value, width in zip(values, widths[1:], strict=True))
        lines.append("  ".join((name.ljust(widths[0]), *aligned)))
    return "\n".join(lines)


def _spread(spread: Record) -> str:
    """Median with the quartiles in brackets."""
    return f"{spread['median']:.2f} [{spread['lower_quartile']:.2f}, {spread['upper_quartile']:.2f}]"


def _number(value: float | None, form: str) -> str:
    """A number, or a dash where there is none."""
    return "-" if value is None else format(value, form)
