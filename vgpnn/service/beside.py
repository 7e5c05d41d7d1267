"""Work that an event of the page asks for beside the jobs: it tells how far it is, and ends soon
after nobody waits for it any more.

Each work has a thread of its own; how many there are is up to the events that ask for them.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from vgpnn.service import errors
from vgpnn.service.previews import deadline
from vgpnn.tasks.result import Cancelled

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2  # [s] between two looks at how far the work is

T = TypeVar("T")
Say = Callable[[str], None]
Checkpoint = Callable[[], None]


@dataclass(frozen=True)
class Done(Generic[T]):
    """What work has come to."""

    value: T


async def told(
    work: Callable[[Say, Checkpoint], T],
    seconds: float,
    too_long: str,
    has_left: Callable[[], bool] = lambda: False,
) -> AsyncIterator[str | Done[T]]:
    """Yield each sentence that work says, as far as somebody waits for it, and at last `Done`.

    work: called with a function that takes a sentence, and with a checkpoint, which it calls at
        least every second. That raises `Cancelled` once this iterator is closed or cancelled, and
        ValueError with the sentence `too_long` after so many seconds.
    has_left: whether nobody waits any more, asked at every look: then it ends without `Done`.
    Raises ValueError with one sentence where the work raises anything.
    """
    is_over, said, future = threading.Event(), [""], Future()
    in_time = deadline(seconds, too_long)

    def checkpoint() -> None:
        if is_over.is_set():
            raise Cancelled
        in_time()

    def perform() -> None:
        try:
            future.set_result(work(lambda sentence: said.__setitem__(0, sentence), checkpoint))
        except BaseException as error:
            future.set_exception(error)

    # It acts for the same person. A daemon: a server that ends does not wait for it.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(perform,), daemon=True).start()
    shown = ""
    try:
        while not future.done():
            if has_left():
                return
            if said[0] != shown:
                shown = said[0]
                yield shown
            await asyncio.sleep(LOOK_SECONDS)
        try:
            value = future.result()
        except ValueError:
            raise
        except Exception as error:
            log.error("work beside the jobs failed", extra=errors.log_traceback(error))
            raise ValueError(errors.user_message(error)) from None
        yield Done(value)
    finally:
        is_over.set()
