"""One of many people at once: a process that asks, stops and breaks off, and says what it got.

Started with one argument, a JSON object: url, number (of the person), round (how often it was
started), pool, folder. Says "ready", and begins at a line of standard input: for how many seconds.
Every line that it prints is a JSON object: `did`, what it was told, and how long it waited.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path
from urllib.parse import urlsplit

from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from .report import digest, is_sentence

PATIENCE = 240.0  # [s] after which an answer counts as lost
# What a person does next, and how often.
ACTIONS = {
    "ask": 60,
    "two": 8,
    "stop": 10,
    "vanish": 5,
    "half_an_upload": 3,
    "bad_file": 7,
    "beyond": 7,
}
BEYOND = (
    {"samples": 99},
    {"frames": 10**6},
    {"height": 9999},
    {"passes": 10**9},
    {"seed": -1},
    {"start": 1e6},
    {"space_factor": 7.0},
)


class Someone:
    def __init__(self, url, number, round, pool, folder) -> None:
        self.url = url
        self.rng = random.Random(1000 * number + round)
        self.pool = json.loads(Path(pool).read_text())
        self.known = {made for asked in self.pool for made in asked["expected"]}
        self.folder = Path(folder)
        self.address = f"10.0.{number // 250}.{number % 250 + 1}"
        self.client = Client(
            url,
            verbose=False,
            download_files=str(self.folder / "got"),
            analytics_enabled=False,
            headers={"x-forwarded-for": self.address},
            httpx_kwargs={"timeout": 120},
        )

    def live(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            (action,) = self.rng.choices(list(ACTIONS), ACTIONS.values())
            getattr(self, action)()
            time.sleep(self.rng.uniform(0, 1))

    # --- what a person does

    def ask(self) -> None:
        asked = self.rng.choice(self.pool)
        self.await_result(asked, self.send(asked), time.monotonic())

    def two(self) -> None:
        """One that runs, one that waits, and one too many."""
        began = time.monotonic()
        for asked, job in [(a, self.send(a)) for a in self.rng.sample(self.pool, 3)]:
            self.await_result(asked, job, began)

    def stop(self) -> None:
        asked = self.rng.choice(self.pool)
        began, job = time.monotonic(), self.send(asked)
        time.sleep(self.rng.uniform(0, 3))
        job.cancel()
        self.await_result(asked, job, began, "stopped")

    def vanish(self) -> None:
        self.send(self.rng.choice(self.pool))
        time.sleep(self.rng.uniform(0, 3))
        tell("vanished")
        os._exit(0)

    def half_an_upload(self) -> None:
        """The connection ends in the middle of a file."""
        place = urlsplit(self.url)
        line = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        line.putrequest("POST", "/gradio_api/upload")
        for name, value in {
            "content-type": "multipart/form-data; boundary=x",
            "content-length": "500000",
            "x-forwarded-for": self.address,
        }.items():
            line.putheader(name, value)
        line.endheaders()
        begin = b'--x\r\nContent-Disposition: form-data; name="files"; filename="half.mp4"\r\n\r\n'
        line.send(begin + bytes(200_000))
        time.sleep(0.2)
        line.close()
        tell("broke off an upload")

    def bad_file(self) -> None:
        path = self.folder / "clip.mp4"
        path.write_bytes(self.rng.randbytes(self.rng.randrange(1, 5000)))
        self.expect_refusal({"task": "generate", "files": {"video": str(path)}, "values": {}})

    def beyond(self) -> None:
        asked = self.rng.choice([asked for asked in self.pool if asked["task"] == "generate"])
        self.expect_refusal({**asked, "values": asked["values"] | self.rng.choice(BEYOND)})

    # --- what becomes of it

    def send(self, asked: dict):
        files = {name: handle_file(path) for name, path in asked["files"].items()}
        return self.client.submit(**files, **asked["values"], api_name=f"/{asked['task']}")

    def expect_refusal(self, asked: dict) -> None:
        try:
            self.send(asked).result(PATIENCE)
            tell("wrong", said="a result where a refusal was due", values=asked["values"])
        except AppError as error:
            tell_refusal(error)
        except Exception as error:
            tell("lost", said=repr(error)[:300], task=asked["task"])

    def await_result(self, asked: dict, job, began: float, stopped: str = "lost") -> None:
        """stopped: what it is called if no result comes because the job was cancelled."""
        try:
            answer = job.result(PATIENCE)
        except AppError as error:
            tell_refusal(error)
        except CancelledError:
            tell(stopped, said="CancelledError", task=asked["task"])
        except Exception as error:  # nothing, late, or not a sentence for a user
            tell(
                stopped if stopped == "stopped" and job.communicator.should_cancel else "lost",
                said=repr(error)[:300],
                task=asked["task"],
            )
        else:
            self.compare(asked, answer, time.monotonic() - began)

    def compare(self, asked: dict, answer, waited: float) -> None:
        files, settings = answer
        paths = [Path(f["path"] if isinstance(f, dict) else f) for f in files]
        found = [digest(path.read_bytes()) for path in paths]
        for path in paths:
            path.unlink()
        if found == asked["expected"] and settings["seed"] == asked["values"]["seed"]:
            tell("finished", task=asked["task"], waited=waited, results=len(found))
        else:
            swapped = any(made in self.known for made in found)
            tell("wrong", said="another's result" if swapped else "other bytes", asked=asked)


def tell_refusal(error: AppError) -> None:
    said = str(error)
    if said.startswith("Too many requests"):
        time.sleep(5)  # less than the minutes that were named
    tell("refused" if is_sentence(said) else "lost", said=said[:300])


def tell(did: str, **more) -> None:
    print(json.dumps({"did": did, **more}), flush=True)


def main(about: str) -> None:
    someone = Someone(**json.loads(about))
    tell("ready")
    someone.live(float(sys.stdin.readline()))
    tell("gone")
    os._exit(0)  # the client's threads have nothing more to say


def first(about: str) -> None:
    """One request of every kind, one after the other."""
    someone = Someone(**json.loads(about))
    for asked in someone.pool[::2]:
        someone.await_result(asked, someone.send(asked), time.monotonic())
    os._exit(0)
