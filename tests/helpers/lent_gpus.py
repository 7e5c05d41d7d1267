"""Stand-ins for ZeroGPU: for the package `spaces`, and for the service that lends GPUs."""

from __future__ import annotations

import json
import multiprocessing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import gradio as gr

from vgpnn.limits import LIMITS

END = "end"
fork = multiprocessing.get_context("fork")


def _run(task, connection) -> None:
    """What the forked process does. The page sends the arguments over the connection and, when it
    does not want the rest, anything else."""
    items = task(*connection.recv())
    try:
        for item in items:
            if connection.poll():
                items.close()
                break
            connection.send((item, None))
    except Exception as error:  # the real package passes on the name of an error and no more, too
        connection.send((None, type(error).__name__))
    else:
        connection.send((None, END))


class Spaces:
    """As much of `spaces` on ZeroGPU as matters here: a process for each call, forked from this
    one, and a pipe that pickles. durations: for how long each call wanted a GPU [s]."""

    def __init__(self) -> None:
        self.durations = []

    def GPU(self, task, duration):  # noqa: N802
        def lent(*arguments):
            self.durations.append(duration(*arguments))
            page_end, process_end = fork.Pipe()
            process = fork.Process(target=_run, args=(task, process_end), daemon=True)
            process.start()
            page_end.send(arguments)
            end = None
            try:
                while True:
                    item, end = page_end.recv()
                    if end is not None:
                        break
                    yield item
            finally:
                page_end.send("stop")
                while end is None:  # the real package waits for the next item, too
                    _, end = page_end.recv()
                process.join()
            if end != END:
                raise gr.Error(end, title="ZeroGPU worker error")

        return lent


class GpuService:
    """The service of ZeroGPU, at `url`, which lends GPUs for calls no longer than `quota` [s].

    calls: path and arguments of each request.
    """

    def __init__(self) -> None:
        self.quota: float = LIMITS.gpu_max_seconds
        self.calls: list[tuple[str, dict]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                status, answer = service._answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def _answer(self, path: str) -> tuple[int, dict]:
        """Status and content of the answer to a request."""
        address = urlsplit(path)
        arguments = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.calls.append((address.path, arguments))
        if address.path != "/schedule":
            return 200, {}
        if int(arguments["durationSeconds"]) > self.quota:
            return 429, {"left": self.quota, "wait": 3600}
        return 200, {
            "idle": False,
            "nvidiaIndex": 0,
            "nvidiaUUID": "none",
            "allowToken": "mine",
        }

    def paths(self) -> list[str]:
        return [path for path, _ in self.calls]

    def processes(self) -> list[int]:
        """The processes that a GPU was lent to; the real service ends them."""
        return [int(arguments["pid"]) for path, arguments in self.calls if path == "/allow"]
