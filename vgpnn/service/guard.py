"""Protects the server from requests that its page never makes.

Gradio answers many addresses that this page has no use for (a proxy, recordings, an editor of the
page's code and more), downloads from addresses that a request names, and lets the ending of a file
name decide how a browser treats the file. Here only what the page and gradio_client need is let
through. Everything else is refused with one sentence and without a traceback:

- addresses that are not on the list OPEN (status 404);
- files outside the base folder, or of a kind that a browser could run (403);
- requests with more bytes than their kind needs (413), and uploads to a full disk (507);
- values that the page's own script would not send: files that are no uploads, and whatever makes
  Gradio itself fail (400 or an error in the page).
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
from gradio import processing_utils
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vgpnn.limits import LIMITS
from vgpnn.service import errors, files
from vgpnn.service.people import person_of
from vgpnn.service.sessions import SESSIONS

FILE = "/gradio_api/file="
HEARTBEAT = "/gradio_api/heartbeat/"
# The addresses that the page, gradio_client and a log-in need; all others do not exist.
OPEN = re.compile(
    r"/(config/?|favicon\.ico|robots\.txt|manifest\.json|theme\.css|healthz|metrics|login/?|logout"
    r"|(assets|static)/.+"
    r"|gradio_api/((info|openapi\.json|app_id|startup-events|user|token|login_check|theme\.css"
    r"|upload|upload_progress|queue/(join|data|status)|cancel|reset|component_server)/?"
    r"|(heartbeat|run|api|call)/.+|file=.+))?"
)
# Endings of the files that may leave the server: a browser shows or reads them and runs none.
SHOWN_SUFFIXES = {".mp4", ".gif", ".png", ".webp", ".jpg", ".jpeg", ".json", ".bin"}
RANGE = re.compile(rb"bytes=[0-9]{1,15}-[0-9]{0,15}")
# Headers of a request for a file that reach Gradio, which repeats some others in its answer.
FILE_REQUEST_HEADERS = {
    b"host",
    b"cookie",
    b"authorization",
    b"range",
    b"if-range",
    b"if-none-match",
}
# Headers of the answer that reach the browser.
FILE_ANSWER_HEADERS = {
    "content-type",
    "content-length",
    "content-range",
    "content-disposition",
    "accept-ranges",
    "etag",
    "last-modified",
}
BODY_BYTES = 1_000_000  # [bytes] of a request that is no upload
PICTURE_BYTES = 8_000_000  # [bytes] of a request that brings what was painted

GONE = "This file is not, or no longer, among the uploads: upload it again, with handle_file(path) "
GONE += "in gradio_client."
STRANGE = "The page and the server do not understand each other: reload the page."

log = logging.getLogger(__name__)
# Gradio names the folder of an upload by a hash of its content and this key. The key may be part
# of an image of this server that others have too: whoever has the key and the same file would know
# the address of somebody's upload. So each process makes a key of its own.
processing_utils.hash_seed = secrets.token_bytes(32)


class TooLarge(Exception):
    """A request has more bytes than its kind may have."""


class Guard:
    """ASGI middleware around Gradio: checks addresses, sizes and files.

    bundled: names of files outside our base folder that may be shown, those of the examples.
    """

    def __init__(self, app: ASGIApp, bundled: frozenset[str] = frozenset()) -> None:
        self.app, self.bundled = app, bundled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await _Exchange(self, scope, receive, send).run()
        else:  # the page uses no web sockets
            await send({"type": "websocket.close"})

    def refusal(self, path: str) -> tuple[int, str] | None:
        """Status and sentence for an address that is refused before its body is read, or None."""
        if not OPEN.fullmatch(path):
            return 404, "There is nothing here."
        if path.startswith(FILE) and not may_be_shown(path.removeprefix(FILE), self.bundled):
            return 403, "This file is not shown, or no longer kept."
        if _is_upload_address(path):
            try:
                files.check_disk()
            except ValueError as error:
                return 507, str(error)
        return None


class _Exchange:
    """One HTTP request on its way to Gradio, and the answer on its way back."""

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
        self._guard, self._scope, self._receive, self._send = guard, scope, receive, send
        self._path = scope["path"]
        self._is_file = self._path.startswith(FILE)
        self._max_bytes = _max_bytes(self._path)
        self._received = 0  # [bytes] of the body
        self._answered = False  # whether the answer has begun

    async def run(self) -> None:
        if refusal := self._guard.refusal(self._path):
            return await self._refuse(*refusal)
        scope = self._scope
        length = Headers(scope=scope).get("content-length", "0")
        if self._is_file:
            kept = [header for header in scope["headers"] if _is_passed_on(*header)]
            scope = {**scope, "headers": kept}
        try:
            if length.isdecimal() and int(length) > self._max_bytes:
                raise TooLarge
            with heartbeat(scope):
                await self._guard.app(scope, self._counting_receive, self._guarded_send)
        except TooLarge:
            size = f"{self._max_bytes / 1e6:g} MB"
            await self._refuse(413, f"This is larger than {size}, more than is taken.")
        except Exception as error:  # Gradio trusts its own page: a forged request, most often
            log.warning("request failed", extra=errors.log_place(error))
            await self._refuse(500 if isinstance(error, OSError | MemoryError) else 400, STRANGE)

    async def _refuse(self, status: int, sentence: str) -> None:
        """Answer with a sentence, unless an answer has begun."""
        if not self._answered:
            answer = PlainTextResponse(sentence, status)
            await answer(self._scope, self._receive, self._guarded_send)

    async def _counting_receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._max_bytes:
            raise TooLarge
        return message

    async def _guarded_send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._answered = True
            headers = MutableHeaders(scope=message)
            if self._is_file:
                for name in set(headers) - FILE_ANSWER_HEADERS:
                    del headers[name]
                headers["Content-Security-Policy"] = "sandbox"
            headers["X-Content-Type-Options"] = "nosniff"
        await self._send(message)


@contextmanager
def heartbeat(scope: Scope) -> Iterator[None]:
    """Within it a session is open, if the request is the heartbeat of one."""
    path = scope["path"]
    if not path.startswith(HEARTBEAT):
        yield
        return
    session = path.removeprefix(HEARTBEAT).rstrip("/")
    SESSIONS.open(session, person_of(HTTPConnection(scope)))
    try:
        yield
    finally:
        SESSIONS.close(session)


def _is_passed_on(name: bytes, value: bytes) -> bool:
    """Whether Gradio gets a header of a request for a file. Only a plain range of bytes is."""
    return name in FILE_REQUEST_HEADERS and (name != b"range" or RANGE.fullmatch(value) is not None)


def _is_upload_address(path: str) -> bool:
    return path.rstrip("/").endswith("/upload")


def _max_bytes(path: str) -> int:
    """How many bytes the body of a request to an address may have."""
    if _is_upload_address(path):
        return LIMITS.upload_bytes + BODY_BYTES
    return PICTURE_BYTES if "/component_server" in path else BODY_BYTES


def may_be_shown(name: str, bundled: frozenset[str]) -> bool:
    """Whether a name is the path of a file of ours itself, of a kind that is only shown.

    bundled: names that may be shown wherever they are.
    """
    path = Path(name)
    if path.suffix.lower() not in SHOWN_SUFFIXES:
        return False
    try:
        # A path that equals its resolved form has neither ".." nor a link that leads elsewhere.
        return name in bundled or (
            files.BASE in path.parents
            and path == path.resolve()
            and path.is_file()
            and not _is_below(path, files.RECORDS)
        )
    except (OSError, ValueError):  # a name that is too long, or that has a zero byte
        return False


def _is_below(path: Path, folder: Path) -> bool:
    """Whether an existing file lies in a folder or deeper.

    Folders are compared as files, not by name: where "Records" and "records" are the same folder,
    `resolve` keeps the spelling of the name."""
    return folder.exists() and any(folder.samefile(parent) for parent in path.parents)


class Blocks(gr.Blocks):
    """Gradio's Blocks, but values that the page's script would not send end in one sentence."""

    async def process_api(self, block_fn, inputs, state=None, request=None, *values, **named):
        if isinstance(request, list):  # a batch, which hides who sent it and which nothing uses
            raise gr.Error(STRANGE, print_exception=False)
        try:
            return await super().process_api(block_fn, inputs, state, request, *values, **named)
        except gr.Error as error:
            error.print_exception = False
            raise
        except Exception as error:
            log.error("event failed", extra=errors.log_traceback(error))
            raise gr.Error(STRANGE, print_exception=False) from None

    async def preprocess_data(self, block_fn, inputs, *values, **named):
        check_files(inputs)
        try:
            return await super().preprocess_data(block_fn, inputs, *values, **named)
        except Exception as error:  # Gradio's own sentences are for programmers
            log.warning("values refused", extra=errors.log_place(error))
            raise gr.Error(STRANGE, print_exception=False) from None


def check_files(payload) -> None:
    """Raises gr.Error unless every file in a payload is an upload: Gradio would download others.

    payload: the values of an event, of any depth.
    """
    unchecked = [payload]
    while unchecked:
        value = unchecked.pop()
        if isinstance(value, dict):
            if "path" in value and not files.is_upload(value["path"]):
                raise gr.Error(GONE, print_exception=False)
            unchecked += value.values()
        elif isinstance(value, list):
            unchecked += value
