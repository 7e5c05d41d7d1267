"""Bands of rows on a pool of threads."""

import threading
import time
from contextlib import nullcontext

import pytest
import torch
from helpers.gaps import Gaps
from helpers.server import PATIENCE

from vgpnn.machine import threads
from vgpnn.machine.threads import (
    ROWS_PER_BAND,
    OnOneTorchThread,
    bands,
    launched,
    run_bands,
    thread_count,
    torch_threads,
)
from vgpnn.tasks.result import Cancelled

ROWS = 10 * ROWS_PER_BAND + 5


def test_bands_cut_every_frame_in_the_same_way_and_leave_out_no_row():
    cuts = [(0, ROWS_PER_BAND), (ROWS_PER_BAND, 2 * ROWS_PER_BAND), (2 * ROWS_PER_BAND, 50)]
    assert ROWS_PER_BAND * 2 < 50
    assert bands([3, 5], 50) == [(frame, *cut) for frame in (3, 5) for cut in cuts]


@pytest.mark.parametrize("count", ["1", "4"])
def test_every_row_is_done_once(count, monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", count)
    rows, lock = [], threading.Lock()

    def kernel(frame, first, last):
        with lock:
            rows.extend((frame, row) for row in range(first, last))

    for _ in range(2):
        rows.clear()
        run_bands(kernel, bands(range(0, 5, 2), ROWS), lambda: None)
        assert sorted(rows) == [(frame, row) for frame in (0, 2, 4) for row in range(ROWS)]


@pytest.mark.parametrize("count", ["1", "4"])
def test_a_checkpoint_that_raises_drops_the_bands_to_come(count, monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", count)
    has_raised, begun = threading.Event(), []

    def kernel(frame, first, last):
        begun.append(first)
        if first > 0:
            has_raised.wait(PATIENCE)  # The bands that have begun end only after the checkpoint.

    def checkpoint():
        if begun:
            has_raised.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_bands(kernel, bands([0], 100 * ROWS_PER_BAND), checkpoint)
    assert len(begun) < 50


@pytest.mark.parametrize("count", ["1", "4"])
def test_a_kernel_that_has_run_is_done_by_this_thread_too(count, monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", count)
    used = set()

    def kernel(frame, first, last):
        time.sleep(0.01)
        used.add(threading.get_ident())

    run_bands(kernel, bands([0], ROWS_PER_BAND), lambda: None)
    assert threading.get_ident() not in used  # it might have been compiled
    used.clear()
    gaps = Gaps()
    run_bands(kernel, bands([0], 60 * ROWS_PER_BAND), gaps)
    assert threading.get_ident() in used and len(used) == int(count)
    assert gaps.longest < 0.5
    with pytest.raises(Cancelled):
        run_bands(kernel, bands([0], 1000 * ROWS_PER_BAND), Gaps(0.2))
    with pytest.raises(Cancelled):
        run_bands(kernel, bands([0], 1000 * ROWS_PER_BAND), Gaps(0.0))


@pytest.mark.parametrize("count", ["1", "4"])
def test_errors_of_a_kernel_reach_the_caller(count, monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", count)

    def kernel(frame, first, last):
        if first >= fails_from:
            raise ZeroDivisionError

    for fails_from in (0, 10 * ROWS, 0, ROWS_PER_BAND):  # at its first run, and at later ones
        with nullcontext() if fails_from > ROWS else pytest.raises(ZeroDivisionError):
            run_bands(kernel, bands([0], ROWS), lambda: None)


def test_an_error_on_another_thread_drops_the_bands_to_come(monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", "4")
    begun, fails = [], False

    def kernel(frame, first, last):
        begun.append(first)
        if fails and threading.current_thread() is not threading.main_thread():
            raise ZeroDivisionError
        time.sleep(0.01)

    run_bands(kernel, bands([0], ROWS), lambda: None)
    begun.clear()
    fails = True
    with pytest.raises(ZeroDivisionError):
        run_bands(kernel, bands([0], 200 * ROWS_PER_BAND), lambda: None)
    assert len(begun) < 50


def test_work_that_is_done_does_not_wait_for_threads_that_are_busy_elsewhere(monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", "3")
    over = threading.Event()

    def kernel(frame, first, last):
        time.sleep(0.01)

    run_bands(kernel, bands([0], ROWS), lambda: None)
    elsewhere = [threads._pool(3).submit(over.wait, 10) for _ in range(3)]
    began = time.monotonic()
    run_bands(kernel, bands([0], 20 * ROWS_PER_BAND), lambda: None)
    assert time.monotonic() - began < 5
    over.set()
    assert all(future.result() for future in elsewhere)


def test_the_environment_names_the_number_of_threads(monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", "5")
    assert thread_count() == 5
    monkeypatch.setenv("VGPNN_THREADS", "0")
    assert thread_count() == 1


@pytest.mark.parametrize(
    "cpu_max, cores", [("150000 100000", 2), ("400000 100000", 4), ("max 100000", 8), (None, 8)]
)
def test_a_container_gets_as_many_threads_as_its_quota(cpu_max, cores, monkeypatch):
    def read_text(_):
        if cpu_max is None:
            raise FileNotFoundError
        return cpu_max

    monkeypatch.delenv("VGPNN_THREADS", raising=False)
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: range(8), raising=False)
    monkeypatch.setattr(threads.os, "cpu_count", lambda: 8)
    monkeypatch.setattr(threads.Path, "read_text", read_text)
    threads._container_quota.cache_clear()
    assert thread_count() == cores
    monkeypatch.undo()
    threads._container_quota.cache_clear()


@pytest.mark.parametrize("count", ["1", "4"])
def test_there_are_checkpoints_while_a_kernel_is_compiled(count, monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", count)

    def kernel(frame, first, last):
        time.sleep(0.6)

    for _ in range(2):  # it may take long each time
        gaps = Gaps()
        run_bands(kernel, bands([0], ROWS_PER_BAND), gaps)
        assert gaps.calls >= 5 and gaps.longest < 0.5
    gaps = Gaps()
    launched(lambda: time.sleep(0.6), ("slow", count), gaps)
    assert gaps.calls >= 4 and gaps.longest < 0.5
    launched(lambda: time.sleep(0.2), ("slow", count), gaps)  # it is compiled by now
    assert gaps.calls < 12


def test_a_kernel_that_hangs_has_no_more_checkpoints_after_a_while(monkeypatch):
    monkeypatch.setattr(threads, "KERNEL_SECONDS", 0.3)
    gaps = Gaps()
    run_bands(lambda *_: time.sleep(1.2), bands([0], ROWS_PER_BAND), gaps)
    assert gaps.longest > 0.6


def test_a_stop_does_not_wait_for_a_kernel_that_is_compiled(monkeypatch):
    monkeypatch.setattr(threads, "LEAVING_SECONDS", 0.1)
    began = time.monotonic()
    with pytest.raises(Cancelled):
        run_bands(lambda *_: time.sleep(3), bands([0], ROWS_PER_BAND), Gaps(0.2))
    with pytest.raises(Cancelled):
        launched(lambda: time.sleep(3), ("slower",), Gaps(0.2))
    assert time.monotonic() - began < 2


def test_the_error_of_a_launch_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        launched(lambda: 1 / 0, ("wrong",))


@pytest.fixture
def three_threads():
    """Torch has three threads during the test."""
    with torch_threads(3):
        yield


def test_torch_has_as_many_threads_again_after_an_error(three_threads):
    with pytest.raises(ZeroDivisionError), torch_threads(1):
        assert torch.get_num_threads() == 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == 3


def test_items_are_made_on_one_thread_and_used_on_all(three_threads):
    def items():
        yield torch.get_num_threads()
        yield torch.get_num_threads()

    used = [(made, torch.get_num_threads()) for made in OnOneTorchThread(items())]
    assert used == [(1, 3), (1, 3)]


def test_no_item_is_kept_while_the_next_one_is_made():
    class Item:
        alive = 0

        def __init__(self):
            Item.alive += 1
            assert Item.alive == 1

        def __del__(self):
            Item.alive -= 1

    for _ in OnOneTorchThread(map(lambda _: Item(), range(3))):
        del _
