"""How many requests of each person are under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from vgpnn.service.guard.addresses import Kind
from vgpnn.service.guard.refusals import TOO_MANY_REQUESTS, Refusal


class UnderWay:
    """Counts requests that are under way, by person and kind; nothing is kept of those that are
    over."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[str, Kind]] = Counter()

    @contextmanager
    def one_more(self, person: str, kind: Kind) -> Iterator[None]:
        """Count a request while it is answered. person: an address of `people`.

        Raises Refusal where the person has as many of this kind as one may have.
        """
        key = person, kind
        if kind.most is not None and self._taken[key] >= kind.most:
            raise Refusal(429, TOO_MANY_REQUESTS)
        self._taken[key] += 1
        try:
            yield
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]


UNDER_WAY = UnderWay()
