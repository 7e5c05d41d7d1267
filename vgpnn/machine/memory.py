"""A budget for memory: arrays that do not fit into it lie in temporary files.

The kernels run band by band (`threads.run_bands`), so most of a large array is not needed at the
same time. An array beyond the budget is mapped from a temporary file. After each band its pages are
handed back to the system, which keeps them in memory only as long as there is room. The numbers in
the array are the same as without a budget.
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

SMALLEST_FILE = 2**20  # [bytes] smaller arrays are always kept in memory
STATM = Path("/proc/self/statm")  # exists on Linux
DISK_FOLDER = "/var/tmp"  # for temporary files: /tmp may be kept in memory
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}

_mapped: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()  # the arrays that lie in files
_most_bytes: int | None = None  # [bytes] that the process may hold in all; None is no limit
# What the environment names as the budget. It is used at the first array and then forgotten,
# because the budget counts from what the process holds once everything is loaded.
_initial_budget = os.environ.get("VGPNN_MEMORY")


def limit(budget: int | None) -> None:
    """Limit memory to what the process holds now and `budget` bytes more; None is no limit.

    Without a call the environment variable VGPNN_MEMORY names the budget. The limit holds only on
    Linux, and only for the memory of the CPU.
    """
    global _most_bytes, _initial_budget
    _initial_budget = None
    has_limit = budget is not None and STATM.exists()
    _most_bytes = resident_bytes() + budget if has_limit else None


def parse_size(text: str) -> int:
    """The number of bytes that a text such as "500M" or "2G" means.

    Raises ValueError with one sentence for other texts.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise ValueError(f"An amount of memory looks like 500M or 2G, not {text!r}.")
    return int(float(match[1]) * UNITS[match[2].upper()])


def resident_bytes() -> int:
    """Bytes of memory that the process holds now; outside Linux, the most that it has held."""
    if STATM.exists():
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource  # Windows has no such module.

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def free_gpu_bytes(device: torch.device) -> int:
    """Bytes of a GPU's memory that this process can still take; torch keeps some that are free."""
    free, _ = torch.cuda.mem_get_info(device)
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return free + kept


def release_freed() -> None:
    """Hand memory that is no longer used back to the system, as far as the C library can."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # glibc has this function.
        ctypes.CDLL(None).malloc_trim(0)


def empty(
    shape: Iterable[int], dtype: torch.dtype, device: torch.device | None = None
) -> torch.Tensor:
    """Like `torch.empty`, but in a temporary file where the budget does not suffice.

    Raises ValueError with one sentence where the disk does not suffice either.
    """
    if _initial_budget is not None:
        limit(parse_size(_initial_budget))
    shape = tuple(shape)
    size = math.prod(shape) * dtype.itemsize
    on_cpu = device is None or device.type == "cpu"
    has_limit = _most_bytes is not None and on_cpu and size >= SMALLEST_FILE
    if not has_limit or resident_bytes() + size <= _most_bytes:
        return torch.empty(shape, dtype=dtype, device=device)
    can_choose = "TMPDIR" not in os.environ and os.access(DISK_FOLDER, os.W_OK)
    with tempfile.TemporaryFile(prefix="vgpnn-", dir=DISK_FOLDER if can_choose else None) as file:
        try:
            # Without this, a disk that fills up later would kill the process.
            os.posix_fallocate(file.fileno(), 0, size)
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
    """Hand back the pages of arrays in files if the process holds more than it may."""
    if _most_bytes is not None and _mapped and resident_bytes() > _most_bytes:
        for pages in list(_mapped):
            pages.madvise(mmap.MADV_DONTNEED)  # The file keeps what was written to them.
