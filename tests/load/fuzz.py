"""Malformed files: real ones of every kind, changed at random, sent to the endpoints."""

from __future__ import annotations

import random
import statistics
import struct
import threading
import time
from collections import Counter
from pathlib import Path

import av
import numpy as np
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from helpers.clips import clip
from helpers.server import Server
from PIL import Image

from vgpnn.decoding.process import MOST_WALL_TIMES
from vgpnn.limits import LIMITS

from . import watching
from .report import Row, is_sentence, megabytes, reported, say

SUFFIXES = ".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif", ".png", ".jpg", ".txt", ".m3u8", ""
HEADS = (
    b"GIF89a",
    b"RIFF\xff\xff\xff\xffAVI LIST",
    b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff",
    b"\x89PNG\r\n\x1a\n",
    b"\x00\x00\x00\x18ftypisom",
    b"#EXTM3U\nfile:///etc/passwd\n",
    b"ffconcat version 1.0\nfile /etc/passwd\n",
    b"\xff\xd8\xff\xe0",
    b"%PDF-1.7",
    b"PK\x03\x04",
    b"\x7fELF",
    b"<svg xmlns='http://www.w3.org/2000/svg'>",
    b"fLaC",
    b"OggS",
)
# Names of MP4 boxes with sizes, counts and times in them.
BOXES = b"tkhd", b"avc1", b"mvhd", b"mdhd", b"stsz", b"stts", b"stco", b"moov", b"mdat", b"elst"
CODECS = {
    ".mp4": "libx264",
    ".mkv": "libx264",
    ".avi": "mpeg4",
    ".mov": "mjpeg",
    ".gif": "gif",
    ".webm": "libvpx-vp9",
}
SENDERS = 2  # that send files at the same time
SLACK_SECONDS = 30.0  # [s] that a file may wait before its time limit begins


