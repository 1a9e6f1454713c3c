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
from typing import IO

import torch
from torch import Tensor

UNSIGNED_BYTE = 8
LARGEST_RATIO = 1032  # of gzip's compression


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
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            sizes = _read_sizes(path, file, dimensions)
            entries = math.prod(sizes)
            # What the file cannot hold is not asked for: a reader takes the memory first.
            content = bytearray(file.read(min(entries, _largest_content(path)) + 1))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: expected a gzip file, got one that cannot be unpacked: {error}") from error
    if entries == 0 or len(content) != entries:
        raise ValueError(
            f"{path}: expected {entries} entries, at least one, for the sizes {sizes}, got "
            f"{'more' if len(content) > entries else len(content)}; the file is damaged or incomplete"
        )
    return torch.frombuffer(content, dtype=torch.uint8).view(sizes)


def _read_sizes(path: Path, file: IO[bytes] | gzip.GzipFile, dimensions: int) -> tuple[int, ...]:
    """The header."""
    start = 4 + 4 * dimensions
    header = file.read(start)
    if len(header) < start:
        raise ValueError(f"{path}: expected a header of {start} bytes, got {len(header)} bytes in all")
    expected = UNSIGNED_BYTE << 8 | dimensions
    magic = int.from_bytes(header[:4], "big")
    if magic != expected:
        raise ValueError(
            f"{path}: expected the magic number {expected}, unsigned bytes in {dimensions} dimensions, got {magic}"
        )
    return struct.unpack(f">{dimensions}I", header[4:])


def _largest_content(path: Path) -> int:
    """Bytes that a file of this size can hold at most."""
    return path.stat().st_size * (LARGEST_RATIO if path.suffix == ".gz" else 1)
