"""The working clips of requests: the part of a file that is used, decoded at the working size.

Previews, the canvas to paint on and the run itself want the same clip one after the other, so the
clips decoded last are kept: for somebody who has a page open longer than for others.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import vgpnn
from vgpnn.decoding.messages import UnfinishedError
from vgpnn.service import files
from vgpnn.service.owned import PERSON
from vgpnn.service.request import Clip, Request
from vgpnn.service.sessions import SESSIONS

CACHE_BYTES = 128_000_000  # [bytes] of all decoded clips that are kept
PAGE_SECONDS = 600.0  # [s] that a clip is kept for somebody whose page is open
GONE_SECONDS = 20.0  # [s] that it is kept for anybody else, such as a caller of an endpoint
CHECK_SECONDS = 0.1  # [s] between two checkpoints of somebody who waits for a clip


class Part(NamedTuple):
    """Which part of which file a decoded clip shows.

    inode, size, modified: of the file; they tell it from another one that was put in its place.
    start [s], frames, fps [frames/s] (None for that of the file), height [px]: as in `Request`.
    """

    path: Path
    inode: int
    size: int
    modified: int
    start: float
    frames: int
    fps: Fraction | float | None
    height: int


class _Entry:
    """A decoded clip, or the place of one that is being decoded by whoever holds the lock.

    people: who has used it, as `people.Person.address`. used: when, as `time.monotonic()` [s].
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.video: vgpnn.Video | None = None
        self.people: set[str] = set()
        self.used = 0.0

    def is_needed(self) -> bool:
        """Whether somebody may want it again soon."""
        if self.video is None:  # somebody decodes it
            return True
        has_page = any(SESSIONS.has_open_page(person) for person in [*self.people])
        return time.monotonic() - self.used < (PAGE_SECONDS if has_page else GONE_SECONDS)


class ClipCache:
    """The decoded clips that were used last. Threads that want the same clip decode it once.

    max_bytes: of all clips that are kept together; a larger clip is not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Part, _Entry] = OrderedDict()  # last used last
        self._lock = threading.Lock()

    def get(
        self,
        part: Part,
        decode: Callable[[], vgpnn.Video],
        checkpoint: Callable[[], None] = lambda: None,
    ) -> vgpnn.Video:
        """The clip of a part, from decode() unless it is kept. Nobody may change its codes.

        checkpoint: called several times a second while somebody else decodes the clip.
        Raises what decode() and checkpoint() raise, and keeps nothing then.
        """
        with self._lock:
            entry = self._entries.setdefault(part, _Entry())
            self._entries.move_to_end(part)
            entry.people.add(PERSON.get())
            entry.used = time.monotonic()
        checkpoint()
        while not entry.lock.acquire(timeout=CHECK_SECONDS):
            checkpoint()
        try:
            if entry.video is None:
                entry.video = decode()
            video = entry.video
        finally:
            with self._lock:
                if entry.video is None and self._entries.get(part) is entry:
                    del self._entries[part]
            entry.lock.release()
        with self._lock:
            self._drop_oldest()
        return video

    def forget_unneeded(self, waiting: Collection[Path] = ()) -> None:
        """Drop the clips whose files have been removed, and those that nobody has used lately.

        waiting: the files of jobs that wait, whose clips stay.
        """
        with self._lock:
            for part, entry in [*self._entries.items()]:
                is_needed = part.path in waiting or entry.is_needed()
                if not (is_needed and part.path.is_file()):
                    del self._entries[part]

    def _drop_oldest(self) -> None:
        """Drop the clips that were used longest ago until the rest is within the bound."""
        decoded = {k: e.video.codes.nbytes for k, e in self._entries.items() if e.video is not None}
        total = sum(decoded.values())
        for part, size in decoded.items():
            if total <= self._max_bytes:
                return
            del self._entries[part]
            total -= size


CACHE = ClipCache(CACHE_BYTES)


def probed_clip(path: Path, name: str) -> Clip:
    """An uploaded file as a clip. Raises ValueError for a file that cannot be used, and removes it
    if it is an upload. It stays where the decoder came to no answer."""
    try:
        return Clip(path, name, vgpnn.video.probe(path))
    except UnfinishedError:
        raise
    except ValueError:
        files.remove_upload(path)
        raise


def working_clip(request: Request, checkpoint: Callable[[], None] = lambda: None) -> vgpnn.Video:
    """The part of the clip that a request uses, at its frame rate and height.

    The video may be shared with others: nobody may change its codes.
    checkpoint: called several times a second; may raise to cancel.
    Raises ValueError for a file that cannot be decoded.
    """
    part = request.start, request.frames, request.fps, request.height
    return _decoded(request.clip.path, *part, checkpoint)


def style_clip(request: Request, checkpoint: Callable[[], None] = lambda: None) -> vgpnn.Video:
    """The style of an analogy, from its first frame on, with the length, the frame rate and the
    height of the working clip. Sharing, checkpoint and errors are those of `working_clip`."""
    style = request.options["style"]
    part = 0.0, request.frames, request.frame_rate, request.height
    return _decoded(style.path, *part, checkpoint)


def full_source(request: Request, checkpoint: Callable[[], None] = lambda: None) -> vgpnn.Video:
    """What patches are taken from, at the size and the rate at which results are finished in full.

    It is not kept for others, because it may take several times the memory of all kept clips.
    Checkpoint and errors are those of `working_clip`.
    """
    (frames, height, _), fps = request.full_part
    style = request.options.get("style")
    path, start = (style.path, 0.0) if style else (request.clip.path, request.start)
    files.renew(path)
    return vgpnn.video.read(path, start, frames, fps=fps, height=height, checkpoint=checkpoint)


def _decoded(
    path: Path,
    start: float,
    frames: int,
    fps: Fraction | float | None,
    height: int,
    checkpoint: Callable[[], None],
) -> vgpnn.Video:
    files.renew(path)

    def decode() -> vgpnn.Video:
        return vgpnn.video.read(path, start, frames, fps=fps, height=height, checkpoint=checkpoint)

    try:
        status = path.stat()
    except OSError:  # the decoder has a sentence for a file that is gone
        return decode()
    part = Part(path, status.st_ino, status.st_size, status.st_mtime_ns, start, frames, fps, height)
    return CACHE.get(part, decode, checkpoint)
