"""Conditions of every test."""

import os
import signal

if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores; set before torch is imported
    os.environ.setdefault("OMP_NUM_THREADS", "1")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in what a shell starts behind "&"
    signal.signal(signal.SIGINT, signal.default_int_handler)
