"""Random numbers of an example: a function of what they are for, of nothing that came before.

Numbers that follow from (seed, batch, example) alone are the same for every number of worker processes and of training
processes, and after a run that was interrupted; no generator's state has to be kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def example_seeds(seed: int, batch: int, examples: NDArray[np.int64]) -> NDArray[np.uint64]:
    """64 random bits for every example of a batch.

    Args:
        seed: Of the stream, 63 bits; see `stream_seed`.
        batch: The batch's number in the stream, from 0.
        examples: Positions of the examples in their set, int64 `[n]`.

    Returns:
        uint64 `[n]`: the counters (seed, batch, example), mixed one after the other.
    """
    stream = _mix(np.array([seed], dtype=np.uint64))
    return _mix(_mix(stream + np.uint64(batch)) + examples.astype(np.uint64))


def uniform(seeds: NDArray[np.uint64], count: int) -> NDArray[np.float64]:
    """`count` numbers for each of `seeds` `[n]`, uniform in `[0, 1)`, float64 `[n, count]`.

    Source: splitmix64, G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    bits = _mix(seeds[:, None] + GOLDEN * np.arange(count, dtype=np.uint64))
    numbers: NDArray[np.float64] = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return numbers


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Splitmix64's output function: every bit of x decides every bit of the result. Overflow is meant."""
    x = x + GOLDEN
    x = (x ^ (x >> np.uint64(30))) * FACTORS[0]
    x = (x ^ (x >> np.uint64(27))) * FACTORS[1]
    x ^= x >> np.uint64(31)
    return x
