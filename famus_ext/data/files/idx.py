"""The IDX format of the MNIST family: arrays of unsigned bytes behind a header, plain or packed by gzip.

bytes 0, 1   zero
byte 2       type of the entries; 8 = unsigned byte
byte 3       number of dimensions d
4 d bytes    sizes, unsigned 32-bit, big-endian
rest         entries, the last dimension fastest
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor

UNSIGNED_BYTE = 8


def read_idx(path: Path, dimensions: int) -> Tensor:
    """The array in a file, which is unpacked where its name ends in `.gz`.

    Args:
        path: The file.
        dimensions: Number of dimensions that it must have: 3 for images, 1 for labels.

    Returns:
        uint8, of the sizes that the header gives.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: for a file that is damaged, incomplete or no such array; the message names it.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "File formats".
    """
    content = _content(path)
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise ValueError(f"{path}: expected a header of {start} bytes, got {len(content)} bytes in all")
    expected = UNSIGNED_BYTE << 8 | dimensions
    magic = int.from_bytes(content[:4], "big")
    if magic != expected:
        raise ValueError(
            f"{path}: expected the magic number {expected}, unsigned bytes in {dimensions} dimensions, got {magic}"
        )
    sizes = struct.unpack(f">{dimensions}I", content[4:start])
    entries = math.prod(sizes)
    if entries == 0 or len(content) - start != entries:
        raise ValueError(
            f"{path}: expected {entries} entries, at least one, for the sizes {sizes}, got {len(content) - start}; "
            "the file is damaged or incomplete"
        )
    return torch.frombuffer(content, dtype=torch.uint8, offset=start).view(sizes)


def _content(path: Path) -> bytearray:
    """The bytes of a file, unpacked; writable, as a tensor's memory must be."""
    if path.suffix != ".gz":
        return bytearray(path.read_bytes())
    try:
        with gzip.open(path) as file:
            return bytearray(file.read())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: expected a gzip file, got one that cannot be unpacked: {error}") from error
