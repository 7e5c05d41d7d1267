"""Starting the page: its address, limits, and who is believed about the address of a visitor."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

import pytest
from helpers import coroutines
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from vgpnn import limits
from vgpnn.page import start
from vgpnn.service import files, request


def test_behind_the_proxy_of_a_space_an_address_cannot_be_made_up():
    seen = []

    async def page(scope, receive, send):
        seen.append(scope["client"][0])

    proxied = ProxyHeadersMiddleware(page, start.PRIVATE_NETWORKS)
    for header in (b"203.0.113.9", b"1.2.3.4, 203.0.113.9", b"1.2.3.4, 203.0.113.9, 10.0.3.4"):
        headers = [(b"x-forwarded-for", header)]
        scope = {"type": "http", "client": ("10.0.0.7", 80), "headers": headers}
        coroutines.run(proxied(scope, None, None))
    assert seen == ["203.0.113.9"] * 3


@pytest.mark.parametrize("space", [False, True])
def test_only_a_space_believes_its_proxy(space, monkeypatch):
    monkeypatch.setattr(os, "environ", {"SPACE_ID": "ada/vgpnn"} if space else {})
    start.set_environment()
    believed = {"FORWARDED_ALLOW_IPS": start.PRIVATE_NETWORKS} if space else {}
    assert {k: v for k, v in os.environ.items() if k.startswith("FORWARDED")} == believed
    assert os.environ["GRADIO_TEMP_DIR"] == str(files.UPLOADS)


@pytest.fixture
def launched(monkeypatch) -> list:
    """What the page would be launched with; nothing else of this process changes for good."""
    calls, before = [], replace(limits.LIMITS)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for module, name in ((start.signal, "signal"), (start.allocator, "share_heaps")):
        monkeypatch.setattr(module, name, lambda *_: None)
    monkeypatch.setattr(start, "launch", lambda *given: calls.append(given))
    yield calls
    limits.change(**vars(before))


def test_limits_change_where_they_are_known_already(launched):
    queue = limits.LIMITS.queue
    start.start(False, "127.0.0.1", free_port(), None, {"expected_seconds": 7})
    assert (request.LIMITS.expected_seconds, request.LIMITS.queue) == (7, queue)
    with pytest.raises(AttributeError):
        start.start(False, "127.0.0.1", free_port(), None, {"expected_second": 7})
    assert len(launched) == 1


def test_an_address_that_is_taken_is_one_sentence(launched):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ValueError) as refused:
            start.start(False, "127.0.0.1", port, None, {})
    assert str(refused.value) == (
        f"The page cannot be opened at 127.0.0.1:{port}: choose another --port, or a --host of "
        "this machine."
    )
    with pytest.raises(ValueError, match="at nowhere.invalid:80"):
        start.start(False, "nowhere.invalid", 80, None, {})
    assert launched == []


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
