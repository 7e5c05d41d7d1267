"""Bands of rows on a pool of threads."""

import threading

import pytest

from vgpnn.machine.threads import ROWS_PER_BAND, bands, run_bands

ROWS = 10 * ROWS_PER_BAND + 5


@pytest.mark.parametrize("threads", ["1", "4"])
def test_every_row_is_done_once(threads, monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", threads)
    done, lock = [], threading.Lock()

    def kernel(frame, lo, hi):
        with lock:
            done.extend((frame, row) for row in range(lo, hi))

    run_bands(kernel, bands(range(0, 5, 2), ROWS), lambda: None)
    assert sorted(done) == [(frame, row) for frame in (0, 2, 4) for row in range(ROWS)]


@pytest.mark.parametrize("threads", ["1", "4"])
def test_a_checkpoint_that_raises_drops_the_bands_to_come(threads, monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", threads)
    first, began = threading.Event(), []

    def kernel(frame, lo, hi):
        began.append(lo)
        if lo > 0 and threads != "1":
            first.wait(10)  # the bands in flight end only after the checkpoint has raised

    def checkpoint():
        if began:
            first.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_bands(kernel, bands([0], 100 * ROWS_PER_BAND), checkpoint)
    assert len(began) < 50


def test_errors_of_a_kernel_reach_the_caller():
    def kernel(frame, lo, hi):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_bands(kernel, bands([0], ROWS), lambda: None)
