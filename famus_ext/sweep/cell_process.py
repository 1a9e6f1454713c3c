"""One cell as a process of its own: what it breaks or leaks is its own, and its peak of memory too."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from famus_ext.train.stopping import SIGNALS

PR_SET_PDEATHSIG = 1  # of Linux' <sys/prctl.h>
_LIBC = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def train_in_process(words: Sequence[str]) -> int:
    """Runs `python -m famus_ext train` and passes on the signals that ask to stop.

    Under Linux the process stops, as after SIGTERM, when this one is killed.

    Args:
        words: Its command line.

    Returns:
        Its exit code; 128 + n after signal n.
    """
    command = [sys.executable, "-m", "famus_ext", "train", *words]
    # A session of its own: the terminal's Ctrl-C comes here alone, and is passed on once.
    process = subprocess.Popen(command, start_new_session=True, preexec_fn=_stop_with_parent)
    with _passing_signals_on(process):
        code = process.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def _passing_signals_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """SIGTERM and SIGINT go to the process, which saves its state and ends."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop_with_parent() -> None:
    """Asks for SIGTERM when the parent ends, however it does, where that can be asked for."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
