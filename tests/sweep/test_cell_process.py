"""A cell's process: its exit code, and the signals that are passed on to it. The process here is a small script."""

import os
import signal
import sys
import threading
import time

import pytest

from famus_ext.sweep.cell_process import train_in_process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Lets a script stand for Python: `script("exit 3")`."""

    def write(text, interpreter="/bin/sh"):
        path = tmp_path / "python"
        path.write_text(f"#!{interpreter}\n{text}\n")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))

    return write


def test_words_go_to_train(script, tmp_path):
    script(f'echo "$@" > {tmp_path / "words"}')
    assert train_in_process(["--lr", "0.1"]) == 0
    assert (tmp_path / "words").read_text() == "-m famus_ext train --lr 0.1\n"


@pytest.mark.parametrize(("text", "code"), [("exit 3", 3), ("kill -KILL $$", 137), ("kill -TERM $$", 143)])
def test_exit_codes_are_a_shells(script, text, code):
    script(text)
    assert train_in_process([]) == code


LISTENER = """
import pathlib, signal, sys, time
signal.signal({number}, lambda *_: sys.exit({code}))
pathlib.Path({ready!r}).touch()
while True:
    time.sleep(0.02)
"""
# A shell could not: what is ignored when it begins, as SIGINT is behind "&", its trap does not catch.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_passed_on_and_mean_what_they_meant_afterwards(script, tmp_path, number):
    ready = tmp_path / "ready"
    script(LISTENER.format(number=int(number), code=128 + number, ready=str(ready)), sys.executable)
    before = signal.getsignal(number)

    def send():
        while not ready.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    assert train_in_process([]) == 128 + number
    thread.join()
    assert signal.getsignal(number) == before
