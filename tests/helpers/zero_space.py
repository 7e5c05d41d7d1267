"""Starts app.py as on a ZeroGPU Space, with the real package `spaces`, on any machine.

`test_zero_gpu.py` starts this as a process; the environment names the service that lends GPUs. The
process that `spaces` forks gets no GPU.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

if torch.version.cuda is None:  # `spaces` expects a torch that is built for CUDA
    torch.version.cuda, torch._C._cuda_init, torch.cuda._is_in_bad_fork = "12.8", None, bool

import spaces.zero.torch as emulated  # noqa: E402

import app  # noqa: E402

emulated.init = lambda uuid: None
emulated.move = lambda callback=None: None
sys.exit(app.main())
