"""The messages between the page and the process that speaks with Ray (`ray_driver`).

On a connection the page sends one call: a pickled function with its packed arguments, or b"" to
have all workers made ready. The answers are pairs of a kind and a value:

- ITEM: an item that `streaming.send_items` yields on the worker, or None as a sign of life.
- Then one of: END with None; LOST with a line that says how the worker was lost; NO_WORKER with
  None where there has been no worker for too long; FAILED with the traceback of another error.

A page that closes the connection does not want the rest.
"""

from __future__ import annotations

ITEM = "item"
END = "end"
LOST = "lost"
NO_WORKER = "no worker"
FAILED = "failed"
