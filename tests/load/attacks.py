"""Attacks of one visitor on the page, and what another visitor sees before, during and after."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.request
import uuid
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import numpy as np
from gradio_client import Client, handle_file
from helpers.attacker import Attacker, file, picture
from helpers.clips import write_clips
from helpers.server import Server
from PIL import Image

from vgpnn.limits import LIMITS

from . import people, watching
from .report import Row, reported, say

FOE, VISITOR = "198.51.100.7", "203.0.113.5"  # the addresses of the two
FEW = 12.0  # [s] that an attack lasts at least
AT_MOST = 120.0  # [s] that the other visitor waits for an answer
SLOWER = 2.0  # the answer may take this many times as long as before ...
LATER = 5.0  # [s] ... and this much more, which is one job of the attacker before it
SETTLE_SECONDS = 60.0  # [s] after the last attack until the memory is looked at again
SMALL = {"frames": 5, "height": 64, "settings": {"passes": 1}}


class Visitor:
    """Somebody who uploads a clip and generates one take of it, as a program and on the page."""

    def __init__(self, server: Server, config: dict, clip: Path) -> None:
        self.clip = clip
        headers = {"x-forwarded-for": VISITOR}
        self.client = Client(server.url, verbose=False, headers=headers)
        self.page = Attacker(server, config, address=VISITOR)
        self.page.open_clip(clip)

    def seconds(self) -> float:
        """The time from sending a clip to its result [s]; AT_MOST where none comes."""
        began = time.monotonic()
        with suppress(Exception):
            job = self.client.submit(
                video=handle_file(str(self.clip)), api_name="/generate", **SMALL
            )
            job.result(AT_MOST)
            return time.monotonic() - began
        return AT_MOST

    def has_clip(self) -> bool:
        """Whether the page still knows the clip that was opened on it at first, and plays it."""
        name = next(name for name in self.page.events if "trimmed" in name)
        worked, output = self.page.send(name, self.page.values(name))
        return worked and "<video" in json.dumps(output)


@dataclass
class Attack:
    """What a foe does until `over` is set. said: the statuses and sentences that came back."""

    server: Server
    config: dict
    clips: dict[str, Path]
    over: threading.Event = field(default_factory=threading.Event)
    said: dict[str, int] = field(default_factory=dict)

    address: str = FOE

    def person(self) -> Attacker:
        return Attacker(self.server, self.config, address=self.address)

    def note(self, answer: object) -> None:
        text = str(answer)[:80]
        self.said[text] = self.said.get(text, 0) + 1

    def at_once(self, count: int, act: Callable[[int], object], threads: int = 16) -> None:
        """Call act(k) for k below a count, by some threads, and note what comes back."""

        def call(number: int) -> None:
            if not self.over.is_set():
                try:
                    self.note(act(number))
                except (OSError, URLError, AssertionError, KeyError) as error:
                    self.note(type(error).__name__)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(call, range(count)))

    def endpoint(self, task: str, **values) -> None:
        """Send one request to an endpoint, and note the answer."""
        client = Client(self.server.url, verbose=False, headers={"x-forwarded-for": self.address})
        clip = handle_file(str(self.clips["tiny"]))
        job = client.submit(video=clip, api_name=f"/{task}", **values)
        while not (job.done() or self.over.is_set()):
            time.sleep(0.2)
        error = job.exception() if job.done() else "no answer yet"
        self.note(error or "done")

    # --- the attacks: each docstring is its line in the table

    def dots(self) -> None:
        """one PNG with 704 separate dots as cues"""
        dots = np.zeros((96, 128, 4), np.uint8)  # the shape of the clip
        dots[::3, :64:3] = 255
        self.cues(dots)

    def noise(self) -> None:
        """noise in 614,400 colours as cues"""
        noise = np.random.default_rng(0).integers(0, 256, (960, 1280, 4), np.uint8)
        noise[..., 3] = np.arange(1280) < 640  # one half is see-through
        noise[..., 3] *= 255
        self.cues(noise)

    def cues(self, pixels: np.ndarray) -> None:
        path = self.server.folder / f"{uuid.uuid4().hex}.png"
        Image.fromarray(pixels).save(path)
        self.endpoint("inpaint", cues=handle_file(str(path)), first=0, last=4, **SMALL)

    def pictures(self) -> None:
        """100 painted pictures in one value of the board, 8 times"""
        foe = self.person()
        text = b64encode(picture(1000, 1000)).decode()
        board = {"pictures": {str(number): text for number in range(100)}}
        for _ in range(8):
            self.note(foe.send("sketched", foe.values("sketched", html=board))[0])

    def watchers(self) -> None:
        """a run, and 60 listeners to it"""
        foe = self.person()
        foe.open_clip(self.clips["slow"])
        worked, output = foe.send("pressed", foe.values("pressed"))
        token = next(
            value for value in output["data"] if isinstance(value, str) and len(value) > 20
        )
        event = {"data": [token], "fn_index": foe.events["watch"]["id"]}
        self.at_once(
            60,
            lambda _: foe.post("gradio_api/queue/join", {**event, "session_hash": foe.session})[0],
        )
        self.over.wait(FEW)

    def events(self) -> None:
        """400 events that decode a clip, 16 at a time"""
        foe = self.person()
        foe.open_clip(self.clips["slow"])
        name = next(name for name in foe.events if "trimmed" in name)
        event = {"data": foe.values(name), "fn_index": foe.events[name]["id"]}
        body = {**event, "session_hash": foe.session}
        self.at_once(400, lambda _: foe.post("gradio_api/queue/join", body)[0])
        self.over.wait(FEW)

    def past_the_queue(self) -> None:
        """64 requests that go round the queue, 16 at a time"""
        foe = self.person()
        name = next(name for name in foe.events if "trimmed" in name)
        body = {"data": foe.values(name), "session_hash": foe.session}
        self.at_once(64, lambda _: foe.post(f"gradio_api/run/{name}", body)[0])

    def sessions(self) -> None:
        """1,000 invented sessions"""
        foe = self.person()
        body = {"data": foe.values("sketched"), "fn_index": foe.events["sketched"]["id"]}
        self.at_once(
            1000,
            lambda _: foe.post("gradio_api/queue/join", {**body, "session_hash": uuid.uuid4().hex})[
                0
            ],
        )

    def uploads(self) -> None:
        """60 uploads of 20 MB, 16 at a time"""
        foe = self.person()
        data = bytes(20_000_000)
        self.at_once(60, lambda k: foe.form("gradio_api/upload", f"{k}.mp4", data)[0])

    def halves(self) -> None:
        """600 connections that send half a header, and 100 that send half a body"""
        place = urlsplit(self.server.url)
        lines = []
        header = f"X-Forwarded-For: {self.address}\r\nHost: localhost\r\n"
        for number in range(700):
            with suppress(OSError):
                line = socket.create_connection((place.hostname, place.port), timeout=5)
                lines.append(line)
                if number % 7:
                    line.sendall(f"GET / HTTP/1.1\r\n{header}".encode())
                else:
                    long = "Content-Length: 900000\r\nContent-Type: application/json\r\n\r\n{"
                    start = f"POST /gradio_api/queue/join HTTP/1.1\r\n{header}{long}"
                    line.sendall(start.encode())
        self.note(f"{len(lines)} opened")
        self.over.wait(FEW)
        for line in lines:
            line.close()

    def silence(self) -> None:
        """20 runs of an endpoint that nobody listens to"""
        foe = self.person()
        upload = file(foe.upload("a.mp4", self.clips["slow"].read_bytes()))
        body = {"video": upload, "takes": 6}
        self.at_once(20, lambda _: foe.post("gradio_api/call/v2/generate", body)[0])
        self.over.wait(FEW)


ATTACKS = (
    Attack.dots,
    Attack.noise,
    Attack.pictures,
    Attack.watchers,
    Attack.events,
    Attack.past_the_queue,
    Attack.sessions,
    Attack.uploads,
    Attack.halves,
    Attack.silence,
)


def config_of(server: Server) -> dict:
    with urllib.request.urlopen(server.url + "config", timeout=60) as answer:
        return json.load(answer)


def attacks(folder: Path) -> list[Row]:
    """Try every attack on one server, one after the other."""
    clips = write_clips(folder)
    pace = {"VGPNN_PACE": str(LIMITS.requests_per_second)}
    server = Server(folder, environment=pace)
    try:
        config = config_of(server)
        visitor = Visitor(server, config, clips["tiny"])
        visitor.seconds()  # the first one waits for the kernels
        memory = watching.resident(server)
        with watching.Watch(server) as watch:
            rows = [reported(_attacked(each, server, config, clips, visitor)) for each in ATTACKS]
            time.sleep(SETTLE_SECONDS)
        after = watching.resident(server)
        for error in watching.last_errors(server):
            say(f"in the log: {error}")
        return rows + [
            reported(row) for row in people.rows_of_the_server(server, watch, memory, after)
        ]
    finally:
        server.stop()


def _attacked(
    act: Callable[[Attack], None],
    server: Server,
    config: dict,
    clips: dict[str, Path],
    visitor: Visitor,
) -> Row:
    """Let a foe attack while a visitor asks for results all the time."""
    attack, already = Attack(server, config, clips), len(watching.jobs(server))
    before = visitor.seconds()
    foe = threading.Thread(target=act, args=(attack,))
    began = time.monotonic()
    foe.start()
    during = [visitor.seconds()]
    while foe.is_alive() and time.monotonic() - began < AT_MOST:
        during.append(visitor.seconds())
    attack.over.set()
    foe.join(AT_MOST)
    after = visitor.seconds()
    keeps = visitor.has_clip()
    jobs = [line["seconds"] or 0.0 for line in watching.jobs(server)[already:]]
    most = SLOWER * before + LATER
    said = ", ".join(f"{count} x {text}" for text, count in attack.said.items()) or "nothing"
    return Row(
        act.__doc__,
        f"the attacker gets {said}; the longest job takes {max(jobs, default=0.0):.1f} s",
        f"{before:.1f} s before, at most {max(during):.1f} s during, {after:.1f} s after;"
        f" the visitor's page {'works' if keeps else 'has lost its clip'}",
        keeps and max(during) <= most and after <= most,
    )
