"""Fixtures for attacks on a real server."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from helpers.attacker import SECRET, Attacker


@pytest.fixture(scope="module")
def config(server) -> dict:
    """What the page tells a browser of itself."""
    with urllib.request.urlopen(server.url + "config", timeout=60) as answer:
        return json.load(answer)


@pytest.fixture
def attacker(server, config):
    """After every attack the log has no traceback and the server still answers."""
    before = server.tracebacks()
    attacker = Attacker(server, config)
    yield attacker
    attacker.heartbeat.close()
    assert server.tracebacks() == before, server.log.read_text()[-3000:]
    assert attacker.get("healthz")[0] == 200


@pytest.fixture(scope="module")
def result(server, clips) -> Path:
    """Somebody else's result; a secret lies beside the server's folders."""
    client = Client(server.url, verbose=False)
    options = {"frames": 5, "height": 64, "settings": {"passes": 1}}
    client.predict(video=handle_file(str(clips["tiny"])), api_name="/generate", **options)
    (server.temporary / "secret.mp4").write_text(SECRET)
    (base,) = server.temporary.glob("vgpnn-page-*")
    return max(base.glob("*/*-take1-*.mp4"), key=lambda path: path.stat().st_mtime)


@pytest.fixture(scope="module")
def listener():
    """A server that nobody should call: its port, and the addresses that have called it."""
    callers, ear = [], socket.create_server(("127.0.0.1", 0))

    def listen():
        while True:
            try:
                connection, address = ear.accept()
            except OSError:
                return
            callers.append(address)
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    yield ear.getsockname()[1], callers
    ear.close()
