"""Connections to the web server: whoever is slow or holds too many of them does not keep others
out.

Uvicorn has no time limit but that between two requests. Its protocol class is replaced by one that
has limits for each part of a connection; answers that take long because the server has nothing to
send yet, as those of an open page, have none.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import OrderedDict
from contextlib import suppress

import h11
from uvicorn.middleware.proxy_headers import _TrustedHosts
from uvicorn.protocols.http import auto
from uvicorn.protocols.http.h11_impl import H11Protocol

from vgpnn.limits import LIMITS
from vgpnn.service import people

# For a whole header [s], from the opening of the connection on, or from its first byte.
HEADER_SECONDS = 15.0
BODY_SECONDS = 30.0  # [s] that a body may take in any case
BODY_RATE = 20_000.0  # [bytes/s] at which it has to come from then on, on average
SENDING_SECONDS = 60.0  # [s] without a byte that the other side takes
MANY_FILES = 1_000_000  # [open files] where the system has no limit
MACOS_FILES = 10_240  # [open files], the most that macOS allows
FILES_OF_OURS = 200  # [open files] that are no connections and that none of them needs


class Crowd:
    """All connections that are open, by household, the oldest of each first."""

    def __init__(self) -> None:
        self._households: dict[str, OrderedDict[Connection, None]] = {}
        self._count = 0

    def enter(self, connection: Connection) -> bool:
        """Whether there is room for a connection. Where all together have too many, whoever has
        most loses the oldest for it."""
        mine = self._households.get(connection.household, {})
        if not connection.is_proxy and len(mine) >= LIMITS.connections_per_person:
            return False
        if self._count >= most_connections():
            most = max(self._households.values(), key=len)
            if len(most) <= len(mine) + 1 or next(iter(most)).is_proxy:
                return False
            oldest = next(iter(most))
            self.leave(oldest)
            oldest.transport.abort()
        self._households.setdefault(connection.household, OrderedDict())[connection] = None
        self._count += 1
        return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection; one that is not known is no error."""
        mine = self._households.get(connection.household, {})
        if connection in mine:
            del mine[connection]
            self._count -= 1
            if not mine:
                del self._households[connection.household]

    def __len__(self) -> int:
        return self._count


CROWD = Crowd()


class Connection(H11Protocol):
    """A connection with time limits, which is one of a bounded number."""

    household, is_proxy = "", False

    def __init__(self, *values, **named) -> None:
        super().__init__(*values, **named)
        self._reading: asyncio.TimerHandle | None = None
        self._sending: asyncio.TimerHandle | None = None
        self._part = ""  # of a request that is coming in: "header", "body" or none
        self._began, self._received = 0.0, 0  # when the part began [s], and what came of it [bytes]

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        self.household = people.household_of(host)
        # All visitors come through a proxy that is trusted to name them.
        self.is_proxy = host in _trusted(str(self.config.forwarded_allow_ips))
        if not CROWD.enter(self):
            return transport.abort()
        transport.set_write_buffer_limits(0)  # so that whatever is not taken at once is noticed
        self._follow()

    def connection_lost(self, exc: Exception | None) -> None:
        CROWD.leave(self)
        for timer in (self._reading, self._sending):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        self._follow()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._follow()

    def _should_upgrade(self) -> bool:
        """There are no web sockets here, which would have no limits."""
        return False

    def _follow(self) -> None:
        """Begin to measure the time where another part of a request has begun."""
        state, part = self.conn.their_state, ""
        if state is h11.SEND_BODY:
            part = "body"
        elif state is h11.IDLE and self.timeout_keep_alive_task is None:
            part = "header"
        if part == self._part:
            return
        self._part, self._began, self._received = part, time.monotonic(), 0
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if part:
            self._check_time()

    def _check_time(self) -> None:
        """Close the connection if its request takes too long, or look again when it would."""
        if self._part == "header":
            longest = HEADER_SECONDS
        else:
            longest = BODY_SECONDS + self._received / BODY_RATE
        left = self._began + longest - time.monotonic()
        if self.flow.read_paused:  # it is the server that is slow
            left = max(left, 1.0)
        if left > 0:
            self._reading = self.loop.call_later(left, self._check_time)
        else:
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._sending is None:
            self._sending = self.loop.call_later(SENDING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None


@functools.cache
def _trusted(hosts: str) -> _TrustedHosts:
    """The proxies that Uvicorn believes, from FORWARDED_ALLOW_IPS."""
    return _TrustedHosts(hosts)


def most_connections() -> int:
    """How many connections there may be: each may need another file, which it sends or takes."""
    return max(1, min(LIMITS.connections, (_open_files() - FILES_OF_OURS) // 2))


def _open_files() -> int:
    """How many files this process may have open."""
    try:
        import resource
    except ImportError:  # Windows, where connections are no files
        return MANY_FILES
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MANY_FILES if most == resource.RLIM_INFINITY else most


def limit() -> None:
    """Let this process have as many files open as it may, and put the limits of this module on the
    servers that begin after this."""
    with suppress(ImportError):  # Windows
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        for soft in (most, MACOS_FILES):  # macOS says "unlimited" and means less
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
                break
    auto.AutoHTTPProtocol = Connection
