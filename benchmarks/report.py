"""A measured table as text."""

from collections.abc import Callable
from typing import Any

Record = dict[str, Any]

COLUMNS: tuple[tuple[str, Callable[[Record], str]], ...] = (
    ("", lambda row: row["name"]),
    ("ms", lambda row: _spread(row["ms"], 1)),
    ("x plain", lambda row: _spread(row["times_plain"], 2)),
    ("MiB", lambda row: f"{row['peak_bytes'] / 2**20:.0f}"),
    ("x plain", lambda row: f"{row['peak_times_plain']:.2f}"),
    ("speed-up", lambda row: f"{row['speedup']['median']:.2f}"),
    ("paper's", lambda row: _number(row["paper_speedup"], ".2f")),
    ("paper's ms", lambda row: _number(row["paper_ms"], ".0f")),
    ("layers", lambda row: _number(row["active_layers"], ".1f")),
    ("error", lambda row: _number(row["agreement"] and row["agreement"]["meta_gradient"], ".0e")),
)


def format_table(table: Record) -> str:
    """Lay out the record of one table: a line a row, then what is missing.

    Times stand with their quartiles; "speed-up" is over double backward through every layer, in this run and in the
    paper; "error" is the meta gradient's relative error against double backward through the same layers.
    """
    size = f"WRN-{table['depth']}-{table['width']}, batch {table['batch']} + {table['meta_batch']}"
    lines = [f"{table['title']} ({size}, {table['rounds']} rounds)"]
    if table["rows"]:
        cells = [[title for title, _ in COLUMNS]] + [[show(row) for _, show in COLUMNS] for row in table["rows"]]
        widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS))]
        for name, *values in cells:
            aligned = (value.rjust(width) for value, width in zip(values, widths[1:], strict=True))
            lines.append("  ".join((name.ljust(widths[0]), *aligned)))
    if table["missing"]:
        lines.append(f"not there yet: {'; '.join(table['missing'])}")
    return "\n".join(lines)


def _spread(spread: Record, digits: int) -> str:
    """Median with the quartiles in brackets."""
    low, high = spread["lower_quartile"], spread["upper_quartile"]
    return f"{spread['median']:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _number(value: float | None, form: str) -> str:
    """A number, or a dash where there is none."""
    return "-" if value is None else format(value, form)
