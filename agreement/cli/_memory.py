"""The memory of the process of the command: what was freed is used again instead of being fetched anew."""

import sys

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3  # numbers in malloc.h
LARGEST = 1 << 30
STEP = 1 << 26


def keep_freed_memory() -> None:
    """Keep memory that was freed, where the C library is glibc; elsewhere do nothing.

    By default glibc gives every large array back to the system when it is freed, and the system fills the next one with
    zeros, page by page: of ten million labels that was a fifth of all processor time. It is the process of the command
    that is told so, never one that only imports the package.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((TRIM_THRESHOLD, LARGEST), (TOP_PAD, STEP), (MMAP_THRESHOLD, LARGEST)):
            mallopt(option, value)
