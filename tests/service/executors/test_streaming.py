"""Items of another process arrive in order, signs of life in between, and errors at the end."""

from __future__ import annotations

import contextvars
import pickle
import subprocess
import sys
import time
from contextlib import closing

import pytest
import torch

import vgpnn
from vgpnn.service.errors import RemoteError
from vgpnn.service.executors import streaming
from vgpnn.service.executors.streaming import pack, receive_items, send_items, with_heartbeat


def count(n, checkpoint):
    for k in range(n):
        checkpoint()
        yield {"k": k, "tensor": torch.arange(k)}


def fail(error, checkpoint):
    yield 1
    raise error


def received(function, *arguments, checkpoint=lambda: None) -> list:
    packed = pack(arguments)
    return list(receive_items(lambda: send_items(function, packed), checkpoint))


def test_items_arrive_in_order_as_copies():
    items = received(count, 3)
    assert [item["k"] for item in items] == [0, 1, 2]
    assert [item["tensor"].tolist() for item in items] == [[], [0], [0, 1]]


def test_only_bytes_cross():
    sent = [item for item in send_items(count, pack((2,))) if item is not None]
    assert len(sent) == 2 and all(isinstance(item, bytes) for item in sent)


def test_packed_tensors_share_no_memory():
    tensor = torch.arange(3)
    again = pickle.loads(pack(tensor))
    tensor += 10
    assert again.tolist() == [0, 1, 2]
    assert b"torch.storage" not in pack(tensor)


@pytest.mark.parametrize(
    "error", [vgpnn.VideoError("Nothing moves."), ValueError("Choose less."), MemoryError()]
)
def test_errors_for_the_user_arrive_as_they_are(error):
    with pytest.raises(type(error)) as caught:
        received(fail, error)
    assert str(caught.value) == str(error)


def test_other_errors_arrive_as_a_traceback_without_their_text():
    with pytest.raises(RemoteError) as caught:
        received(fail, KeyError("sec" + "ret"))
    assert "in fail" in str(caught.value) and str(caught.value).endswith("KeyError")
    assert "secret" not in str(caught.value)


def test_items_before_an_error_arrive():
    items = receive_items(lambda: send_items(fail, pack((ValueError("x"),))), lambda: None)
    assert next(items) == 1
    with pytest.raises(ValueError, match="^x$"):
        next(items)


def test_silence_is_filled_with_signs_of_life():
    def slow(checkpoint):
        time.sleep(5 * streaming.HEARTBEAT_SECONDS)
        yield "late"

    items = list(with_heartbeat(slow))
    assert items[-1] == "late" and items[:-1] == [None] * len(items[:-1])
    assert 2 <= len(items[:-1]) <= 6


def test_closing_ends_the_function_at_its_next_checkpoint():
    ended = []

    def endless(checkpoint):
        try:
            while True:
                time.sleep(0.01)
                checkpoint()
                yield 1
        except vgpnn.Cancelled:
            ended.append("cancelled")
            raise
        finally:
            ended.append("closed")

    with closing(with_heartbeat(endless)) as items:
        assert next(item for item in items if item is not None) == 1  # a busy machine is slow
    assert ended in (["closed"], ["cancelled", "closed"])  # in yield, or in the checkpoint


def test_a_checkpoint_here_ends_the_function_there():
    running = []

    def endless(checkpoint):
        try:
            while True:
                time.sleep(0.01)
                checkpoint()
                yield 1
        finally:
            running.append("ended")

    def stop():
        raise vgpnn.Cancelled

    began = time.monotonic()
    with pytest.raises(vgpnn.Cancelled):
        list(receive_items(lambda: send_items(endless, pack(())), stop))
    assert running == ["ended"] and time.monotonic() - began < 2


def test_a_slow_begin_can_be_stopped():
    def wait():
        time.sleep(4)
        yield b""

    def stop():
        raise vgpnn.Cancelled

    began = time.monotonic()
    with pytest.raises(vgpnn.Cancelled):
        list(receive_items(wait, stop))
    assert time.monotonic() - began < 2


def test_the_thread_has_the_context_of_the_caller():
    """ZeroGPU finds the user in it."""
    variable = contextvars.ContextVar("user", default="nobody")
    variable.set("ada")
    assert list(with_heartbeat(lambda checkpoint: (variable.get() for _ in "x"))) == ["ada"]


HANGING = """
import time
from vgpnn import limits
from vgpnn.service.executors.streaming import pack, send_items

limits.change(stuck_seconds=1.0)


def hang(seconds, checkpoint):
    yield "begun"
    end = time.monotonic() + 2
    while time.monotonic() < end:  # as long as it shows signs of life it may take its time
        checkpoint()
        time.sleep(0.1)
    print("works", flush=True)
    time.sleep(seconds)
    print("never", flush=True)


for _ in send_items(hang, pack((60,))):
    pass
"""


def test_a_process_whose_function_hangs_ends_so_that_its_worker_is_replaced():
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True)
    assert done.returncode == streaming.HUNG_STATUS and done.stdout == "works\n", done.stderr
    assert time.monotonic() - began < 45
