"""A budget for memory changes where arrays lie, and nothing else."""

import errno
import gc
import os
import sys

import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn.cli.commands import main
from vgpnn.machine import memory
from vgpnn.settings import Settings

linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no limit")
FAST = Settings(passes=2, min_side=15, sigma=2.0)


@pytest.fixture
def tight(monkeypatch):
    """Nothing but the smallest arrays fits."""
    monkeypatch.setattr(memory, "SMALL", 1000)
    memory.limit(0)
    yield
    memory.limit(None)


@linux
@pytest.mark.parametrize("alpha", [None, 0.001], ids=["off", "on"])
def test_the_result_is_the_same_to_the_byte(alpha, tight, monkeypatch):
    clip = drifting_texture((6, 40, 52), 0)
    trimmed, trim = [], memory.trim
    monkeypatch.setattr("vgpnn.threads.memory.trim", lambda: trimmed.append(trim()))
    found = vgpnn.generate(clip, 1, FAST, alpha=alpha)
    assert len(memory._mapped) and trimmed
    memory.limit(None)
    expected = vgpnn.generate(clip, 1, FAST, alpha=alpha)
    assert torch.equal(found.video.codes, expected.video.codes)
    assert torch.equal(found.source_map, expected.source_map)
    del found
    gc.collect()
    assert not len(memory._mapped)  # and with them the files, which have no name


@linux
def test_pages_handed_back_keep_their_numbers(tight):
    numbers = memory.empty((500, 1000), torch.int16)
    numbers[:] = torch.arange(1000, dtype=torch.int16)
    before = memory.held()
    memory.trim()
    assert memory.held() < before - 500_000
    assert torch.equal(numbers.amax(0), torch.arange(1000, dtype=torch.int16))


@linux
def test_a_full_disk_is_one_sentence(tight, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(ValueError, match="TMPDIR"):
        memory.empty((500, 1000), torch.int16)


def test_without_a_budget_arrays_are_plain():
    memory.empty((500, 10_000), torch.int16)
    assert not len(memory._mapped)


@pytest.mark.parametrize(
    "text, size", [("500M", 500 * 2**20), ("2G", 2**31), ("1.5 GB", 3 * 2**29), ("7", 7)]
)
def test_amounts(text, size):
    assert memory.parsed(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1G", "1T"])
def test_what_is_no_amount_is_one_sentence(text, capsys):
    with pytest.raises(SystemExit):
        main(["generate", "in.mp4", "out.mp4", f"--memory={text}"])
    assert "500M" in capsys.readouterr().err


@linux
def test_the_command_sets_the_budget_and_the_environment_does(monkeypatch, tmp_path):
    asked, clip = [], tmp_path / "in.mp4"
    vgpnn.video.write(clip, vgpnn.Video(drifting_texture((3, 16, 20), 0), 12))
    with monkeypatch.context() as patch:
        patch.setattr(memory, "limit", asked.append)
        main(["retarget", str(clip), str(tmp_path / "out.mp4"), "--memory", "5M"])
        main(["retarget", str(clip), str(tmp_path / "out.mp4")])
    assert asked == [5 * 2**20]
    monkeypatch.setattr(memory, "_asked", "0")
    monkeypatch.setattr(memory, "SMALL", 1000)
    try:
        array = memory.empty((5000,), torch.uint8)
        assert len(memory._mapped) == 1 and memory._asked is None and len(array) == 5000
    finally:
        memory.limit(None)
    monkeypatch.setattr(memory, "_asked", "much")
    with pytest.raises(ValueError, match="500M"):
        memory.empty((5000,), torch.uint8)
