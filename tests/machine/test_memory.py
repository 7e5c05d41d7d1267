"""A budget for memory changes where arrays lie, and nothing else."""

import errno
import gc
import os
import sys

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.server import wait_for

import vgpnn
from vgpnn.machine import memory
from vgpnn.settings import Settings

linux = pytest.mark.skipif(sys.platform != "linux", reason="a budget holds only on Linux")
FAST = Settings(passes=2, min_side=15, sigma=2.0)


@pytest.fixture
def no_room(monkeypatch):
    """Only arrays below 1000 bytes are kept in memory."""
    monkeypatch.setattr(memory, "SMALLEST_FILE", 1000)
    memory.limit(0)
    # A budget counts from what the process holds, which may shrink when other tests are over.
    monkeypatch.setattr(memory, "_most_bytes", 0)
    yield
    memory.limit(None)


@linux
@pytest.mark.parametrize("alpha", [None, 0.001], ids=["off", "on"])
def test_the_result_is_the_same_to_the_byte(alpha, no_room, monkeypatch):
    clip = drifting_texture((6, 40, 52), 0)
    calls, trim = [], memory.trim
    monkeypatch.setattr(memory, "trim", lambda: calls.append(trim()))
    result = vgpnn.generate(clip, 1, FAST, alpha=alpha)
    assert len(memory._mapped) > 0 and len(calls) > 0
    memory.limit(None)
    expected = vgpnn.generate(clip, 1, FAST, alpha=alpha)
    assert torch.equal(result.video.codes, expected.video.codes)
    assert torch.equal(result.source_map, expected.source_map)
    del result
    # They go, and with them their files, which have no name. A thread that has just ended its part
    # may hold one a moment longer.
    wait_for(lambda: gc.collect() >= 0 and len(memory._mapped) == 0)


@linux
def test_pages_that_are_handed_back_keep_their_numbers(no_room):
    numbers = memory.empty((500, 1000), torch.int16)
    numbers[:] = torch.arange(1000, dtype=torch.int16)
    before = memory.resident_bytes()
    memory.trim()
    assert memory.resident_bytes() < before - 500_000
    assert torch.equal(numbers.amax(0), torch.arange(1000, dtype=torch.int16))


@linux
def test_a_full_disk_is_one_sentence(no_room, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(ValueError, match="TMPDIR"):
        memory.empty((500, 1000), torch.int16)


@linux
def test_an_array_goes_to_a_file_where_the_budget_ends():
    memory.limit(50 * 2**20)
    try:
        within = memory.empty((2 * 2**20,), torch.uint8)
        assert len(memory._mapped) == 0
        beyond = memory.empty((100 * 2**20,), torch.uint8)
        assert len(memory._mapped) == 1
        assert len(within) < len(beyond)
    finally:
        memory.limit(None)


def test_without_a_budget_arrays_are_in_memory():
    array = memory.empty((500, 10_000), torch.int16)
    assert len(memory._mapped) == 0
    assert array.shape == (500, 10_000) and array.dtype == torch.int16


@pytest.mark.parametrize(
    "text, size", [("500M", 500 * 2**20), ("2G", 2**31), ("1.5 GB", 3 * 2**29), ("7", 7)]
)
def test_sizes_are_read(text, size):
    assert memory.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1G", "1T"])
def test_a_text_that_is_no_size_is_one_sentence(text):
    with pytest.raises(ValueError, match=r"^An amount of memory looks like 500M or 2G, not .*\.$"):
        memory.parse_size(text)


@linux
def test_the_environment_names_the_first_budget(monkeypatch):
    monkeypatch.setattr(memory, "_initial_budget", "0")
    monkeypatch.setattr(memory, "SMALLEST_FILE", 1000)
    try:
        array = memory.empty((5000,), torch.uint8)
        assert len(memory._mapped) == 1 and memory._initial_budget is None and len(array) == 5000
    finally:
        memory.limit(None)
    monkeypatch.setattr(memory, "_initial_budget", "much")
    with pytest.raises(ValueError, match="500M"):
        memory.empty((5000,), torch.uint8)


@linux
def test_memory_that_was_freed_goes_back_to_the_system():
    """In pieces that are so small that the C library keeps them for later."""
    pieces = [bytearray(50_000) for _ in range(2000)]
    full = memory.resident_bytes()
    del pieces
    memory.release_freed()
    assert memory.resident_bytes() < full - 50 * 2**20
