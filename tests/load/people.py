"""Many people at once: the answers that they get, and what is left when they are gone."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from helpers.server import Server

from . import pool, watching
from .report import Row, megabytes, reported, say

MEMORY_FACTOR = 1.1  # the memory afterwards may be this many times the memory before
SETTLE_SECONDS = 20.0  # [s] beyond the retention time, after which everything has to be gone


class Crowd:
    """Processes of people, which are started again when they vanish, and what they report.

    requests: path of pool.json, see `pool`. reports: lines of `person.report`.
    """

    def __init__(self, server: Server, folder: Path, requests: Path, count: int) -> None:
        self.server, self.folder, self.requests = server, folder, requests
        self.reports: list[dict] = []
        self.end = 0.0
        self._threads = [threading.Thread(target=self._live_as, args=(k,)) for k in range(count)]
        self._ready = threading.Barrier(count + 1, timeout=600)

    def live(self, seconds: float) -> None:
        for thread in self._threads:
            thread.start()
        while self._ready.n_waiting < len(self._threads):
            time.sleep(0.2)
        say(f"{len(self._threads)} people are there")
        self.end = time.monotonic() + seconds
        self._ready.wait()
        while any(thread.is_alive() for thread in self._threads):
            for thread in self._threads:
                thread.join(15 / len(self._threads))
            say(self.summary())

    def counts(self) -> Counter:
        return Counter(line["did"] for line in self.reports)

    def waits(self) -> list[float]:
        """The times from sending to the result [s], sorted."""
        return sorted(x["waited"] for x in self.reports if x["did"] == "finished") or [0.0]

    def summary(self) -> str:
        return ", ".join(f"{n} {did}" for did, n in self.counts().most_common())

    def _live_as(self, number: int) -> None:
        home, began = self.folder / str(number), False
        home.mkdir()
        for rounds in range(10_000):
            about = {
                "url": self.server.url,
                "number": number,
                "round": rounds,
                "folder": str(home),
                "pool": str(self.requests),
            }
            process = subprocess.Popen(
                [sys.executable, str(Path(__file__).parent), "--person", json.dumps(about)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            last, noise = {}, []
            for line in process.stdout:
                try:
                    last = json.loads(line)
                except ValueError:
                    noise.append(line)
                    continue
                if last["did"] == "ready":
                    if not began:
                        began = True
                        self._ready.wait()
                    process.stdin.write(f"{self.end - time.monotonic()}\n")
                    process.stdin.flush()
                elif last["did"] != "gone":
                    self.reports.append(last)
            process.wait()
            if last.get("did") not in ("vanished", "gone"):
                self.reports.append({"did": "lost", "text": "".join(noise)[-300:]})
            if last.get("did") == "gone" or time.monotonic() > self.end:
                return


def load(folder: Path, count: int, seconds: float, keep: float) -> list[Row]:
    """Let `count` people live for some seconds, at a server that keeps files for `keep` seconds."""
    (folder / "clips").mkdir()
    say("making the expected results with the library")
    requests = pool.write(folder / "clips", each=5)
    server = Server(folder, options=("--keep-seconds", str(keep)))
    try:
        return _load(server, folder, requests, count, seconds, keep)
    finally:
        server.stop()


def _load(
    server: Server, folder: Path, requests: Path, count: int, seconds: float, keep: float
) -> list[Row]:
    pictures = watching.files(server)  # of the page itself
    warm_up(server, folder, requests)
    time.sleep(5)
    before, already = watching.resident(server), len(watching.jobs(server))
    say(f"after a warm-up the server holds {megabytes(before)}")
    (folder / "homes").mkdir()
    crowd = Crowd(server, folder / "homes", requests, count)
    with watching.Watch(server) as watch:
        began = time.monotonic()
        crowd.live(seconds)
        lasted = time.monotonic() - began
        say("they are gone; waiting for the retention time")
        waited, left = watching.wait_until_empty(server, pictures, keep * 1.1 + SETTLE_SECONDS)
    time.sleep(5)
    after = watching.resident(server)
    jobs = watching.jobs(server)[already:]
    for line in [x for x in crowd.reports if x["did"] in ("wrong", "lost")][:10]:
        say(f"look: {line}")
    for error in watching.last_errors(server):
        say(f"in the log: {error}")
    for path in sorted(left)[:5]:
        say(f"left: {path.relative_to(server.temporary)}")
    rows = [
        *rows_of_answers(crowd, jobs, f"{count} people, {seconds / 60:.3g} minutes", lasted),
        *rows_of_the_server(server, watch, before, after),
        Row(
            f"files after {keep:.0f} s without use",
            f"empty {waited:.0f} s after the last person",
            f"{len(left)} left",
            not left,
        ),
    ]
    return [reported(row) for row in rows]


def rows_of_answers(crowd: Crowd, jobs: list[dict], crowd_size: str, lasted: float) -> list[Row]:
    """What the people got. jobs: lines of the log. lasted: how long they were there [s]."""
    counts, outcomes = crowd.counts(), Counter(line["outcome"] for line in jobs)
    worked = sum(line["seconds"] for line in jobs)
    waits = crowd.waits()
    results = sum(x.get("results", 0) for x in crowd.reports)
    sentences = Counter(x["text"] for x in crowd.reports if x["did"] == "refused")
    for sentence, times in sentences.most_common():
        say(f"{times} x {sentence}")
    return [
        Row(
            crowd_size,
            f"{crowd.summary()}; the machine worked {100 * worked / lasted:.0f} % of the time",
            f"{counts['finished']} jobs, {results} results finished",
            counts["finished"] > 0,
        ),
        Row(
            "every result's bytes against the library's",
            f"{results} compared",
            f"{counts['wrong']} wrong or swapped",
            counts["wrong"] == 0,
        ),
        Row(
            "every request answered",
            f"{counts['refused']} refused with {len(sentences)} sentences",
            f"{counts['lost']} lost",
            counts["lost"] == 0,
        ),
        Row(
            "from sending to the result",
            "queue of one worker",
            f"median {statistics.median(waits):.1f} s, longest {waits[-1]:.1f} s",
            True,
        ),
        Row(
            "stops, disconnects",
            f"{counts['stopped']} stopped, {counts['vanished']} processes and"
            f" {counts['broke off an upload']} uploads broken off",
            f"{outcomes['stopped']} jobs"
            f" ended early, {outcomes['done']} done, {outcomes['error']} errors",
            True,
        ),
    ]


def rows_of_the_server(
    server: Server, watch: watching.Watch, before: float, after: float
) -> list[Row]:
    """How the server was. before, after: its memory [bytes]."""
    return [
        Row(
            "the log",
            "lines of errors",
            f"{watching.errors(server)} tracebacks",
            watching.errors(server) == 0,
        ),
        Row(
            "/healthz every second",
            f"slowest answer {watch.slowest:.1f} s",
            f"{watch.ill} of {watch.looks} not ok",
            watch.ill == 0,
        ),
        Row(
            "memory of the server",
            f"{megabytes(before)} before, {megabytes(watch.peak)} at most,"
            f" {megabytes(after)} after",
            f"{100 * (after / before - 1):+.1f} %",
            after <= MEMORY_FACTOR * before,
        ),
    ]


def warm_up(server: Server, folder: Path, requests: Path) -> None:
    """Send a few requests of every task before anything is measured."""
    home = folder / "first"
    home.mkdir()
    about = {
        "url": server.url,
        "number": 999,
        "round": 0,
        "folder": str(home),
        "pool": str(requests),
    }
    command = [sys.executable, str(Path(__file__).parent), "--first", json.dumps(about)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert answer.returncode == 0, answer.stderr[-2000:]
