"""What stands between the net and Gradio: only what the page needs passes, and what is refused is
refused in one sentence.

Gradio answers more addresses than a page has use for (a proxy, recordings, an editor of the page's
code ...), fetches addresses that a payload names, and shows files by the type of their name.
"""

from __future__ import annotations

import logging
import re
import secrets
from pathlib import Path

import gradio as gr
from gradio import processing_utils
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vgpnn.limits import LIMITS
from vgpnn.service import errors, files

FILE = "/gradio_api/file="
# What the page, gradio_client and a password need; everything else is not there.
OPEN = re.compile(
    r"/(config/?|favicon\.ico|robots\.txt|manifest\.json|theme\.css|healthz|metrics|login/?|logout"
    r"|(assets|static)/.+"
    r"|gradio_api/((info|openapi\.json|app_id|startup-events|user|token|login_check|theme\.css"
    r"|upload|upload_progress|queue/(join|data|status)|cancel|reset|component_server)/?"
    r"|(heartbeat|run|api|call)/.+|file=.+))?"
)
# A browser shows or reads these and runs nothing of them; no other kind of file leaves the server.
SHOWN = {".mp4", ".gif", ".png", ".webp", ".jpg", ".jpeg", ".json", ".bin"}
RANGE = re.compile(rb"bytes=[0-9]{1,15}-[0-9]{0,15}")
# Of a request for a file; Gradio repeats others in its answer.
ASKED = {b"host", b"cookie", b"authorization", b"range", b"if-range", b"if-none-match"}
ANSWERED = {
    "content-type",
    "content-length",
    "content-range",
    "content-disposition",
    "accept-ranges",
    "etag",
    "last-modified",
}
BODY_BYTES = 1_000_000  # of a request that is no upload
PICTURE_BYTES = 8_000_000  # of a request that brings what was painted

GONE = "This file is not, or no longer, among the uploads: upload it again, with handle_file(path) "
GONE += "in gradio_client."
STRANGE = "The page and the server do not understand each other: reload the page."

log = logging.getLogger(__name__)
# The name of an upload's folder is a hash of what is in it. Gradio's key may come with an image
# that others have, too; with it and the same file they would know the address.
processing_utils.hash_seed = secrets.token_bytes(32)


class TooLarge(Exception):
    """A request has more bytes than its kind may have."""


class Guard:
    """ASGI middleware: which addresses exist, how large a request may be, what a file is sent as.

    bundled: files that may be shown though they are not below our base folder.
    """

    def __init__(self, app: ASGIApp, bundled: frozenset[str] = frozenset()) -> None:
        self.app, self.bundled = app, bundled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:  # the page has no sockets
            await send({"type": "websocket.close"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def refuse(status: int, sentence: str) -> None:
            await PlainTextResponse(sentence, status)(scope, receive, guarded)

        path, begun, got = scope["path"], False, 0
        is_file, most = path.startswith(FILE), _most_bytes(path)

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                if is_file:
                    for name in set(headers) - ANSWERED:
                        del headers[name]
                    headers["Content-Security-Policy"] = "sandbox"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > most:
                raise TooLarge
            return message

        if not OPEN.fullmatch(path):
            return await refuse(404, "There is nothing here.")
        if is_file:
            if not may_be_shown(path.removeprefix(FILE), self.bundled):
                return await refuse(403, "This file is not shown, or no longer kept.")
            scope = {**scope, "headers": [h for h in scope["headers"] if _is_asked(*h)]}
        if _is_upload_address(path):
            try:
                files.check_disk()  # before the bytes come, not after
            except ValueError as error:
                return await refuse(507, str(error))
        if (length := Headers(scope=scope).get("content-length", "0")).isdecimal():
            got = 0 if int(length) <= most else most + 1
        try:
            if got > most:
                raise TooLarge
            await self.app(scope, counted, guarded)
        except TooLarge:
            if not begun:
                await refuse(413, f"This is larger than {most / 1e6:g} MB, more than is taken.")
        except Exception as error:  # a forged request, most often: Gradio trusts its own page
            log.warning("request failed", extra=errors.log_place(error))
            if not begun:
                await refuse(500 if isinstance(error, OSError | MemoryError) else 400, STRANGE)


def _is_asked(name: bytes, value: bytes) -> bool:
    return name in ASKED and (name != b"range" or RANGE.fullmatch(value) is not None)


def _is_upload_address(path: str) -> bool:
    return path.rstrip("/").endswith("/upload")


def _most_bytes(path: str) -> int:
    if _is_upload_address(path):
        return LIMITS.upload_bytes + BODY_BYTES
    return PICTURE_BYTES if "/component_server" in path else BODY_BYTES


def may_be_shown(name: str, bundled: frozenset[str]) -> bool:
    """Whether an address names a file of ours, directly, and of a kind that is only shown."""
    path = Path(name)
    if path.suffix.lower() not in SHOWN:
        return False
    try:
        # Neither ".." nor a link leads out of the base folder where nothing is left to resolve.
        return name in bundled or (
            files.BASE in path.parents and path == path.resolve() and path.is_file()
        )
    except (OSError, ValueError):  # a name too long, or with a zero byte
        return False


class Blocks(gr.Blocks):
    """The page. What somebody sends who is not its script ends in one sentence."""

    async def process_api(self, block_fn, inputs, state=None, request=None, *given, **named):
        if isinstance(request, list):  # a batch, which nothing here takes, hides who asks
            raise gr.Error(STRANGE, print_exception=False)
        try:
            return await super().process_api(block_fn, inputs, state, request, *given, **named)
        except gr.Error as error:
            error.print_exception = False
            raise
        except Exception as error:
            log.error("event failed", extra=errors.log_traceback(error))
            raise gr.Error(STRANGE, print_exception=False) from None

    async def preprocess_data(self, block_fn, inputs, *given, **named):
        try:
            check_files(inputs)
            return await super().preprocess_data(block_fn, inputs, *given, **named)
        except Exception as error:
            # Gradio says in a sentence that a number is out of range, and the rest to programmers.
            if isinstance(error, gr.Error) and re.fullmatch(r".{,150}\.", error.message):
                raise
            log.warning("values refused", extra=errors.log_place(error))
            raise gr.Error(STRANGE, print_exception=False) from None


def check_files(values) -> None:
    """Raises gr.Error unless every file in a payload is an upload: Gradio would fetch addresses."""
    left = [values]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if "path" in value and not files.is_upload(value["path"]):
                raise gr.Error(GONE, print_exception=False)
            left += value.values()
        elif isinstance(value, list):
            left += value
