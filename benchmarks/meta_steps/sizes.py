"""Another network or batch than a table's own."""

from dataclasses import asdict, dataclass, replace

from meta_steps.tables import Table


@dataclass(frozen=True)
class Sizes:
    """What to change in a table; None leaves it.

    Attributes:
        depth: Depth of the network, 6 n + 4.
        width: Width of the network.
        batch: Size of both batches.
    """

    depth: int | None = None
    width: int | None = None
    batch: int | None = None

    def of(self, table: Table) -> Table:
        """The table in these sizes. Ends the script where a network or a row of the table cannot have them."""
        sizes = asdict(self) | {"meta_batch": self.batch}
        try:
            return replace(table, **{name: size for name, size in sizes.items() if size is not None})
        except ValueError as error:
            raise SystemExit(str(error)) from None