def real_files(folder: Path) -> list[Path]:
    """One small video in every container that is read, and a picture."""
    video = clip(7, 48, 64)
    paths = []
    for suffix, codec in CODECS.items():
        path = folder / f"real{suffix}"
        with av.open(str(path), "w") as out:
            stream = out.add_stream(codec, rate=10)
            stream.width, stream.height = 64, 48
            stream.pix_fmt = {"gif": "rgb8", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
            for picture in video.codes.numpy():
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                out.mux(stream.encode(frame.reformat(format=stream.pix_fmt)))
            out.mux(stream.encode(None))
        paths.append(path)
    layer = np.zeros((48, 64, 4), np.uint8)
    layer[20:28, 30:38] = 255
    Image.fromarray(layer).save(folder / "real.png")
    return [*paths, folder / "real.png"]


def mutated(rng: random.Random, files: list[bytes]) -> tuple[str, bytes]:
    """Change one of the files one to three times. Returns the kinds of changes, and the bytes."""
    data, kinds = bytearray(rng.choice(files)), []
    for _ in range(rng.randint(1, 3)):
        kind = rng.choice([flip, cut, splice, head, huge, fill, repeat])
        kinds.append(kind.__name__)
        data = bytearray(kind(rng, data or bytearray(b"x"), files))
    return "+".join(kinds), bytes(data)


def flip(rng, data, files):
    for _ in range(rng.choice((1, 8, 64, 512))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def cut(rng, data, files):
    return data[: rng.randrange(len(data))]


def splice(rng, data, files):
    other = rng.choice(files)
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def head(rng, data, files):
    """The beginning of another format."""
    start = rng.choice(HEADS)
    return start + data[rng.choice((0, len(start))) :]


def huge(rng, data, files):
    """Absurd sizes, counts or times, where a file states them."""
    numbers = 0xFFFFFFFF, 0x7FFFFFFF, 0x10000000, 65535, 0
    found = [data.find(name) for name in BOXES if name in data]
    for at in rng.sample(found, min(len(found), 3)) or [rng.randrange(len(data))]:
        for _ in range(3):
            spot = at - 4 + 4 * rng.randrange(0, 24)
            if 0 <= spot < len(data) - 4:
                data[spot : spot + 4] = struct.pack(">I", rng.choice(numbers))
    return data


def fill(rng, data, files):
    at, length = rng.randrange(len(data)), rng.choice((16, 256, 4096))
    return data[:at] + rng.choice((b"\0", b"\xff")) * length + data[at + length :]


def repeat(rng, data, files):
    at = rng.randrange(len(data))
    return data[:at] + data[at : at + 512] * rng.choice((2, 50)) + data[at + 512 :]


def is_paint(number: int) -> bool:
    """Every fourth file is sent as cues, the others as the clip."""
    return number % 4 == 3


class Sender:
    """A person who sends the files of a list until it is empty.

    real: a clip for the requests that send cues. answers: for each file its path, the sentence
    that came back ("" for a result), and how long that took [s].
    """

    def __init__(self, server: Server, number: int, real: Path, waiting: list[Path]) -> None:
        self.real, self.waiting = real, waiting
        self.answers: list[tuple[Path, str, float]] = []
        self.client = Client(
            server.url,
            verbose=False,
            headers={"x-forwarded-for": f"10.2.0.{number}"},
            httpx_kwargs={"timeout": 300},
            download_files=False,
            analytics_enabled=False,
        )

    def send_all(self) -> None:
        while self.waiting:
            path = self.waiting.pop()
            began = time.monotonic()
            try:
                sentence = self._send(path)
            except AppError as error:
                sentence = str(error)
            except Exception as error:
                sentence = f"nothing: {error!r}"
            self.answers.append((path, sentence, time.monotonic() - began))

    def _send(self, path: Path) -> str:
        common = {"frames": 5, "height": 64, "settings": {"passes": 1}}
        if is_paint(int(path.stem.split("-")[0])):
            files = {"video": handle_file(str(self.real)), "cues": handle_file(str(path))}
            self.client.submit(**files, **common, api_name="/inpaint").result(300)
        else:
            self.client.submit(video=handle_file(str(path)), **common, api_name="/generate").result(
                300
            )
        return ""


def fuzz(folder: Path, count: int, seed: int) -> list[Row]:
    """Send `count` malformed files, two at a time, and report the answers."""
    rng = random.Random(seed)
    (folder / "files").mkdir()
    real = real_files(folder / "files")
    whole = [path.read_bytes() for path in real]
    waiting = []
    for number in range(count):
        kinds, data = mutated(rng, whole[-1:] * 4 + whole if is_paint(number) else whole[:-1])
        waiting.append(folder / "files" / f"{number}-{kinds}{rng.choice(SUFFIXES)}")
        waiting[-1].write_bytes(data)
    server = Server(folder)
    try:
        sound = Sender(server, 99, real[0], [real[0].with_name("0-sound.mp4")])
        sound.waiting[0].write_bytes(whole[0])
        sound.send_all()
        before = watching.resident(server)
        senders = [Sender(server, number, real[0], waiting) for number in range(SENDERS)]
        with watching.Watch(server, 0.3) as watch:
            threads = [threading.Thread(target=sender.send_all) for sender in senders]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                for thread in threads:
                    thread.join(10 / SENDERS)
                say(f"{len(waiting)} files are left")
        sound.waiting.append(real[0].with_name("0-sound.mp4"))
        sound.send_all()
        left, wrong = watching.decoders(server), watching.errors(server)
        alive = server.process.poll() is None
    finally:
        server.stop()
    answers = [answer for sender in senders for answer in sender.answers]
    results = sum(not sentence for _, sentence, _ in answers)
    bad = [(path.name, text) for path, text, _ in answers if text and not is_sentence(text)]
    for name, text in bad[:10]:
        say(f"look: {name}: {text[:300]}")
    refusals = Counter(sentence for _, sentence, _ in answers if sentence)
    for sentence, times in refusals.most_common(12):
        say(f"{times} x {sentence}")
    times = sorted(seconds for _, _, seconds in answers)
    sound_results = sum(not sentence for _, sentence, _ in sound.answers)
    bound = LIMITS.sandbox_wall_seconds * MOST_WALL_TIMES + SLACK_SECONDS
    rows = [
        Row(
            f"{count} malformed files (seed {seed})",
            f"{results} made a result all the same,"
            f" {len(answers) - results} a sentence, of {len(refusals)}",
            f"{len(bad)} without an answer",
            not bad and len(answers) == count,
        ),
        Row(
            "the server meanwhile",
            f"{watch.ill} of {watch.looks} looks at /healthz not ok, a"
            " sound file works before and after",
            f"{wrong} tracebacks",
            alive and not wrong and not watch.ill and sound_results == 2,
        ),
        Row(
            "time of each",
            f"median {statistics.median(times):.1f} s",
            f"longest {times[-1]:.1f} s of {bound:.0f} s",
            times[-1] < bound,
        ),
        Row(
            "memory of a process that decodes",
            f"limit {megabytes(LIMITS.sandbox_bytes)}",
            f"at most {megabytes(watch.decoder_peak)}",
            watch.decoder_peak <= LIMITS.sandbox_bytes,
        ),
        Row(
            "memory of the server",
            f"{megabytes(before)} before",
            f"at most {megabytes(watch.peak)}",
            watch.peak < before + LIMITS.sandbox_bytes,
        ),
        Row("processes that decode, afterwards", "none may be left", f"{len(left)} left", not left),
    ]
    return [reported(row) for row in rows]
