"""A stand-in for a GPU that counts what the host asks of it: torch's "meta" device.

Tensors there have shapes and no values, so whatever waits for a value of the GPU raises an error.
"""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from helpers.gpu import use_gpu_kernels

DEVICE = torch.device("meta")
KERNELS = {
    "vgpnn.fields_gpu": ("claim_keys", "name_owners"),
    "vgpnn.look_up_gpu": ("look_up",),
    "vgpnn.resampling_gpu": ("resample_axis",),
    "vgpnn.search.gpu_exact": ("compare_all",),
    "vgpnn.search.gpu_kernels": ("improve",),
    "vgpnn.search.packing": ("pack_kernel",),
    "vgpnn.vote.gpu": ("vote_kernel",),
}


class _Counted:
    """Takes the place of a kernel and counts its launches."""

    def __init__(self, name: str, counts: Counter[str]) -> None:
        self._name, self._counts = name, counts

    def __getitem__(self, _):
        return lambda *arguments, **options: self._counts.update([self._name])


class _Operations(TorchDispatchMode):
    """Counts the operations of torch that a GPU would be asked for."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__()
        self._counts = counts

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        found = function(*arguments, **(options or {}))
        parts = [*arguments, *(found if isinstance(found, list | tuple) else [found])]
        is_on_device = any(isinstance(p, torch.Tensor) and p.device == DEVICE for p in parts)
        # A view or new memory is no work for the GPU.
        if is_on_device and not function.is_view and "empty" not in str(function):
            self._counts[str(function)] += 1
        return found


@contextmanager
def counted_launches(monkeypatch: pytest.MonkeyPatch):
    """A counter of launches by the name of the kernel, inside a block."""
    counts: Counter[str] = Counter()
    use_gpu_kernels(monkeypatch, DEVICE)
    for module, names in KERNELS.items():
        for name in names:
            monkeypatch.setattr(sys.modules[module], name, _Counted(name, counts))
    with _Operations(counts):
        yield counts
