"""How the C library keeps freed memory, in a process that serves many people for a long time."""

from __future__ import annotations

import contextlib
import ctypes
import platform

HEAPS = 2  # for all threads together
M_ARENA_MAX = -8  # the number of this parameter of glibc's mallopt, from its malloc.h


def share_heaps() -> None:
    """Let all threads take memory from a few heaps; other C libraries than glibc are left alone.

    glibc gives each thread a heap of its own, up to eight for each processor. When many requests
    come at once, some things stay of each of them, such as a session or a record, in heaps that are
    not used again for long; nearly every page of these heaps then holds something, and none goes
    back to the system. In few heaps the next requests fill these gaps.
    Call this before threads are started.
    """
    if platform.libc_ver()[0] == "glibc":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)
