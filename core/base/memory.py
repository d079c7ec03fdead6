"""What becomes of memory that is freed, and what Python looks through in search of more to free."""

import contextlib
import ctypes
import gc
import sys

import pyarrow

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h of glibc
LARGE = 256 * 1024
ARENAS = 2
_looked_through = 0
"""How many modules there were when the collector was last told to pass over what there is."""


def give_back_freed_memory() -> None:
    """Give large blocks back to the system as soon as they are freed, however large those before them were.

    glibc raises the size from which it does so with every large block that is freed, up to 32 MB: a process that holds
    an upload for a second then keeps its memory for good. It also lets every thread fill memory of its own, which a
    server with a thread for each page that is drawn never gets back. Where there is another C library, nothing changes.

    Arrow, in which pandas keeps its texts, has an allocator of its own that does the same: a segment of some megabytes
    for each thread that ever made a column. It is told to use the one above.
    """
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_M_MMAP_THRESHOLD, LARGE)
            library.mallopt(_M_ARENA_MAX, ARENAS)


def collect_only_what_is_new() -> None:
    """Have the garbage collector pass over all that there is now, whenever modules were imported since last time.

    Streamlit collects garbage after each rerun. What libraries brought is never garbage, and looking through it takes
    0.1 s with what a page imports, 0.2 s where TensorFlow is there.
    """
    global _looked_through
    if len(sys.modules) > _looked_through:
        _looked_through = len(sys.modules)
        gc.collect()
        gc.freeze()
