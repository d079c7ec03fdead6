"""What the C library does with memory that is freed."""

import contextlib
import ctypes
import sys

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h of glibc
LARGE = 1024 * 1024
ARENAS = 2


def give_back_freed_memory() -> None:
    """Give large blocks back to the system as soon as they are freed, however large those before them were.

    glibc raises the size from which it does so with every large block that is freed, up to 32 MB: a process that holds
    an upload for a second then keeps its memory for good. It also lets every thread fill memory of its own, which a
    server with a thread for each page that is drawn never gets back. Where there is another C library, nothing changes.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_M_MMAP_THRESHOLD, LARGE)
            library.mallopt(_M_ARENA_MAX, ARENAS)
