"""Many people beside an attacker of each kind: nobody loses anything, and answers stay quick."""

from __future__ import annotations

import json
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from helpers.clips import write_clips
from helpers.server import Server

from vgpnn.limits import LIMITS

from . import people, pool, watching
from .attacks import AT_MOST, ATTACKS, SETTLE_SECONDS, SLOWER, Attack, config_of
from .report import Row, reported, say


def soak(folder: Path, count: int, seconds: float) -> list[Row]:
    """Let `count` people live for some seconds, and other people as long beside one attacker of
    each kind, who attacks again and again."""
    (folder / "clips").mkdir()
    requests = pool.write(folder / "clips", each=5)
    pace = {"VGPNN_PACE": str(LIMITS.requests_per_second)}
    server = Server(folder, environment=pace)
    try:
        people.warm_up(server, folder, requests)
        alone = people.Crowd(server, _home(folder, "alone"), requests, count)
        alone.live(seconds)
        memory, already = watching.resident(server), len(watching.jobs(server))
        foes = _Foes(server, write_clips(folder))
        beside = people.Crowd(server, _home(folder, "beside"), requests, count)
        with watching.Watch(server) as watch:
            began = time.monotonic()
            foes.begin()
            beside.live(seconds)
            lasted = time.monotonic() - began
            foes.end()
            _wait_until_idle(server)
            time.sleep(SETTLE_SECONDS)
        after, jobs = watching.resident(server), watching.jobs(server)[already:]
        for error in watching.last_errors(server):
            say(f"in the log: {error}")
        before, during = (statistics.median(each.waits()) for each in (alone, beside))
        who = f"{count} people beside {len(ATTACKS)} attackers, {seconds / 60:.3g} minutes"
        rows = [
            *people.rows_of_answers(beside, jobs, who, lasted),
            Row(
                "the median from sending to the result, without and with attackers",
                foes.summary(),
                f"{before:.1f} s without, {during:.1f} s with",
                during <= SLOWER * before,
            ),
            *people.rows_of_the_server(server, watch, memory, after),
        ]
        return [reported(row) for row in rows]
    finally:
        server.stop()


def _wait_until_idle(server: Server) -> None:
    """Wait until no job runs or waits: one that nobody listens to is stopped after two minutes."""
    for _ in range(200):
        with urllib.request.urlopen(server.url + "healthz", timeout=60) as answer:
            counts = json.load(answer)
        if not counts["running"] and not counts["waiting"]:
            return
        time.sleep(1)


def _home(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


class _Foes:
    """One attacker of each kind, each with an address of their own."""

    def __init__(self, server: Server, clips: dict[str, Path]) -> None:
        config = config_of(server)
        self._attacks = [
            Attack(server, config, clips, address=f"198.51.100.{number}")
            for number in range(1, len(ATTACKS) + 1)
        ]
        self._threads = [
            threading.Thread(target=self._attack_again, args=pair)
            for pair in zip(ATTACKS, self._attacks, strict=True)
        ]
        self._times = 0

    def _attack_again(self, act: Callable[[Attack], None], attack: Attack) -> None:
        while not attack.over.is_set():
            with suppress(Exception):  # what is refused ends an attack, and the next one begins
                act(attack)
            self._times += 1
            attack.over.wait(1.0)

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        for attack in self._attacks:
            attack.over.set()
        for thread in self._threads:
            thread.join(AT_MOST)

    def summary(self) -> str:
        return f"{self._times} attacks"
