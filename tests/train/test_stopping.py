"""The first signal is noted, a second acts at once, and afterwards signals mean what they meant."""

import signal
import threading

import pytest

from famus_ext.train.stopping import SIGNALS, Stopped, StopRequest


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_noted(number):
    with StopRequest() as stop:
        assert stop.received is None
        signal.raise_signal(number)
        assert stop.received is number


def test_a_second_signal_acts_at_once():
    with StopRequest() as stop:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert stop.received is signal.SIGTERM


def test_handlers_come_back():
    before = [signal.getsignal(number) for number in SIGNALS]
    with StopRequest():
        assert all(signal.getsignal(number) != handler for number, handler in zip(SIGNALS, before, strict=True))
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_another_thread_than_the_main_one_hears_nothing():
    seen = []

    def listen():
        with StopRequest() as stop:
            seen.append(stop.received)

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert seen == [None]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_exit_code_is_the_shells(number, code):
    assert Stopped(number).exit_code == code
