"""The tables of ops as text."""

from typing import Any

Record = dict[str, Any]

TITLES = f"{'op':22} {'size':32} {'dtype':9} {'µs':>10} {'% of peak':>9} {'eager':>7} {'compiled':>8} {'error':>7}"


def format_row(row: Record) -> str:
    """One op; a star marks one that runs by its definition.

    "% of peak" is of a copy's bytes a second, or of a matrix product's flops; under "eager" and "compiled" stands how
    many times as long as the op the rival takes.
    """
    name = row["op"] + ("" if row["path"] == "native" else " *")
    compiled = f"{row['speedup_over_compiled']['median']:.2f}" if row["speedup_over_compiled"] else "-"
    numbers = f"{row['microseconds']['median']:10.1f} {100 * row['share_of_peak']['median']:9.0f}"
    rivals = f"{row['speedup_over_eager']['median']:7.2f} {compiled:>8} {row['relative_error']:7.0e}"
    return f"{name:22} {row['size']:32} {row['dtype']:9} {numbers} {rivals}"


def format_steps(records: list[Record]) -> str:
    """The whole step in every setting, as a multiple of the step with every op native, with quartiles."""
    lines = []
    for record in records:
        heading = f"{record['step']} ({record['network']})"
        if heading not in lines:
            lines.append(heading)
        multiple = record["times_native"]
        spread = f"{multiple['median']:.3f} [{multiple['lower_quartile']:.3f}, {multiple['upper_quartile']:.3f}]"
        lines.append(f"  {record['ops']:38} {record['ms']['median']:9.1f} ms   {spread}")
    return "\n".join(lines)
