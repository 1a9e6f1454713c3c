"""What can go wrong in a meta step, beyond a bad argument."""

from __future__ import annotations


class PushforwardError(RuntimeError):
    """The pushforward cannot pass a node of the autograd graph; the message names the node and the way out."""


class NonFiniteError(ArithmeticError):
    """A loss or a gradient is NaN or infinite; it has not reached the network's parameters."""
