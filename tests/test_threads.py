"""Bands of rows on a pool of threads."""

import threading

import pytest

from vgpnn.threads import ROWS_PER_BAND, run_bands

ROWS = 10 * ROWS_PER_BAND + 5


@pytest.mark.parametrize("threads", ["1", "4"])
def test_every_row_is_done_once(threads, monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", threads)
    done, lock = [], threading.Lock()

    def kernel(lo, hi):
        with lock:
            done.extend(range(lo, hi))

    run_bands(kernel, ROWS, lambda: None)
    assert sorted(done) == list(range(ROWS))


@pytest.mark.parametrize("threads", ["1", "4"])
def test_a_checkpoint_that_raises_drops_the_bands_to_come(threads, monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", threads)
    first, began = threading.Event(), []

    def kernel(lo, hi):
        began.append(lo)
        if lo > 0 and threads != "1":
            first.wait(10)  # the bands in flight end only after the checkpoint has raised

    def checkpoint():
        if began:
            first.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_bands(kernel, 100 * ROWS_PER_BAND, checkpoint)
    assert len(began) < 50


def test_errors_of_a_kernel_reach_the_caller():
    def kernel(lo, hi):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_bands(kernel, ROWS, lambda: None)
