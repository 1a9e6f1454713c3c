"""SIGTERM and SIGINT end a run between two steps, so that its state can be saved."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(Exception):
    """A run was asked to stop, and has saved its state.

    Attributes:
        signal: The signal that asked.
    """

    def __init__(self, received: signal.Signals) -> None:
        super().__init__(f"stopped by {received.name}")
        self.signal = received

    @property
    def exit_code(self) -> int:
        """What shells report for a program that the signal ended."""
        return 128 + self.signal


class StopRequest:
    """A context in which the first signal is noted, and a second one acts at once.

    Attributes:
        received: The signal; None before there is one.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        """Listens; signals can only be had in the main thread, and elsewhere none come."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Listens no longer."""
        self._forget()

    def _note(self, number: int, frame: FrameType | None) -> None:
        """The first signal."""
        self.received = signal.Signals(number)
        self._forget()

    def _forget(self) -> None:
        """Signals mean what they meant before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
