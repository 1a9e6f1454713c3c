"""The steps of other packages and of PyTorch's other means, beside a table's own rows."""

from dataclasses import replace

from meta_steps.tables import Row, Table, against

from rivals.packages import is_installed

COMPILED = Row("plain SGD, torch.compile", "compiled plain")


def with_rivals(table: Table) -> Table:
    """The table with every rival whose package is installed, held against double backward through every layer."""
    base = table.base_of(Row("", "pushforward"))
    rivals = {
        against(base, "torch.func.jvp", engine="forward mode"): None,
        against(base, "one-sided difference", engine="one-sided difference", approximate=True): None,
        against(base, "torchopt", engine="torchopt"): "torchopt",
        against(base, "betty-ml, DARTS", engine="betty", approximate=True): "betty",
    }
    rows = [row for row, package in rivals.items() if is_installed(package)]
    return replace(table, rows=(*table.rows, COMPILED, *rows))
