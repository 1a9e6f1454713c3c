"""The package's example of a sampler of one's own runs."""

import doctest

import famus_ext.samplers


def test_example():
    result = doctest.testmod(famus_ext.samplers, raise_on_error=True)
    assert result.attempted >= 4
