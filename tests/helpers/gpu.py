"""Triton's kernels in a test: on a GPU if there is one, else in Triton's interpreter on the CPU.

`conftest.py` decides which. Tests that import this module are left out where there is no Triton,
which exists for Linux only.
"""

from __future__ import annotations

import os
import sys

import pytest
import torch

if sys.platform != "linux":
    pytest.skip("Triton exists for Linux only", allow_module_level=True)

HAS_GPU = torch.cuda.is_available() and os.environ.get("TRITON_INTERPRET") != "1"
DEVICE = torch.device("cuda" if HAS_GPU else "cpu")


def use_gpu_kernels(monkeypatch: pytest.MonkeyPatch, device: torch.device = DEVICE) -> None:
    """Let the GPU's kernels run on everything that lies on a device."""
    for name, module in list(sys.modules.items()):
        if name.startswith("vgpnn.") and hasattr(module, "runs_gpu_kernels"):
            monkeypatch.setattr(module, "runs_gpu_kernels", lambda of: of.type == device.type)
