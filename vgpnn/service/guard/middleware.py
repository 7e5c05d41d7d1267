"""The guard as ASGI middleware around Gradio."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from vgpnn.service.guard.exchange import Exchange


class Guard:
    """ASGI middleware around Gradio: checks addresses, sizes, files, and how much one person has.

    bundled: names of files outside our base folder that may be shown, those of the examples.
    """

    def __init__(self, app: ASGIApp, bundled: frozenset[str] = frozenset()) -> None:
        self.app, self.bundled = app, bundled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await Exchange(self.app, self.bundled, scope, receive, send).run()
        else:  # the page uses no web sockets
            await send({"type": "websocket.close"})
