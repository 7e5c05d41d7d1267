"""Running coroutines where a browser test of the same session may have left its event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

LONGEST = 120.0  # [s] after which a coroutine has failed


def run(coroutine: Coroutine) -> Any:
    """What the coroutine returns. Raises TimeoutError where it takes longer than LONGEST.

    Playwright's loop runs in the main thread until the session ends, so this one has another.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(coroutine, LONGEST)).result()
