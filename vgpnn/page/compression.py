"""The page itself is sent compressed; Gradio compresses its scripts and styles only."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

# The page and what a client asks for to know its endpoints: half a megabyte of names that repeat.
# Videos gain nothing, and parts of them are asked for by their place in the file.
COMPRESSED = frozenset({"/", "/config", "/gradio_api/info"})
LEVEL = 5  # of 9; it is done again for every visitor


class Compressed:
    """Middleware that compresses the answers of the addresses in COMPRESSED, for whoever takes
    gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self.plain, self.compressing = app, GZipMiddleware(app, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_compressed = scope["type"] == "http" and scope["path"] in COMPRESSED
        await (self.compressing if is_compressed else self.plain)(scope, receive, send)
