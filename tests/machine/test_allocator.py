"""What many threads leave behind does not keep their heaps in memory."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from vgpnn.machine import allocator

# Each of some threads fills 4 MB with small pieces, of which one in each page stays. Two processes
# do it, the first one with heaps of its own for each thread.
THREADS_THAT_LEAVE_PIECES = """
import os, threading
from vgpnn.machine import allocator, memory

if os.fork():
    assert os.wait()[1] == 0
    allocator.share_heaps()
kept, over = [], threading.Event()
before = memory.resident_bytes()

def work(done):
    pieces = [bytearray(950) for _ in range(4000)]
    kept.append(pieces[::4])
    del pieces
    done.set()
    over.wait()

for _ in range(12):
    done = threading.Event()
    threading.Thread(target=work, args=(done,)).start()
    done.wait()
memory.release_freed()
print(memory.resident_bytes() - before, flush=True)
over.set()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries have other heaps")
def test_threads_fill_the_gaps_that_others_left():
    command = [sys.executable, "-c", THREADS_THAT_LEAVE_PIECES]
    root = Path(allocator.__file__).parents[2]
    of_their_own, shared = map(int, subprocess.check_output(command, cwd=root).split())
    assert shared < 0.6 * of_their_own


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(allocator.ctypes, "CDLL", None)  # a call would fail
    allocator.share_heaps()
