"""Keeping memory that a step has freed, for the next step: on Linux the C library gives it back page by page."""

from __future__ import annotations

import ctypes
import sys

# Of glibc's <malloc.h>: give the end of the heap back when more than this is free; how many blocks may lie outside it.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
LARGEST = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, as PyTorch does on a GPU.

    A meta step on a CPU allocates and frees several times what a plain step does. glibc gives large free blocks back to
    the system, which hands them out again page by page, each filled with zeros. Kept, they cost nothing; the resident
    set then stays near its peak. The setting is the whole process's, for good.

    Returns:
        Whether the C library took the setting; False where it is not glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    settings = ((M_TRIM_THRESHOLD, LARGEST), (M_MMAP_MAX, 0))
    return all(mallopt(ctypes.c_int(option), ctypes.c_int(value)) == 1 for option, value in settings)
