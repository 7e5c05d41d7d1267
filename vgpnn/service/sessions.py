"""Sessions: the pages that are open in browsers, and what Gradio keeps for each of them.

A browser chooses the name of its session, and so does whoever sends requests by hand. Something is
kept only for a session that was opened by its page's heartbeat, a request that stays open as long
as the page does. Requests of other sessions are answered, and what they would leave is thrown away.
"""

from __future__ import annotations

import re
import threading
import time
from copy import copy
from dataclasses import dataclass
from typing import Any

from gradio import state_holder

from vgpnn.limits import LIMITS
from vgpnn.service.shares import Shares

PERSON_SESSIONS = 40  # of one person, open or closed a while ago
ALL_SESSIONS = 1000  # of all together; one takes about 0.2 MB
# The name of a session, or of an upload's progress, which a browser or gradio_client
# made up; theirs have 10 to 36 characters. Some are kept for long: long ones would fill the memory.
MADE_UP_NAME = re.compile(r"[\w-]{1,64}", re.ASCII)


def is_made_up_name(value: Any) -> bool:
    """Whether a value can be a name that a browser made up, such as that of a session."""
    return isinstance(value, str) and MADE_UP_NAME.fullmatch(value) is not None


@dataclass
class _Page:
    """address: of the person. heartbeats: how many are going on. used: when an event came last,
    as `time.monotonic()` [s]."""

    address: str
    heartbeats: int
    used: float


class Sessions:
    """The sessions that pages have opened, by name. A page that lost its connection has its session
    as long as uploads are kept, from its last event on."""

    def __init__(self, per_person: int = PERSON_SESSIONS, in_all: int = ALL_SESSIONS) -> None:
        self._shares = Shares(per_person, in_all)
        self._pages: dict[str, _Page] = {}
        self._lock = threading.Lock()

    def open(self, session: str, address: str) -> bool:
        """A heartbeat of a page has begun. Returns whether the session is kept: this is not so
        where too many are, unless the same person has older ones, which go then.

        address: that of the person, as in `Person`."""
        if not is_made_up_name(session):
            return False
        with self._lock:
            page = self._pages.get(session)
            heartbeats = 1 + (page.heartbeats if page else 0)
            self._pages[session] = _Page(address, heartbeats, time.monotonic())
            for gone in self._shares.put(session, address):
                del self._pages[gone]
            return session in self._pages

    def close(self, session: str) -> None:
        """A heartbeat has ended. One of a session that is not kept is no error."""
        with self._lock:
            page = self._pages.get(session)
            if page is not None and page.heartbeats > 0:
                page.heartbeats -= 1
                if page.heartbeats == 0:
                    self._shares.offer(session)

    def is_open(self, session: str | None) -> bool:
        """Whether a session is kept: its page is open, or was lately."""
        return is_made_up_name(session) and session in self._pages

    def has_open_page(self, address: str) -> bool:
        """Whether a person has a page open at the moment. address: that of the person."""
        with self._lock:
            return any(page.address == address and page.heartbeats for page in self._pages.values())

    def use(self, session: str) -> None:
        """An event of a session has come."""
        with self._lock:
            if (page := self._pages.get(session)) is not None:
                page.used = time.monotonic()
                self._shares.use(session)

    def idle_seconds(self, session: str) -> float:
        """The time since the last event [s]; infinite for a session that is not kept."""
        page = self._pages.get(session)
        return time.monotonic() - page.used if page else float("inf")

    def forget_idle(self) -> None:
        """Forget the sessions whose pages were closed, and that no event has used for the time that
        uploads are kept."""
        oldest = time.monotonic() - LIMITS.keep_seconds
        with self._lock:
            for session, page in list(self._pages.items()):
                if page.heartbeats == 0 and page.used < oldest:
                    self._shares.remove(session)
                    del self._pages[session]


SESSIONS = Sessions()


class SessionState(state_holder.SessionState):
    """What Gradio keeps for a session: the values of its gr.States, and the components that an
    event has changed.

    Gradio would also keep the last value of every component, of any size that somebody has sent,
    for links into a running page, which this page does not have.
    """

    def __init__(self, blocks) -> None:
        self.blocks_config = copy(blocks.default_config)
        self.config_values: dict[int, Any] = {}
        self.state_data: dict[int, Any] = {}
        self.is_closed = False
        self._state_ttl: dict[int, Any] = {}

    def __setitem__(self, key: int, value: Any) -> None:
        block = self.blocks_config.blocks.get(key)
        if block is not None and block.stateful:
            self.state_data[key] = value
        else:
            self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


class StateHolder(state_holder.StateHolder):
    """The states of all sessions that are open; a session that no page opened gets a new state for
    every request."""

    def __getitem__(self, session: str) -> SessionState:
        if not SESSIONS.is_open(session):
            return SessionState(self.blocks)
        SESSIONS.use(session)
        with self.lock:
            if session not in self.session_data:
                self.session_data[session] = SessionState(self.blocks)
            return self.session_data[session]

    def delete_all_expired_state(self) -> None:
        """Forget what nobody has used for as long as uploads are kept. Gradio calls this every
        second."""
        SESSIONS.forget_idle()
        for session in list(self.session_data):
            if SESSIONS.idle_seconds(session) > LIMITS.keep_seconds:
                self.session_data.pop(session)
