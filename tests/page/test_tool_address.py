"""The address of the tools: what MCP never gets to see."""

from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from vgpnn.page.tool_address import NO_MESSAGE, NO_PASSWORD, ONLY_POST, ToolAddress

MESSAGE = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


async def answer(scope, receive, send) -> None:
    """Says how long the body is, as somebody who reads it anew."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


@pytest.fixture
def app() -> Starlette:
    app = Starlette()
    app.auth, app.cookie_id, app.tokens = None, "x", {"good": "ada"}
    app.router.routes.append(Route("/mcp", ToolAddress(app, answer)))
    return app


def test_a_message_goes_on_as_it_came(app):
    body = json.dumps(MESSAGE).encode()
    answered = TestClient(app).post("/mcp", content=body)
    assert (answered.status_code, answered.text) == (200, str(len(body)))


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD", "OPTIONS"])
def test_only_post_is_answered(app, method):
    refused = TestClient(app).request(method, "/mcp")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert refused.text in ("", ONLY_POST)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b"null", b"{}", b"[" * 100_000, b'{"jsonrpc":"1.0"}', b"\xff"],
    ids=lambda body: ascii(body[:12]),
)
def test_what_is_no_message_is_refused(app, body):
    refused = TestClient(app).post("/mcp", content=body)
    assert (refused.status_code, refused.text) == (400, NO_MESSAGE)


def test_several_messages_at_once_are_none(app):
    """Each would be one more than the guard has counted."""
    refused = TestClient(app).post("/mcp", json=[MESSAGE] * 1000)
    assert (refused.status_code, refused.text) == (400, NO_MESSAGE)


def test_a_password_is_asked_for(app):
    app.auth = [("ada", "love:lace")]
    client = TestClient(app)
    assert (client.post("/mcp", json=MESSAGE).text) == NO_PASSWORD
    for name in ("access-token-x", "access-token-unsecure-x"):
        known, unknown = ({"Cookie": f"{name}={token}"} for token in ("good", "bad"))
        assert client.post("/mcp", json=MESSAGE, headers=known).status_code == 200
        assert client.post("/mcp", json=MESSAGE, headers=unknown).status_code == 401
