"""Connections to a small server of its own, with short limits: who is slow or holds too many."""

from __future__ import annotations

import asyncio
import resource
import socket
import threading
import time
from collections.abc import Callable

import pytest
import uvicorn
from helpers.limits import change
from helpers.server import PATIENCE, wait_for
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http import auto

from vgpnn.service import connections

GET = b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
SOME = 20_000_000  # [bytes] more than a socket takes by itself


async def echo(request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def slow(request) -> StreamingResponse:
    """As a heartbeat: a line now and then."""

    async def lines():
        for _ in range(4):
            yield "line\n"
            await asyncio.sleep(0.5)

    return StreamingResponse(lines())


async def large(request) -> StreamingResponse:
    async def parts():
        for _ in range(SOME // 1_000_000):
            yield b" " * 1_000_000

    return StreamingResponse(parts())


@pytest.fixture
def served(monkeypatch) -> Callable[..., int]:
    """Starts a server with the limits of this test; returns its port."""
    monkeypatch.setattr(auto, "AutoHTTPProtocol", auto.AutoHTTPProtocol)
    monkeypatch.setattr(connections, "CROWD", connections.Crowd())
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.6)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.6)
    monkeypatch.setattr(connections, "SENDING_SECONDS", 0.6)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections.limit()
    routes = [Route("/echo", echo, methods=["POST"]), Route("/slow", slow), Route("/large", large)]
    servers, threads = [], []

    def start(proxies: str = "192.0.2.1", **limits: int) -> int:
        change(monkeypatch, **limits)
        config = uvicorn.Config(
            Starlette(routes=routes),
            port=0,
            lifespan="off",
            log_config=None,
            forwarded_allow_ips=proxies,
        )
        servers.append(uvicorn.Server(config))
        threads.append(threading.Thread(target=servers[-1].run, daemon=True))
        threads[-1].start()
        while not servers[-1].started:
            time.sleep(0.01)
        return servers[-1].servers[0].sockets[0].getsockname()[1]

    yield start
    for server in servers:
        server.should_exit = server.force_exit = True
    for thread in threads:
        thread.join(5)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def opened(port: int, text: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.sendall(text)
    return connection


def seconds_until_closed(connection: socket.socket) -> float:
    """Fails where nothing comes for long, and it is not closed either."""
    began = time.monotonic()
    try:
        while connection.recv(100_000):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - began


def is_refused(connection: socket.socket) -> bool:
    """Whether it is closed without an answer."""
    try:
        return not connection.recv(1)
    except ConnectionResetError:
        return True


def answer(connection: socket.socket, end: bytes = b"") -> bytes:
    """What comes, until it ends like this."""
    received = connection.recv(10_000)
    while not received.endswith(end):
        received += connection.recv(10_000)
    return received


@pytest.mark.parametrize("text", [b"", b"GET /slow HTT", POST % 9, POST % 9 + b"12"])
def test_half_a_request_is_closed(served, text):
    assert seconds_until_closed(opened(served(), text)) > 0.3


def test_a_header_that_drips_is_closed(served):
    connection = opened(served(), b"GET /slow HTTP/1.1\r\n")
    began = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - began < PATIENCE:
            connection.sendall(b"a: b\r\n")
            time.sleep(0.1)


def test_a_half_header_after_an_answer_is_closed(served):
    connection = opened(served(), POST % 1 + b"1")
    assert b"200 OK" in answer(connection)
    connection.sendall(b"GET /slow HTT")
    assert seconds_until_closed(connection) < PATIENCE


def test_a_body_that_comes_fast_enough_may_take_long(served):
    connection = opened(served(), POST % 60_000)
    for _ in range(20):
        connection.sendall(b" " * 3000)
        time.sleep(0.1)
    assert b"200 OK" in answer(connection)


def test_a_slow_answer_is_no_slow_request(served):
    connection = opened(served(), GET % b"slow")
    assert answer(connection, b"0\r\n\r\n").count(b"line\n") == 4


def test_two_requests_on_one_connection(served):
    connection = opened(served(), POST % 1 + b"1")
    for _ in range(3):
        assert b"200 OK" in answer(connection, b"1")
        time.sleep(0.8)  # longer than a header may take
        connection.sendall(POST % 1 + b"1")
    assert b"200 OK" in answer(connection, b"1")


def test_whoever_takes_nothing_is_closed(served):
    port = served()
    connection = opened(port, GET % b"large")
    wait_for(lambda: len(connections.CROWD) == 1)
    wait_for(lambda: len(connections.CROWD) == 0)
    connection.close()


def test_web_sockets_are_plain_requests(served):
    upgrade = b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    upgrade += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    assert b"200 OK" in answer(opened(served(), upgrade))


def test_an_address_has_so_many_connections(served):
    port = served(connections_per_person=3)
    mine = [opened(port) for _ in range(3)]
    assert is_refused(opened(port, GET % b"slow"))
    mine.pop().close()
    wait_for(lambda: len(connections.CROWD) == 2)
    assert b"200 OK" in answer(opened(port, GET % b"slow"))


def test_a_trusted_proxy_has_more(served):
    port = served("127.0.0.1", connections_per_person=1)
    mine = [opened(port) for _ in range(3)]
    assert b"200 OK" in answer(opened(port, GET % b"slow"))
    assert len(mine) == 3


def test_whoever_has_most_makes_room_for_others(served, monkeypatch):
    port = served(connections=4)
    monkeypatch.setattr(connections, "HEADER_SECONDS", 600)  # nobody is closed for being slow
    monkeypatch.setattr(connections.people, "household_of", lambda host: names.pop())
    names = ["guest", *["crowd"] * 4]
    crowd = [opened(port) for _ in range(4)]
    wait_for(lambda: len(connections.CROWD) == 4)
    guest = opened(port, GET % b"slow")
    assert b"200 OK" in answer(guest)
    assert is_refused(crowd[0])
    wait_for(lambda: len(connections.CROWD) == 4)


def test_all_open_files_may_be_used(served, monkeypatch):
    served()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == hard
    monkeypatch.setattr(connections, "_open_files", lambda: 1024)
    assert connections.most_connections() == 412
