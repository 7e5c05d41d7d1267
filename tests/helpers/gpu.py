"""Triton's kernels in a test: on a GPU if there is one, else in Triton's interpreter on the CPU.

Import this module before the kernels: whether they are interpreted is decided when they are
defined. Tests that import it are left out where there is no Triton, which exists for Linux only.
"""

from __future__ import annotations

import os
import sys

import pytest
import torch

if sys.platform != "linux":
    pytest.skip("Triton exists for Linux only", allow_module_level=True)

HAS_GPU = torch.cuda.is_available()
if not HAS_GPU:
    os.environ["TRITON_INTERPRET"] = "1"
DEVICE = torch.device("cuda" if HAS_GPU else "cpu")
