"""A mistake that was found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

EXAMPLES = 3  # names that a finding gives


@dataclass(frozen=True)
class Finding:
    """One mistake in the data or the options.

    Attributes:
        problem: What is wrong, one sentence with numbers and a few names.
        remedy: What to do, one sentence.
        is_problem: Whether results will be wrong or missing; otherwise it is something to know.
    """

    problem: str
    remedy: str
    is_problem: bool = True


class DataError(ValueError):
    """Data that cannot be used.

    Attributes:
        problem: What is wrong, one sentence.
        remedy: What to do, one sentence.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy = problem, remedy

    def __str__(self) -> str:
        return f"{self.problem}. {self.remedy}"


def remark(problem: str, remedy: str) -> Finding:
    """Something to know that may well be meant."""
    return Finding(problem, remedy, is_problem=False)


def some(names: list[str] | tuple[str, ...]) -> str:
    """The first few of them."""
    more = f" and {len(names) - EXAMPLES} more" if len(names) > EXAMPLES else ""
    return f"{', '.join(map(str, names[:EXAMPLES]))}{more}"


def counted(number: int, what: str) -> str:
    """`1 image`, `2,000 images`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
