"""Protects the server from requests that its page never makes, and visitors from each other.

Gradio answers many addresses that this page has no use for (a proxy, recordings, an editor of the
page's code and more), downloads from addresses that a request names, lets the ending of a file
name decide how a browser treats the file, and takes as much from one visitor as that visitor
sends. Here only what the page and gradio_client need is let through, and from each person only so
much at once. Everything else is refused with one sentence and without a traceback:

- addresses that are not on the list OPEN (status 404), and what other sites send (403);
- files outside the base folder, uploads, and kinds that a browser could run (403);
- requests with more bytes than their kind needs (413), uploads to a full disk (507);
- more requests, events or uploads of one person than the page makes, and passwords that are tried
  one after the other (429);
- values that the page's own script would not send: files that are no uploads, and whatever makes
  Gradio itself fail (400 or an error in the page).
"""

from vgpnn.service.guard import gradio_parts
from vgpnn.service.guard.addresses import BODY_BYTES, OPEN, max_bytes
from vgpnn.service.guard.blocks import Blocks, check_files
from vgpnn.service.guard.middleware import Guard
from vgpnn.service.guard.refusals import STRANGE
from vgpnn.service.guard.shown import may_be_shown

gradio_parts.replace()

__all__ = [
    "BODY_BYTES",
    "OPEN",
    "STRANGE",
    "Blocks",
    "Guard",
    "check_files",
    "max_bytes",
    "may_be_shown",
]
