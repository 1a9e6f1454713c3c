"""The package's example runs as it stands."""

import doctest

from famus_ext import diagnostics


def test_example():
    failed, attempted = doctest.testmod(diagnostics)
    assert attempted > 10
    assert not failed
