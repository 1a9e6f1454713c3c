"""Conditions of every test."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores; set before torch is imported
    os.environ.setdefault("OMP_NUM_THREADS", "1")
