"""Arrays that end where the memory of the process ends."""

from __future__ import annotations

import ctypes
import mmap

import torch

PROT_NONE = 0


def guarded(tensor: torch.Tensor) -> torch.Tensor:
    """A copy whose last byte is the last one before a page that may not be touched.

    Whatever reads or writes behind it is killed by the system.
    """
    size = tensor.numel() * tensor.element_size()
    whole = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    pages = mmap.mmap(-1, whole + mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    assert libc.mprotect(address + whole, mmap.PAGESIZE, PROT_NONE) == 0, ctypes.get_errno()
    copy = torch.frombuffer(pages, dtype=torch.uint8, offset=whole - size, count=size)
    return copy.view(tensor.dtype).reshape(tensor.shape).copy_(tensor)
