"""One HTTP request on its way to Gradio, and the answer on its way back."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vgpnn.service import errors, files, people
from vgpnn.service.guard import addresses, gradio_parts, refusals, shown
from vgpnn.service.guard.addresses import FILE, HEARTBEAT, Kind
from vgpnn.service.guard.pace import PACE
from vgpnn.service.guard.passwords import TRIES
from vgpnn.service.guard.refusals import Refusal
from vgpnn.service.guard.under_way import UNDER_WAY
from vgpnn.service.guard.uploads import ARRIVALS, Arrival
from vgpnn.service.sessions import SESSIONS, is_made_up_name

log = logging.getLogger(__name__)


class Exchange:
    """A request and its answer. app: what answers the request if nothing is wrong with it.

    bundled: names of files outside our base folder that may be shown.
    """

    def __init__(
        self, app: ASGIApp, bundled: frozenset[str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._app, self._bundled = app, bundled
        self._scope, self._receive, self._send = scope, receive, send
        self._path, self._headers = scope["path"], Headers(scope=scope)
        self._person = people.address_of(scope)
        self._is_file = self._path.startswith(FILE)
        self._is_login = self._path.rstrip("/") == "/login" and scope["method"] == "POST"
        self._max_bytes = addresses.max_bytes(self._path)
        self._received = 0  # [bytes] of the body
        self._arrival: Arrival | None = None  # of a body that is written to the disk
        self._refusal: Refusal | None = None  # of a body, which Gradio may give another answer for
        self._answered = False  # whether the answer has begun

    async def run(self) -> None:
        """Let the request be answered, or refuse it."""
        try:
            await PACE.turn(self._person, addresses.kind_of(self._scope["method"], self._path))
            self._check_address()
            with ExitStack() as held:
                self._take_place(held)
                await self._app(self._passed_on(), self._counted_receive, self._guarded_send)
        except Refusal as refusal:
            self._refusal = refusal
        except ClientDisconnect:
            return
        except Exception as error:  # Gradio trusts its own page: a forged request, most often
            if self._refusal is None:
                log.warning("request failed", extra=errors.log_place(error))
                self._refusal = _refusal_of(error, self._path)
        if self._refusal is not None and not self._answered:
            await self._answer(self._refusal)

    def _check_address(self) -> None:
        """Raises Refusal for what is refused before anything of the body is read."""
        path, query = self._path, parse_qs(self._scope["query_string"].decode("latin-1"))
        if not addresses.OPEN.fullmatch(path):
            raise Refusal(404, refusals.NOTHING_HERE)
        if self._is_file and not shown.may_be_shown(path.removeprefix(FILE), self._bundled):
            raise Refusal(403, refusals.NOT_SHOWN)
        kind = addresses.kind_of(self._scope["method"], path)
        # A browser says by itself where a request comes from, and no script can change it.
        site = self._headers.get("sec-fetch-site", "same-origin")
        if kind is Kind.WORK and site not in ("same-origin", "none"):
            raise Refusal(403, refusals.OTHER_SITE)
        names = query.get("upload_id", []) + query.get("session_hash", [])
        if path.startswith(HEARTBEAT):
            names.append(path.removeprefix(HEARTBEAT))
        if not all(map(is_made_up_name, names)):
            raise Refusal(400, refusals.STRANGE)

    def _take_place(self, held: ExitStack) -> None:
        """Enter all that lasts as long as the request. Raises Refusal."""
        method, path = self._scope["method"], self._path
        held.enter_context(UNDER_WAY.one_more(self._person, addresses.kind_of(method, path)))
        length = self._headers.get("content-length", "0")
        declared = int(length) if length.isdecimal() else 0
        if declared > self._max_bytes:
            raise refusals.too_large(self._max_bytes)
        if self._is_login:
            TRIES.begin(self._person)
        if method == "POST" and addresses.is_upload(path):
            self._arrival = held.enter_context(ARRIVALS.arrival(self._person, declared))
        if "upload" in path:
            held.callback(gradio_parts.forget_progress)
        if method == "GET" and path.startswith(HEARTBEAT):
            session = path.removeprefix(HEARTBEAT)
            if not SESSIONS.open(session, self._person):
                raise Refusal(429, refusals.TOO_MANY_REQUESTS)
            held.callback(SESSIONS.close, session)

    def _passed_on(self) -> Scope:
        """What Gradio gets to know of the request."""
        if not self._is_file:
            return self._scope
        kept = [header for header in self._scope["headers"] if shown.is_passed_on(*header)]
        return {**self._scope, "headers": kept}

    async def _counted_receive(self) -> Message:
        message = await self._receive()
        size = len(message.get("body", b""))
        self._received += size
        try:
            if self._received > self._max_bytes:
                raise refusals.too_large(self._max_bytes)
            if self._arrival is not None:
                ARRIVALS.count(self._arrival, size)
        except Refusal as refusal:
            self._refusal = refusal
            raise
        return message

    async def _guarded_send(self, message: Message) -> None:
        if self._refusal is not None and not self._answered:
            return  # Gradio's answer to a body that was refused
        if message["type"] == "http.response.start":
            self._answered = True
            self._change_headers(MutableHeaders(scope=message))
            if message["status"] >= 400:
                PACE.note_error(self._person)
            if self._is_login and message["status"] < 400:
                TRIES.succeeded(self._person)
        await self._send(message)

    def _change_headers(self, headers: MutableHeaders) -> None:
        """Headers of the answer, which names no other host than the one that was asked."""
        if self._is_file:
            for name in set(headers) - shown.FILE_ANSWER_HEADERS:
                del headers[name]
            headers["Content-Security-Policy"] = "sandbox"
        elif not addresses.FIXED.fullmatch(self._path):
            # The page contains the address by which it was asked for, which anybody may choose.
            headers.setdefault("Cache-Control", "no-store")
        if "location" in headers:
            headers["Location"] = "../" if self._path.endswith("/") else "./"
        headers["X-Content-Type-Options"] = "nosniff"

    async def _answer(self, refusal: Refusal) -> None:
        """Answer with the sentence, where the page looks for it."""
        self._refusal = None
        if "/queue/" in self._path or "/run/" in self._path or "/call/" in self._path:
            content = {"detail": refusal.sentence, "error": refusal.sentence}
            answer = JSONResponse(content, refusal.status)
        else:
            answer = PlainTextResponse(refusal.sentence, refusal.status)
        await answer(self._scope, self._receive, self._guarded_send)


def _refusal_of(error: Exception, path: str) -> Refusal:
    """What is said where the application failed at an address."""
    if errors.is_disk_full(error):
        return Refusal(507, files.DISK_FULL)
    if isinstance(error, OSError | MemoryError):
        return Refusal(500, errors.UNEXPECTED)
    if path.startswith(addresses.BY_NAME) and isinstance(error, KeyError | TypeError):
        return Refusal(400, refusals.WRONG_NAME)
    return Refusal(400, refusals.STRANGE)
