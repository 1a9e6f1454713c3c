"""Steps that are left out because something was not finite: how many, and how many in a row are borne."""

from __future__ import annotations

from famus_ext.errors import NonFiniteError


class Skips:
    """Counts skipped steps, and gives up after too many in a row.

    Args:
        allowed: How many steps in a row may be skipped; 0 is none.

    Attributes:
        total: Steps skipped so far.
        in_a_row: Those of them since the last step that was taken.
    """

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self.total = 0
        self.in_a_row = 0

    def add(self, error: NonFiniteError) -> None:
        """Count a step that failed.

        Raises:
            NonFiniteError: It is one too many in a row.
        """
        if self.in_a_row < self.allowed:
            self.total += 1
            self.in_a_row += 1
            return
        if self.in_a_row:
            raise NonFiniteError(f"after {self.in_a_row} skipped in a row: {error}") from error
        raise error

    def end_row(self) -> None:
        """A step has been taken."""
        self.in_a_row = 0

    def state_dict(self) -> dict[str, int]:
        """Both counts."""
        return {"total": self.total, "in_a_row": self.in_a_row}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from the counts that `state_dict` gave."""
        self.total, self.in_a_row = state["total"], state["in_a_row"]
