"""One of many people: a process that sends requests, stops some of them, and reports the answers.

It is started with a JSON object: url, number (of the person), round (how often this person was
started), pool and folder. It prints "ready", reads from a line of standard input for how many
seconds it has to go on, and begins. Each line that it prints is a JSON object: `did`, and what
belongs to that, such as the text of an answer (`text`) or how long it took (`waited`).
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

ANSWER_SECONDS = 240.0  # [s] after which an answer counts as lost
# The methods of `Person` that are called at random, and how often each.
ACTIONS = {
    "send_one": 60,
    "send_three": 8,
    "stop": 10,
    "vanish": 5,
    "break_off_upload": 3,
    "send_bad_file": 7,
    "send_bad_value": 7,
}
BAD_VALUES = (
    {"takes": 99},
    {"frames": 10**6},
    {"height": 9999},
    {"settings": {"passes": 10**9}},
    {"seed": -1},
    {"start": 1e6},
    {"settings": {"space_factor": 7.0}},
)


class Person:
    """Somebody with an address of their own, who does something else every second."""

    def __init__(self, url, number, round, pool, folder) -> None:
        self.url = url
        self.rng = random.Random(1000 * number + round)
        self.pool = json.loads(Path(pool).read_text())
        self.known = {made for request in self.pool for made in request["expected"]}
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

    def send_one(self) -> None:
        request = self.rng.choice(self.pool)
        self.await_result(request, self.send(request), time.monotonic())

    def send_three(self) -> None:
        """One request runs, one waits, and one is too many."""
        began = time.monotonic()
        jobs = [(request, self.send(request)) for request in self.rng.sample(self.pool, 3)]
        for request, job in jobs:
            self.await_result(request, job, began)

    def stop(self) -> None:
        request = self.rng.choice(self.pool)
        began, job = time.monotonic(), self.send(request)
        time.sleep(self.rng.uniform(0, 3))
        job.cancel()
        self.await_result(request, job, began, "stopped")

    def vanish(self) -> None:
        """The process ends without a word to the server."""
        self.send(self.rng.choice(self.pool))
        time.sleep(self.rng.uniform(0, 3))
        report("vanished")
        os._exit(0)

    def break_off_upload(self) -> None:
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
        report("broke off an upload")

    def send_bad_file(self) -> None:
        path = self.folder / "clip.mp4"
        path.write_bytes(self.rng.randbytes(self.rng.randrange(1, 5000)))
        self.expect_refusal({"task": "generate", "files": {"video": str(path)}, "values": {}})

    def send_bad_value(self) -> None:
        request = self.rng.choice([each for each in self.pool if each["task"] == "generate"])
        self.expect_refusal({**request, "values": request["values"] | self.rng.choice(BAD_VALUES)})

    # --- the answers

    def send(self, request: dict):
        files = {name: handle_file(path) for name, path in request["files"].items()}
        return self.client.submit(**files, **request["values"], api_name=f"/{request['task']}")

    def expect_refusal(self, request: dict) -> None:
        try:
            self.send(request).result(ANSWER_SECONDS)
            report("wrong", text="a result where a refusal was due", values=request["values"])
        except AppError as error:
            report_refusal(error)
        except Exception as error:
            report("lost", text=repr(error)[:300], task=request["task"])

    def await_result(self, request: dict, job, began: float, stopped: str = "lost") -> None:
        """Wait for a result, and report it.

        stopped: what is reported where no result comes because the job was cancelled.
        """
        try:
            answer = job.result(ANSWER_SECONDS)
        except AppError as error:
            report_refusal(error)
        except CancelledError:
            report(stopped, text="CancelledError", task=request["task"])
        except Exception as error:  # no answer, or none in time
            report(
                stopped if stopped == "stopped" and job.communicator.should_cancel else "lost",
                text=repr(error)[:300],
                task=request["task"],
            )
        else:
            self.compare(request, answer, time.monotonic() - began)

    def compare(self, request: dict, answer, waited: float) -> None:
        """Report whether the results are, byte for byte, those that were expected."""
        files, settings = answer
        paths = [Path(f["path"] if isinstance(f, dict) else f) for f in files]
        found = [digest(path.read_bytes()) for path in paths]
        for path in paths:
            path.unlink()
        if found == request["expected"] and settings["seed"] == request["values"]["seed"]:
            report("finished", task=request["task"], waited=waited, results=len(found))
        else:
            swapped = any(made in self.known for made in found)
            text = "the result of another request" if swapped else "other bytes"
            report("wrong", text=text, request=request)


def report_refusal(error: AppError) -> None:
    sentence = str(error)
    if sentence.startswith("Too many requests"):
        time.sleep(5)  # less than the minutes that the sentence names
    report("refused" if is_sentence(sentence) else "lost", text=sentence[:300])


def report(did: str, **details) -> None:
    """Print one line of JSON."""
    print(json.dumps({"did": did, **details}), flush=True)


def main(about: str) -> None:
    """Be a person. about: the JSON object that is described at the top."""
    person = Person(**json.loads(about))
    report("ready")
    person.live(float(sys.stdin.readline()))
    report("gone")
    os._exit(0)  # without waiting for the client's threads


def first(about: str) -> None:
    """Send a request of every kind, one after the other."""
    person = Person(**json.loads(about))
    for request in person.pool[::2]:
        person.await_result(request, person.send(request), time.monotonic())
    os._exit(0)
