"""The steps of a table as CUDA graphs, beside the same steps without."""

from dataclasses import replace

import torch

from meta_steps.tables import Row, Table, against


def obstacle(device: torch.device, precision: str) -> str | None:
    """Why no step can be captured; None where it can."""
    if device.type != "cuda":
        return f"CUDA graphs take a GPU, and this is a {device.type} device"
    if precision != "fp32":
        return f"a step is captured in the precision of the first, fp32, and {precision} is asked for"
    return None


def with_captured(table: Table) -> Table:
    """The table with a captured twin of every row that can have one."""
    twins = {
        row.name: against(_reference(table, row), f"{row.name}, captured", capture=True)
        for row in table.rows
        if _fits(row)
    }
    rows = (found for row in table.rows for found in (row, twins.get(row.name)) if found is not None)
    return replace(table, rows=tuple(rows))


def _fits(row: Row) -> bool:
    """Whether MetaStep takes the row's settings with capture=True."""
    exact = row.engine == "pushforward" and row.schedule == "paper" and row.meta_model != "L2R"
    return exact and row.measured and row.micro_batches == 1 and not row.recompute


def _reference(table: Table, row: Row) -> Row:
    """The row that this one is held against, or itself."""
    return next(other for other in table.rows if other.name in (row.same_gradient_as, row.name))
