"""Which sessions are open: those that a page or gradio_client holds a connection for."""

from __future__ import annotations

from collections import Counter


class Sessions:
    """Counts the connections of each session."""

    def __init__(self) -> None:
        self._connections: Counter[str] = Counter()

    def open(self, session_hash: str, person: str) -> bool:
        """A connection of a session begins; False where the person has too many sessions."""
        self._connections[session_hash] += 1
        return True

    def close(self, session_hash: str) -> None:
        """A connection of a session is over."""
        self._connections[session_hash] -= 1
        if self._connections[session_hash] <= 0:
            del self._connections[session_hash]

    def is_open(self, session_hash: str) -> bool:
        return session_hash in self._connections


SESSIONS = Sessions()
