"""The address at which tools are called: what is refused before MCP looks at a request."""

from __future__ import annotations

from mcp.types import JSONRPCMessage
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ONLY_POST = "This address is for clients of MCP, which send POST: docs/api.md shows how."
NO_MESSAGE = "This is no message of MCP: send one JSON-RPC 2.0 message, as clients of MCP do."
NO_PASSWORD = "A password is needed: log in at /login, and send the cookie that comes back."


class ToolAddress:
    """An ASGI application around the one that answers messages of MCP.

    app: Gradio's, which knows the passwords. answer: what answers.
    """

    def __init__(self, app: Starlette, answer: ASGIApp) -> None:
        self._app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method != "POST":
            # A GET would wait for messages that nobody sends, and a DELETE ends a session.
            refusal = PlainTextResponse(ONLY_POST, 405, {"Allow": "POST"})
        elif not self._is_let_in(request):
            refusal = PlainTextResponse(NO_PASSWORD, 401)
        else:
            # It is read here, because the guard's refusal of a body belongs to the guard alone.
            body = await request.body()
            if is_message(body):
                await self._answer(scope, _again(body, receive), send)
                return
            refusal = PlainTextResponse(NO_MESSAGE, 400)
        await refusal(scope, receive, send)

    def _is_let_in(self, request: Request) -> bool:
        """Whether no password is asked for, or the request has the cookie of a log-in."""
        if self._app.auth is None:
            return True
        names = (f"access-token{kind}-{self._app.cookie_id}" for kind in ("", "-unsecure"))
        return any(self._app.tokens.get(request.cookies.get(name)) for name in names)


def is_message(body: bytes) -> bool:
    """Whether a body is one message of JSON-RPC."""
    try:
        JSONRPCMessage.model_validate_json(body)
    except ValueError:
        return False
    return True


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body that was read, and then what comes after it."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return left.pop() if left else await receive()

    return receive_again
