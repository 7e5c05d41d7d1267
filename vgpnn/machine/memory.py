"""A budget for memory: what does not fit lies in files, of which the bands in work are in memory.

The kernels work in bands (`threads.run_bands`), so most of a large array is not needed at any one
time. Beyond the budget arrays are mapped from temporary files, and after a band their pages are
handed back to the system, which keeps them as long as it has room. The numbers are the same.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import math
import mmap
import os
import re
import sys
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

import torch

SMALL = 2**20  # [bytes] arrays below this are not worth a file
STATM = Path("/proc/self/statm")  # Linux
DISK = "/var/tmp"
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}

_mapped: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
_ceiling: int | None = None  # [bytes] of the whole process; None: no budget
_asked = os.environ.get("VGPNN_MEMORY")  # for the first array: by then the process has loaded


def limit(budget: int | None) -> None:
    """Bytes that work may take on top of what the process holds now; None: no limit.

    VGPNN_MEMORY sets it at first. Everywhere but on Linux there is no limit. GPUs have memory of
    their own, which this is not about.
    """
    global _ceiling, _asked
    _asked = None
    _ceiling = None if budget is None or not STATM.exists() else held() + budget


def parsed(text: str) -> int:
    """Bytes from "500M" or "2G". Raises ValueError with one sentence."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if found is None:
        raise ValueError(f"An amount of memory looks like 500M or 2G, not {text!r}.")
    return int(float(found[1]) * UNITS[found[2].upper()])


def held() -> int:
    """Bytes of memory that the process holds now, or where that is not known held at most."""
    if STATM.exists():
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def give_back() -> None:
    """Hand memory that was freed, but is kept for what comes, back to the system."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # the C library of Linux can
        ctypes.CDLL(None).malloc_trim(0)


def empty(
    shape: Iterable[int], dtype: torch.dtype, device: torch.device | None = None
) -> torch.Tensor:
    """`torch.empty`, in a file where it would go beyond the budget. Raises ValueError where the
    disk is full, too."""
    if _asked is not None:
        limit(parsed(_asked))
    shape = tuple(shape)
    size = math.prod(shape) * dtype.itemsize
    on_cpu = device is None or device.type == "cpu"
    if _ceiling is None or not on_cpu or size < SMALL or held() + size <= _ceiling:
        return torch.empty(shape, dtype=dtype, device=device)
    # Not /tmp, which may be memory itself.
    folder = None if "TMPDIR" in os.environ or not os.access(DISK, os.W_OK) else DISK
    with tempfile.TemporaryFile(prefix="vgpnn-", dir=folder) as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk would kill the process later
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EFBIG):
                raise
            raise ValueError(
                f"There is no room for {size / 1e6:.0f} MB of temporary files: choose a smaller "
                "clip, or set TMPDIR to a larger disk."
            ) from None
        pages = mmap.mmap(file.fileno(), size)
    _mapped.add(pages)
    return torch.frombuffer(pages, dtype=dtype).reshape(shape)


def trim() -> None:
    """Hand back the pages of mapped arrays if the process holds more than it may."""
    if _ceiling is not None and _mapped and held() > _ceiling:
        for pages in list(_mapped):
            pages.madvise(mmap.MADV_DONTNEED)  # they are the file's: nothing is lost
