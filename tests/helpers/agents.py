"""An agent: a real client of MCP that calls the tools of a server over HTTP."""

from __future__ import annotations

import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from helpers import coroutines

SMALL = {"frames": 5, "height": 64, "settings": {"passes": 1}}


def as_agent(server, use: Callable[[ClientSession], Awaitable[Any]], **headers: str) -> Any:
    """What `await use(session)` returns for a session of a client. headers: of its requests, with
    _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def session_used() -> Any:
        client = httpx.AsyncClient(headers=named, timeout=60)
        address = f"{server.url}gradio_api/mcp"
        async with (
            client,
            streamable_http_client(address, http_client=client) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await use(session)

    return coroutines.run(session_used())


def called(server, name: str, arguments: dict, **headers: str) -> CallToolResult:
    """The result of one call of a tool."""
    return as_agent(server, lambda session: session.call_tool(name, arguments), **headers)


def refusal(result: CallToolResult) -> str:
    """The sentence that a call was refused with; fails unless it is one."""
    assert result.isError and result.structuredContent is None
    (content,) = result.content
    assert content.text.endswith(".") and "\n" not in content.text
    return content.text


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read()
